"""How what the network process gives up on reads."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _l

from events.models import Event
from events.sentences import register

_STUCK: dict[str, Promise] = {
    "off": _l("No se logra cortar a %(user)s en %(router)s: %(why)s"),
    "on": _l("No se logra dejar a %(user)s como debe estar en %(router)s: %(why)s"),
    "gone": _l("No se logra retirar a %(user)s de %(router)s: %(why)s"),
}


def _stuck(event: Event) -> str:
    text = _STUCK.get(str(event.facts.get("desired")), _STUCK["on"])
    known = {"user": event.facts.get("username", ""), "router": event.facts.get("router", "")}
    return str(text) % {**known, "why": event.facts.get("error", "")}


register("access.stuck", kind="network", icon="triangle-alert", sentence=_stuck)
