"""How what people do with accesses and routers reads."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from events.models import Event
from events.sentences import register

_ACCESS: dict[str, tuple[str, Promise]] = {
    "access.kicked": ("rotate-cw", _l("%(who)s reinició la sesión de %(user)s en %(router)s.")),
    "access.retried": ("refresh-cw", _l("%(who)s pidió intentar de nuevo con %(user)s en %(router)s.")),
    "access.dismissed": ("bell-off", _l("%(who)s dejó sin intentar lo pendiente de %(user)s en %(router)s.")),
    "access.moved": ("arrow-right-left", _l("%(who)s pasó a %(user)s de %(before)s a %(router)s.")),
    "access.shown": ("eye", _l("%(who)s vio la contraseña de %(user)s en %(router)s.")),
}
_ROUTER: dict[str, tuple[str, Promise]] = {
    "router.cut_changed": ("scissors", _l("%(who)s cambió cómo se corta en %(router)s.")),
    "router.plan_named": ("gauge", _l("%(who)s puso «%(name)s» al plan %(plan)s en %(router)s.")),
    "router.plan_unnamed": ("gauge", _l("%(who)s quitó el nombre del plan %(plan)s en %(router)s.")),
}


def _facts(event: Event) -> dict[str, object]:
    known = {"user": event.facts.get("username", ""), "router": "", "before": "", "plan": "", "name": ""}
    return {**known, **event.facts, "who": event.actor_label}


def _removed(event: Event) -> str:
    if event.facts.get("from_router"):
        return _("%(who)s retiró a %(user)s de %(router)s.") % _facts(event)
    return _("%(who)s desenlazó el servicio de %(user)s en %(router)s; el router quedó como estaba.") % _facts(event)


def _said(text: Promise) -> Callable[[Event], str]:
    return lambda event: str(text) % _facts(event)


for _type, (_icon, _text) in {**_ACCESS, **_ROUTER}.items():
    register(_type, kind="network", icon=_icon, sentence=_said(_text))
register("access.removed", kind="network", icon="unplug", sentence=_removed)
