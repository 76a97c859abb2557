"""The customer moves house: where to and when, read back, left to the staff as a ticket."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatbot import intents
from chatbot.domain.dialogues.base import Form, Progress, Question, Slot
from chatbot.domain.dialogues.filing import already_filed, file_ticket, find_open_ticket
from chatbot.domain.dialogues.replies import read_place, read_words, say_place
from chatbot.domain.dialogues.services import SERVICE, service_of
from chatbot.domain.dialogues.telling import told_slots
from chatbot.domain.situations import Answer, Situation
from inbox.models import Ticket

SUBJECT = "Cambio de domicilio"  # the staff's
NEAR = frozenset({intents.COVERAGE, intents.HOURS_ADDRESS, intents.REGISTER, intents.SERVICE_STATE})


def _known(s: Situation) -> Answer | None:
    ticket = find_open_ticket(s, Ticket.Category.CHANGE, subject=SUBJECT)
    return already_filed(ticket) if ticket else None


def _ask_where(_progress: Progress) -> Question:
    return Question(_("¿A qué dirección se muda? Escríbala completa o mándeme la ubicación."))


def _ask_when(_progress: Progress) -> Question:
    return Question(_("¿Para qué día la necesita?"))


def _read_back(progress: Progress) -> str:
    facts = {"where": say_place(progress.get("address")), "when": progress.get("when")}
    return _("Pido su cambio de domicilio a: %(where)s. Para: %(when)s. ¿Confirma?") % facts


def _file(progress: Progress) -> Answer:
    return file_ticket(
        progress,
        _("Listo, su solicitud es el folio %(number)s. Una persona le confirma por aquí la fecha y si tiene costo."),
        subject=SUBJECT,
        details=told_slots(MOVE, progress.slots),
        category=Ticket.Category.CHANGE,
        service=service_of(progress),
    )


MOVE = Form(
    name="move",
    intent=intents.MOVE,
    begin=_known,
    slots=(
        SERVICE,
        Slot("address", _ask_where, gettext_noop("Dirección nueva"), read_place, free=True, near=NEAR, shown=say_place),
        Slot("when", _ask_when, gettext_noop("Para cuándo"), read_words, free=True, near=frozenset({intents.PROMISE})),
    ),
    read_back=_read_back,
    act=_file,
)
