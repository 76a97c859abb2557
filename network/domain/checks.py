"""Check a router step by step before it is added: each check says what it found, and what to do where it fails."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from network.domain.planning import target_of
from network.domain.rules import BELOW, MISSING, check_rules, describe_lists
from network.drivers.base import Address, DriverError, Exchange, Identity, Survey
from network.drivers.greeting import reach, see_certificate
from network.drivers.mikrotik.examination import examine_clock, examine_rights, examine_serial, examine_sessions
from network.drivers.registry import DRIVERS
from network.models import Access, Router

OK, WARN, BAD = "ok", "warn", "bad"
# A look; and a reading of everything, which may be long.
DEADLINE_S, SURVEY_DEADLINE_S = 6.0, 25.0
OLDEST, NEWEST = (6, 43), (7, 29)
_SKEW = timedelta(minutes=2)
_FEW_SESSIONS = 3
_RIGHTS = {
    "api": _l("entrar por la API"),
    "read": _l("leer los usuarios"),
    "write": _l("cortar y reconectar"),
    "test": _l("hacer ping a los clientes"),
    "sensitive": _l("leer contraseñas al importar"),
}
_NEEDED = ("api", "read", "write")
# What a stolen password could be used for.
_EXCESSIVE = frozenset({"policy", "ftp", "ssh", "telnet", "winbox", "web", "reboot", "sniff", "password", "rest-api"})


@dataclass(frozen=True)
class Finding:
    """What a check found. `advice` says what to do; `facts` are kept by the page until the router is added."""

    state: str
    text: str
    advice: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    # Nothing after it can be checked.
    stops: bool = False


@dataclass(frozen=True)
class Check:
    """One check: its code and what it looks at, in words."""

    code: str
    label: str


def kinds_we_speak() -> frozenset[str]:
    """Return the kinds of equipment there is a driver for."""
    return frozenset(DRIVERS)


def checks_for(kind: str, tls: str) -> list[Check]:
    """Return the checks of a kind of equipment, in their order."""
    labels = {
        "reach": _("Se alcanza"),
        "tls": _("Cifrado"),
        "login": _("Usuario y contraseña"),
        "rights": _("Permisos"),
        "version": _("Versión"),
        "identity": _("Quién es"),
        "clock": _("Reloj"),
        "sessions": _("Sesiones libres"),
        "services": _("Lo que tiene"),
        "rules": _("Reglas del corte"),
    }
    codes = list(labels) if kind == Router.Kind.MIKROTIK else ["reach", "tls", "login", "identity", "services"]
    return [Check(code, labels[code]) for code in codes if code != "tls" or tls]


def run_check(code: str, router: Router, *, now: datetime) -> Finding:
    """Run one check on a router that need not be saved; nothing is written, here or there. Raises KeyError."""
    address = target_of(router).address
    steps: dict[str, Callable[[], Finding]] = {
        "reach": partial(_check_reach, address),
        "tls": partial(_check_tls, address),
        "login": partial(_check_login, router, address),
        "rights": partial(_check_rights, address),
        "version": partial(_check_version, router, address),
        "identity": partial(_check_identity, router, address),
        "clock": partial(_check_clock, address, now),
        "sessions": partial(_check_sessions, address),
        "services": partial(_check_services, router, address),
        "rules": partial(_check_rules, router, address),
    }
    step = steps[code]
    try:
        return step()
    except DriverError as error:
        return Finding(BAD, error.message, _advice(code), stops=code in {"reach", "tls", "login"})


def _advice(code: str) -> str:
    """Return what to do about a connection that failed in this check."""
    texts = {
        "reach": _(
            "Revise la dirección y el puerto, que el servicio API esté activo (IP → Services) y que el firewall del "
            "router deje entrar desde aquí."
        ),
        "tls": _(
            "API-SSL escucha en el puerto 8729 y necesita un certificado en el router: el guion de arriba lo crea. "
            "Sin cifrado, el puerto es 8728."
        ),
        "login": _(
            "Pegue el guion en el terminal del router o revise usuario y contraseña en System → Users, y que el "
            "grupo del usuario tenga «api»."
        ),
    }
    return texts.get(code, _("Repita esta revisión; si vuelve a fallar, mire el registro del router (Log)."))


def _check_reach(address: Address) -> Finding:
    took = reach(address, deadline_s=DEADLINE_S)
    return Finding(OK, _("Contesta en %(ms)s ms.") % {"ms": max(1, round(took))})


def _check_tls(address: Address) -> Finding:
    met = see_certificate(address, deadline_s=DEADLINE_S)
    if address.tls == Router.Tls.ANONYMOUS:
        text = _("Cifra, pero nada prueba que sea su router: alguien en el medio podría hacerse pasar por él.")
        return Finding(WARN, text, _("Con un certificado en el router puede reconocerse por su huella."))
    if address.tls == Router.Tls.PINNED:
        if address.fingerprint and address.fingerprint != met:
            text = _("El certificado no es el de la huella confirmada: no siga si no lo cambió usted.")
            return Finding(BAD, text, facts={"fingerprint": met}, stops=True)
        text = _("Muestra este certificado. Compare su huella con la del router y confírmela.")
        advice = _("En el router: /certificate print detail (fingerprint).")
        return Finding(OK, text, "" if address.fingerprint else advice, facts={"fingerprint": met})
    return Finding(OK, _("Su certificado lo avala una autoridad y es para esa dirección."))


def _identify(router: Router, address: Address) -> Identity:
    session = DRIVERS[router.kind].open(address, deadline_s=DEADLINE_S, listener=_forget)
    try:
        return session.identify(deadline_s=DEADLINE_S)
    finally:
        session.close()


def _survey(router: Router, address: Address) -> Survey:
    session = DRIVERS[router.kind].open(address, deadline_s=DEADLINE_S, listener=_forget)
    try:
        return session.survey(deadline_s=SURVEY_DEADLINE_S)
    finally:
        session.close()


def _check_login(router: Router, address: Address) -> Finding:
    try:
        DRIVERS[router.kind].open(address, deadline_s=DEADLINE_S, listener=_forget).close()
    except DriverError as error:
        if error.permanent or address.tls or not _is_encrypted(address):
            raise
        text = _("El puerto %(port)s de %(host)s está cifrado, y se le habló sin cifrar.")
        return Finding(
            BAD,
            text % {"host": address.host, "port": address.port},
            _("Elija un cifrado, o el puerto de la API sin cifrar (8728)."),
            stops=True,
        )
    return Finding(OK, _("Entra."))


def _is_encrypted(address: Address) -> bool:
    """Whether the port answers a handshake, which tells why it hung up on somebody who spoke plainly."""
    try:
        return bool(see_certificate(replace(address, tls="pinned", fingerprint=""), deadline_s=2.0))
    except DriverError:
        return False


def _check_rights(address: Address) -> Finding:
    rights = examine_rights(address, deadline_s=DEADLINE_S)
    repair = _("En el router: System → Users → Groups, o pegue de nuevo el guion.")
    if rights.policies is None:
        if rights.refused:
            return Finding(BAD, _("No se le deja leer: le falta «read»."), repair)
        return Finding(WARN, _("El router no deja ver qué permisos tiene; se sabrá al usarlo."), repair)
    lacks = [name for name in _NEEDED if name not in rights.policies]
    if lacks:
        return Finding(BAD, _("Le falta: %(what)s.") % {"what": _in_words(lacks)}, repair)
    wishes = [name for name in _RIGHTS if name not in rights.policies]
    if wishes:
        return Finding(WARN, _("Alcanza, aunque no podrá %(what)s.") % {"what": _uses(wishes)}, repair)
    excess = sorted(_EXCESSIVE & rights.policies)
    if excess:
        text = _("Tiene lo necesario y más: %(what)s. Si le roban la contraseña, pueden usarlo.")
        return Finding(
            WARN, text % {"what": ", ".join(excess)}, _("El guion crea un usuario que solo puede lo necesario.")
        )
    return Finding(OK, _("Tiene lo necesario y nada más."))


def _in_words(names: Iterable[str]) -> str:
    return ", ".join(f"{name} ({_RIGHTS[name]})" for name in names)


def _uses(names: Iterable[str]) -> str:
    return ", ".join(str(_RIGHTS[name]) for name in names)


def _check_version(router: Router, address: Address) -> Finding:
    version = _identify(router, address).version
    numbers = re.match(r"(\d+)\.(\d+)", version)
    facts = {"version": version[:40]}
    if numbers is None:
        return Finding(WARN, _("No dice una versión conocida: %(version)s.") % {"version": version or "–"}, facts=facts)
    found = int(numbers[1]), int(numbers[2])
    shown = version.replace(" (stable)", "")
    if found < OLDEST:
        text = _("RouterOS %(version)s es demasiado viejo: se admite desde la 6.43.") % {"version": shown}
        return Finding(BAD, text, _("Actualícelo en System → Packages."), facts)
    if found > NEWEST:
        text = _("RouterOS %(version)s es más nuevo que lo probado.") % {"version": shown}
        return Finding(WARN, text, _("Pruebe primero con un solo cliente."), facts)
    return Finding(OK, _("RouterOS %(version)s.") % {"version": shown}, facts=facts)


def _check_identity(router: Router, address: Address) -> Finding:
    identity = _identify(router, address)
    serial = examine_serial(address, deadline_s=DEADLINE_S) if router.kind == Router.Kind.MIKROTIK else ""
    facts = {"serial": serial[:40]}
    same = _same_router(router, identity, serial)
    who = _("«%(name)s», %(board)s") % {"name": identity.identity, "board": identity.board or "–"}
    if same is not None:
        text = _("%(who)s: este router ya está aquí como %(router)s.") % {"who": who, "router": same.name}
        return Finding(BAD, text, _("Con dos, uno cortaría lo que el otro reconecta. Edite el que ya está."), facts)
    text = _("%(who)s, serie %(serial)s.") % {"who": who, "serial": serial} if serial else f"{who}."
    return Finding(OK, text, facts=facts)


def _same_router(router: Router, identity: Identity, serial: str) -> Router | None:
    """Return the router that this one already is: at the same place, of the same serial, or alike in every way."""
    for other in Router.objects.exclude(uuid=router.uuid).exclude(host=""):
        if (other.host.casefold(), other.port) == (router.host.casefold(), router.port):
            return other
        if serial and other.serial:
            if serial == other.serial and identity.identity == other.identity:
                return other
        elif (other.identity, other.board, other.version) == (identity.identity, identity.board, identity.version):
            return other
    return None


def _check_clock(address: Address, now: datetime) -> Finding:
    there = examine_clock(address, deadline_s=DEADLINE_S)
    advice = _("Active el cliente NTP (System → NTP Client): los horarios de su registro serán los de verdad.")
    if there is None:
        return Finding(WARN, _("No dice qué hora tiene."), advice)
    skew = there - now
    if abs(skew) <= _SKEW:
        return Finding(OK, _("En hora."))
    text = _("Adelanta %(span)s.") if skew > timedelta() else _("Atrasa %(span)s.")
    return Finding(WARN, text % {"span": _span(abs(skew))}, advice)


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 60:
        return ngettext("%(n)s minuto", "%(n)s minutos", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("%(n)s hora", "%(n)s horas", hours) % {"n": hours}
    days = round(hours / 24)
    return ngettext("%(n)s día", "%(n)s días", days) % {"n": days}


def _check_sessions(address: Address) -> Finding:
    found = examine_sessions(address, deadline_s=DEADLINE_S)
    facts = {"seen_from": found.seen_from}
    open_text = ""
    if found.is_open_to_all:
        open_text = _("El servicio API acepta a cualquiera: limítelo a la dirección desde la que entramos.")
        if found.seen_from:
            open_text = _(
                "El servicio API acepta a cualquiera; aquí se entra desde %(ip)s: límitelo a esa dirección."
            ) % {"ip": found.seen_from}
    if found.limit is None:
        return Finding(WARN if open_text else OK, _("Esta versión no las limita."), open_text, facts)
    free = found.limit - found.used
    text = _("%(free)s libres de %(limit)s.") % {"free": max(free, 0), "limit": found.limit}
    if free < _FEW_SESSIONS:
        advice = _("Cierre sesiones de otros programas o suba max-sessions en IP → Services.")
        return Finding(BAD if free < 1 else WARN, text, advice, facts)
    return Finding(WARN if open_text else OK, text, open_text, facts)


def _check_services(router: Router, address: Address) -> Finding:
    survey = _survey(router, address)
    kinds = Counter(found.key.kind for found in survey.found)
    labels = dict(Access.Kind.choices)
    parts = [f"{labels.get(kind, kind)}: {count}" for kind, count in kinds.most_common()]
    lists = Counter(entry.list for entry in survey.listed)
    parts += [_("lista %(name)s: %(n)s") % {"name": name, "n": count} for name, count in lists.most_common(5)]
    if not parts:
        return Finding(WARN, _("No se encontró a ningún cliente en él."), _("¿Es el router que da servicio?"))
    online = sum(found.is_online for found in survey.found)
    text = " · ".join(parts)
    return Finding(OK, _("%(what)s. En línea: %(n)s.") % {"what": text, "n": online})


def _check_rules(router: Router, address: Address) -> Finding:
    survey = _survey(router, address)
    lists = describe_lists(listed=survey.listed, rules=survey.rules, held=frozenset())
    idle = next((one for one in lists if one.is_switched_off and one.entries), None)
    if idle is not None:
        text = _("La lista %(name)s tiene gente y su regla está apagada: figuran cortados y navegan.")
        return Finding(WARN, text % {"name": idle.name}, _("Encienda la regla o elija otra lista que corte."))
    ours = check_rules(survey.rules, router.cut_list)
    other = next((one for one in lists if one.state != MISSING), None)
    if ours.state == BELOW:
        text = _("La regla de la lista %(name)s está después de fasttrack: quien ya navega no se corta.")
        return Finding(
            WARN,
            text % {"name": router.cut_list},
            _("Súbala antes de fasttrack en IP → Firewall."),
            _list(router.cut_list),
        )
    if ours.state != MISSING:
        return Finding(OK, _("La lista %(name)s corta.") % {"name": router.cut_list}, facts=_list(router.cut_list))
    if other is not None:
        text = _("Ya corta con la lista %(name)s.") % {"name": other.name}
        advice = _("Se puede seguir usando esa lista, sin tocar sus reglas.")
        if other.is_redirected:
            advice = _("Se puede seguir usando, pero su página de corte es la del sistema anterior.")
        return Finding(OK, text, advice, facts=_list(other.name))
    return Finding(
        WARN,
        _("No hay reglas que corten por lista."),
        _("Con PPPoE no hacen falta. Para cortar por IP, pegue el guion: las pone en su lugar."),
    )


def _list(name: str) -> dict[str, str]:
    return {"cut_list": name}


def _forget(_exchange: Exchange) -> None:
    """Looking at a router is not logged: it may not be one of ours yet."""
