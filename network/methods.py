"""What a person gives for each method: what finds the account on the equipment, and what else matters there."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _l

from network.models import Access, Router

Kind, CutBy = Access.Kind, Access.CutBy


@dataclass(frozen=True)
class Method:
    """One way of giving access. `key_is` says what the key is: a name, an ip, a mac or an id of the equipment.

    `fields` are asked for beside it; `cuts` are the ways of cutting it knows.
    """

    key: Promise
    help: Promise
    key_is: str = "name"
    fields: frozenset[str] = frozenset()
    cuts: tuple[str, ...] = (CutBy.OWN,)
    server: Promise | str = ""
    # Fields without which the account cannot be made on the equipment.
    to_provide: tuple[str, ...] = ()


METHODS: dict[str, Method] = {
    Kind.PPPOE: Method(
        _l("Usuario PPPoE"),
        _l("Como está escrito en el router, en PPP → Secrets."),
        fields=frozenset({"password", "ip", "profile"}),
        cuts=(CutBy.OWN, CutBy.PROFILE, CutBy.LIST),
        to_provide=("password",),
    ),
    Kind.LIST: Method(_l("Dirección IP"), _l("La IP fija del cliente: la que va a la lista de cortados."), key_is="ip"),
    Kind.QUEUE: Method(
        _l("Nombre de la cola"),
        _l("Como está en Queues → Simple Queues."),
        fields=frozenset({"ip"}),
        to_provide=("ip",),
    ),
    Kind.DHCP: Method(
        _l("MAC"),
        _l("La del equipo del cliente, como está en DHCP Server → Leases."),
        key_is="mac",
        fields=frozenset({"ip", "server"}),
        cuts=(CutBy.OWN, CutBy.LIST, CutBy.SPEED),
        server=_l("Servidor DHCP"),
        to_provide=("ip",),
    ),
    Kind.HOTSPOT: Method(
        _l("Usuario del hotspot"),
        _l("Como está en IP → Hotspot → Users."),
        fields=frozenset({"password", "server", "profile"}),
        to_provide=("password",),
        server=_l("Servidor de hotspot"),
    ),
    Kind.BINDING: Method(
        _l("MAC"),
        _l("La del equipo del cliente, como está en IP → Hotspot → IP Bindings."),
        key_is="mac",
        fields=frozenset({"ip", "server"}),
        server=_l("Servidor de hotspot"),
    ),
    Kind.ARP: Method(
        _l("Dirección IP"),
        _l("La de la entrada fija en IP → ARP; la interfaz debe estar en reply-only."),
        key_is="ip",
        fields=frozenset({"mac", "server"}),
        server=_l("Interfaz"),
        to_provide=("mac", "server"),
    ),
    Kind.USER_MANAGER: Method(
        _l("Usuario de User Manager"),
        _l("Como está en User Manager → Users."),
        fields=frozenset({"password", "profile"}),
        to_provide=("password",),
    ),
    Kind.PCQ: Method(
        _l("Dirección IP"),
        _l("La IP fija del cliente: la que va a la lista de su velocidad."),
        key_is="ip",
        fields=frozenset({"profile"}),
        cuts=(CutBy.OWN, CutBy.LIST),
    ),
    Kind.UISP_SITE: Method(_l("Sitio de UISP"), _l("El id del sitio, que está en su dirección web."), key_is="id"),
    Kind.UISP_SERVICE: Method(
        _l("Servicio de UISP"), _l("El número del servicio en el CRM, que está en su dirección web."), key_is="id"
    ),
}
# Whose plan has a name on the equipment, and what that name is.
PLAN_NAMES: dict[str, Promise] = {
    Kind.PPPOE: _l("Perfil PPP"),
    Kind.HOTSPOT: _l("Perfil de hotspot"),
    Kind.USER_MANAGER: _l("Plan de User Manager"),
    Kind.PCQ: _l("Lista de velocidad"),
    Kind.UISP_SERVICE: _l("Plan de UISP"),
}
# Whose customers have a session on the equipment that can be ended.
HAS_SESSIONS = frozenset({Kind.PPPOE, Kind.HOTSPOT, Kind.BINDING, Kind.USER_MANAGER})
# What is assigned for a time.
TIMED = frozenset({Kind.HOTSPOT, Kind.USER_MANAGER})


def kinds_of(router: Router) -> list[str]:
    """The methods a piece of equipment knows."""
    if router.kind == Router.Kind.UISP_NMS:
        return [Kind.UISP_SITE]
    if router.kind == Router.Kind.UISP_CRM:
        return [Kind.UISP_SERVICE]
    return [kind for kind in METHODS if kind not in {Kind.UISP_SITE, Kind.UISP_SERVICE}]


def key_label(kind: str) -> str:
    """What the key of a method is called."""
    return str(METHODS[kind].key)
