"""What a RouterOS sentence is for, in the words of a person who asks it of the router."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l


@dataclass(frozen=True)
class Said:
    """A sentence taken apart: its menu and verb, what it sets, what it asks by, and whom it is about ("" unknown)."""

    menu: str
    verb: str
    given: Mapping[str, str]
    asked: Mapping[str, str]
    who: str

    @property
    def is_question(self) -> bool:
        """Whether it reads and changes nothing."""
        return self.verb in {"print", "getall"}


# What a menu holds: one of them with its article, and many.
_THINGS: dict[str, tuple[Promise, Promise]] = {
    "/ppp/secret": (_l("el usuario"), _l("usuarios")),
    "/ppp/profile": (_l("el perfil"), _l("perfiles PPPoE")),
    "/ppp/active": (_l("la sesión"), _l("sesiones")),
    "/queue/simple": (_l("la cola"), _l("colas simples")),
    "/queue/tree": (_l("la cola del árbol"), _l("colas del árbol")),
    "/queue/type": (_l("el tipo de cola"), _l("tipos de cola")),
    "/ip/firewall/address-list": (_l("la dirección en la lista"), _l("direcciones en listas")),
    "/ip/firewall/filter": (_l("la regla del filtro"), _l("reglas de filtro")),
    "/ip/firewall/nat": (_l("la regla de NAT"), _l("reglas de NAT")),
    "/ip/firewall/mangle": (_l("la regla de mangle"), _l("reglas de mangle")),
    "/ip/firewall/connection": (_l("la conexión"), _l("conexiones abiertas")),
    "/ip/dhcp-server": (_l("el servidor DHCP"), _l("servidores DHCP")),
    "/ip/dhcp-server/lease": (_l("la reserva DHCP"), _l("reservas DHCP")),
    "/ip/hotspot": (_l("el servidor de hotspot"), _l("servidores de hotspot")),
    "/ip/hotspot/user": (_l("el usuario de hotspot"), _l("usuarios de hotspot")),
    "/ip/hotspot/user/profile": (_l("el perfil de hotspot"), _l("perfiles de hotspot")),
    "/ip/hotspot/active": (_l("la sesión de hotspot"), _l("sesiones de hotspot")),
    "/ip/hotspot/host": (_l("el equipo en el hotspot"), _l("equipos en el hotspot")),
    "/ip/hotspot/cookie": (_l("la entrada recordada del hotspot"), _l("entradas recordadas del hotspot")),
    "/ip/hotspot/ip-binding": (_l("el paso por MAC del hotspot"), _l("pasos por MAC del hotspot")),
    "/ip/arp": (_l("la entrada ARP"), _l("entradas ARP")),
    "/ip/service": (_l("el servicio"), _l("servicios abiertos")),
    "/interface": (_l("la interfaz"), _l("interfaces")),
    "/user": (_l("la cuenta del router"), _l("cuentas del router")),
    "/user/group": (_l("el grupo de permisos"), _l("grupos de permisos")),
    "/user-manager/user": (_l("el usuario de User Manager"), _l("usuarios de User Manager")),
    "/user-manager/profile": (_l("el plan de User Manager"), _l("planes de User Manager")),
    "/user-manager/user-profile": (_l("el plan asignado"), _l("planes asignados")),
    "/user-manager/session": (_l("la sesión de User Manager"), _l("sesiones de User Manager")),
    "/user-manager/limitation": (_l("el límite de User Manager"), _l("límites de User Manager")),
    "/user-manager/profile-limitation": (_l("el límite de un plan"), _l("límites de los planes")),
    "/user-manager/profile/limitation": (_l("el límite de User Manager"), _l("límites de User Manager")),
    "/user-manager/profile/profile-limitation": (_l("el límite de un plan"), _l("límites de los planes")),
}
_SESSIONS = {
    "/ppp/active",
    "/ip/hotspot/active",
    "/ip/hotspot/host",
    "/user-manager/session",
}
_GREETINGS: dict[str, Promise] = {
    "/system/identity": _l("¿Quién eres?"),
    "/system/resource": _l("¿Cómo estás?"),
    "/system/clock": _l("¿Qué hora tienes?"),
    "/system/routerboard": _l("¿Qué equipo eres?"),
    "/system/license": _l("¿Qué licencia tienes?"),
    "/user/active": _l("¿Quiénes han entrado?"),
}


def routeros_meaning(said: Said) -> str:
    """Return what a sentence asks for; one that is not known reads as its own command."""
    menu = said.menu.replace("/tool/user-manager", "/user-manager", 1)
    if said.is_question and menu in _GREETINGS:
        return str(_GREETINGS[menu])
    if menu not in _THINGS:
        return f"{said.menu}/{said.verb}"
    if said.is_question:
        return _question(menu, said)
    if said.verb == "set":
        return _change(menu, said)
    return _act(menu, said)


def _question(menu: str, said: Said) -> str:
    one, many = _THINGS[menu]
    if menu in _SESSIONS:
        return _("¿Está conectado %(who)s?") % {"who": said.who} if said.who else _("¿Quiénes están conectados?")
    if menu == "/ppp/secret":
        return _("¿Cómo está %(who)s?") % {"who": said.who} if said.who else _("¿Qué usuarios tienes?")
    if menu == "/ip/firewall/address-list" and "list" in said.asked:
        words = {"who": said.who, "list": said.asked["list"]}
        if said.who and said.who != said.asked["list"]:
            return _("¿Está %(who)s en la lista %(list)s?") % words
        return _("¿Quiénes están en la lista %(list)s?") % words
    if said.who:
        return _("¿Cómo está %(thing)s de %(who)s?") % {"thing": one, "who": said.who}
    return _("¿Qué %(things)s tienes?") % {"things": many}


def _change(menu: str, said: Said) -> str:
    words = {"thing": _THINGS[menu][0], "who": said.who or "…"}
    given = said.given
    blocked = {"block-access": {"yes", "true"}, "type": {"blocked"}}
    if "disabled" in given:
        off = given["disabled"] in {"yes", "true"}
        if menu == "/ppp/secret":
            text = _("Deshabilita a %(who)s") if off else _("Habilita a %(who)s")
        else:
            text = _("Deshabilita %(thing)s de %(who)s") if off else _("Habilita %(thing)s de %(who)s")
    elif any(given.get(name) in values for name, values in blocked.items()):
        text = _("Bloquea el acceso de %(who)s")
    elif set(blocked) & set(given):
        text = _("Deja pasar a %(who)s")
    elif given.get("address-lists") == "":
        text = _("Saca a %(who)s de las listas")
    else:
        text = _setting(given)
    return text % {**words, "value": _value(given)}


# What is set, most telling first, and how it reads.
_SETTINGS: dict[str, Promise] = {
    "max-limit": _l("Ponle a %(who)s la velocidad %(value)s"),
    "rate-limit": _l("Ponle a %(who)s la velocidad %(value)s"),
    "profile": _l("Pasa a %(who)s al perfil %(value)s"),
    "address-lists": _l("Pon a %(who)s en las listas «%(value)s»"),
    "list": _l("Pasa a %(who)s a la lista %(value)s"),
    "address": _l("Dale a %(who)s la dirección %(value)s"),
    "remote-address": _l("Dale a %(who)s la dirección %(value)s"),
    "mac-address": _l("Cambia la MAC de %(who)s por %(value)s"),
    "password": _l("Cambia la contraseña de %(who)s"),
    "comment": _l("Marca %(thing)s de %(who)s como nuestro"),
}


def _setting(given: Mapping[str, str]) -> str:
    name = next((name for name in _SETTINGS if name in given), "")
    return str(_SETTINGS[name]) if name else _("Cambia %(thing)s de %(who)s")


def _value(given: Mapping[str, str]) -> str:
    return next((given[name] for name in _SETTINGS if name in given), "")


def _act(menu: str, said: Said) -> str:
    words = {"thing": _THINGS[menu][0], "who": said.who or "…", "list": said.given.get("list", "")}
    verb = said.verb
    if (verb == "remove" and menu in _SESSIONS) or verb == "close-session":
        return _("Cierra la sesión de %(who)s") % words if said.who else _("Cierra una sesión")
    if menu == "/ip/firewall/address-list":
        if verb == "add":
            words["who"] = said.who or said.given.get("address", "…")
            return _("Pon a %(who)s en la lista %(list)s") % words
        if verb == "remove":
            return _("Saca a %(who)s de la lista") % words
    acts: dict[str, str] = {
        "add": _("Crea %(thing)s de %(who)s"),
        "remove": _("Quita %(thing)s de %(who)s"),
        "enable": _("Habilita %(thing)s de %(who)s"),
        "disable": _("Deshabilita %(thing)s de %(who)s"),
        "make-static": _("Deja fija %(thing)s de %(who)s"),
        "move": _("Mueve %(thing)s a su lugar"),
        "unset": _("Quítale un dato a %(who)s"),
        "create-and-activate-profile": _("Asigna y activa el plan de %(who)s"),
        "activate-user-profile": _("Activa el plan de %(who)s"),
    }
    return acts.get(verb, f"{said.menu}/{verb}".replace("%", "%%")) % words
