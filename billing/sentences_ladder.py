"""How the events of what comes after a cut read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from billing.domain.reasons import explain
from events.models import Event
from events.sentences import register


def _unbilled(event: Event) -> str:
    why = [reason for reason in event.facts.get("reasons", []) if reason["code"].startswith("second_")]
    return explain(why) or _("Se dejó de facturar.")


register("dunning.unbilled", kind="billing", icon="circle-pause", sentence=_unbilled)
register(
    "dunning.billed_again",
    kind="billing",
    icon="circle-play",
    sentence=lambda e: _("El servicio %(service)s se factura otra vez.") % {"service": e.facts.get("service", "")},
)
