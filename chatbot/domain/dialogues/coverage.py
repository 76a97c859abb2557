"""«¿Llegan a mi colonia?»: yes where the zone is ours or we serve close by; else the staff looks and answers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatbot import intents
from chatbot.domain.coverage import is_served, zone_named
from chatbot.domain.dialogues.base import Form, Progress, Question, Slot, Value
from chatbot.domain.dialogues.filing import already_filed, file_ticket, find_open_ticket
from chatbot.domain.dialogues.replies import read_place, say_place
from chatbot.domain.dialogues.telling import told_slots
from chatbot.domain.plan_tools import offered_plans, plan_line
from chatbot.domain.situations import Answer, Situation
from inbox.models import Ticket

SUBJECT = "Pregunta si hay cobertura"  # the staff's
NEAR = frozenset({intents.REGISTER, intents.MOVE, intents.HOURS_ADDRESS, intents.PLANS_PRICES, intents.SERVICE_STATE})


def where_reached(place: Any) -> str | None:
    """Return the name of the zone a place lies in, "" where we serve close by; None where neither is known."""
    words = place.get("address", "") if isinstance(place, dict) else str(place)
    if zone := zone_named(words):
        return zone.name
    return "" if isinstance(place, dict) and "latitude" in place and is_served(place) else None


def _begin(s: Situation) -> Answer | None:
    ticket = find_open_ticket(s, Ticket.Category.INSTALLATION, subject=SUBJECT)
    return already_filed(ticket) if ticket else None


def _hear(s: Situation) -> dict[str, Value]:
    if s.place:
        return {"place": {**s.place, "address": str(s.place.get("address") or "")}}
    return {"place": s.text} if zone_named(s.text) else {}


def _ask_place(_progress: Progress) -> Question:
    return Question(_("¿En qué colonia o dirección? También puede mandarme la ubicación."))


def _tell(progress: Progress) -> Answer:
    reached = where_reached(progress.get("place"))
    if reached is not None:
        first = (
            _("Sí, tenemos servicio en %(zone)s.") % {"zone": reached}
            if reached
            else _("Sí, damos servicio ahí cerca.")
        )
        plans = [f"- {plan_line(plan)}" for plan in offered_plans()]
        return Answer("\n".join([first, *plans, _("Para contratar, escriba «contratar».")]))
    return file_ticket(
        progress,
        _("No lo sé de cierto: lo anoté con el folio %(number)s y una persona lo revisa y le contesta por aquí."),
        subject=SUBJECT,
        details=told_slots(COVERAGE, progress.slots),
        category=Ticket.Category.INSTALLATION,
    )


COVERAGE = Form(
    name="coverage",
    intent=intents.COVERAGE,
    personal=False,
    photos=True,
    begin=_begin,
    hear=_hear,
    slots=(Slot("place", _ask_place, gettext_noop("Lugar"), read_place, free=True, near=NEAR, shown=say_place),),
    act=_tell,
)
