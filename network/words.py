"""How routers and accesses read on a page: a status of the design system and a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from network.models import Access, Router
from tenants.current import current_tenant, tenant_zone
from tenants.formats import format_ago, format_day


@dataclass(frozen=True)
class Words:
    """`kind` is a status of the design system (active, due, overdue, cut, paused, waiting)."""

    kind: str
    text: str
    icon: str = ""


def router_words(router: Router, now: datetime) -> Words:
    """Return the state of a router."""
    match router.state(now):
        case "up":
            return Words("active", _("En línea"), "circle-check")
        case "failing":
            return Words("cut", _("No responde"), "circle-x")
        case "silent":
            return Words("overdue", _("Sin noticias"), "triangle-alert")
        case "off":
            return Words("paused", _("Fuera de uso"), "circle-pause")
        case _:
            return Words("waiting", _("Leyendo por primera vez"), "hourglass")


def rules_words(router: Router) -> Words | None:
    """Return how the rules of the cut are on a router; nothing where there are none to be."""
    if router.kind != Router.Kind.MIKROTIK:
        return None
    match router.rules:
        case Router.Rules.GOOD:
            return Words("active", _("En su lugar"), "shield-check")
        case Router.Rules.MISSING:
            return Words("overdue", _("Faltan"), "shield-x")
        case Router.Rules.BELOW:
            return Words("due", _("Después de fasttrack"), "shield-alert")
        case _:
            return Words("paused", _("Sin revisar"), "circle-dashed")


def access_words(access: Access, now: datetime) -> Words:
    """Return the state of an access as a person would say it."""
    if access.desired == Access.Desired.GONE:
        return Words("waiting", _("Retirándose del router…"), "hourglass")
    if access.observed == Access.Observed.MISSING:
        return Words("overdue", _("No existe en el router"), "triangle-alert")
    if access.is_pending:
        return _pending_words(access, now)
    match access.observed:
        case Access.Observed.OFF:
            words = Words("cut", _off_text(access, now), "wifi-off")
        case Access.Observed.UNKNOWN:
            words = Words("waiting", _("Sin leer todavía"), "hourglass")
        case _ if not access.agrees:
            words = Words("due", _("Habilitado a mano en el router"), "triangle-alert")
        case _ if access.session_up:
            words = Words("active", _("En línea"), "wifi")
        case _:
            words = Words("paused", _("Sin sesión"), "wifi-off")
    return words


def _pending_words(access: Access, now: datetime) -> Words:
    if access.dismissed_at is not None:
        return Words("paused", _("Quedó sin hacer: %(task)s") % {"task": task_words(access).lower()}, "bell-off")
    if access.stuck_since is not None:
        return Words("overdue", _("No se pudo: %(task)s") % {"task": task_words(access).lower()}, "octagon-alert")
    if access.desired == Access.Desired.ON:
        return Words("waiting", _("Reconectando…"), "hourglass")
    if access.cut_not_after is not None and access.cut_not_after <= now:
        return Words("paused", _("Corte fuera de hora, se decide de nuevo"), "clock")
    if access.router.cuts_waiting_since and not access.cut_approved:
        return Words("due", _("Corte por aprobar"), "hand")
    return Words("waiting", _("Cortando…"), "hourglass")


def _off_text(access: Access, now: datetime) -> str:
    if access.cut_since is None:
        return _("Deshabilitado en el router")
    zone = tenant_zone()
    here, today = access.cut_since.astimezone(zone).date(), now.astimezone(zone).date()
    day = _with_article(format_day(here, today=today), here != today)
    return _("Cortado en el router desde %(day)s") % {"day": day}


def _with_article(day: str, is_date: bool) -> str:
    """«hoy» and «ayer» stand alone; a date reads «el 3 nov»."""
    return f"el {day}" if is_date and day[:1].isdigit() and current_tenant().language.startswith("es") else day


def task_words(access: Access) -> str:
    """Return what is to be done with an access, as a person asks it of the router."""
    if access.desired == Access.Desired.GONE:
        return _("Retirar el acceso")
    if access.desired == Access.Desired.OFF:
        return _("Cortar")
    if access.observed == Access.Observed.OFF or access.cut_since:
        return _("Reconectar")
    if access.kick_at is not None:
        return _("Reiniciar la sesión")
    return _("Ponerlo al día") if access.observed == Access.Observed.ON else _("Habilitar")


def session_text(access: Access, now: datetime) -> str:
    """Return since when a session is up."""
    if not access.session_up or access.session_since is None:
        return ""
    return str(format_ago(access.session_since, now=now, zone=tenant_zone()))


def uptime_text(uptime: str) -> str:
    """Return RouterOS's `3w2d4h5m6s` as people say it, its two largest parts: «3 sem 2 d»."""
    units = {"w": _("sem"), "d": _("d"), "h": _("h"), "m": _("min"), "s": _("s")}
    parts = [f"{count} {units[unit]}" for count, unit in re.findall(r"(\d+)([wdhms])", uptime)]
    return " ".join(parts[:2])


def speed_text(rates: Sequence[int] | None) -> str:
    """Return `[down, up, burst down, burst up...]` in kbit/s: «50 / 10 Mbps, con ráfaga de 80 / 20»."""
    if not rates or not any(rates[:2]):
        return ""
    text = f"{_rate(rates[0])} / {_rate(rates[1])} Mbps"
    if not all(rates[:2]):
        free = _("subida sin límite") if rates[0] else _("bajada sin límite")
        text = f"{_rate(max(rates[:2]))} Mbps, {free}"
    if len(rates) > 3 and any(rates[2:4]):
        text += _(", con ráfaga de %(burst)s") % {"burst": f"{_rate(rates[2])} / {_rate(rates[3])}"}
    return text


def _rate(kbps: int) -> str:
    return f"{kbps / 1000:g}" if kbps else "–"
