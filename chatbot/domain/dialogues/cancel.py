"""The customer wants to leave or pause: why, and then always a person, who knows the reason."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatbot import intents
from chatbot.domain.dialogues.base import Form, Progress, Question, Slot
from chatbot.domain.dialogues.replies import read_named_or_words
from chatbot.domain.dialogues.services import SERVICE
from chatbot.domain.dialogues.telling import told_slots
from chatbot.domain.situations import Answer, Option

REASONS = {
    "price": "Le sale caro",
    "faults": "Falla mucho",
    "moving": "Se muda",
    "pause": "Sólo quiere pausarlo un tiempo",
}
NEAR = frozenset(intents.MEANINGS) - {intents.HUMAN, intents.PAYMENT_MADE, intents.BALANCE}


def _ask_why(_progress: Progress) -> Question:
    options = (
        Option("price", _("Es caro")),
        Option("faults", _("Falla mucho")),
        Option("moving", _("Me mudo")),
        Option("pause", _("Sólo pausarlo")),
    )
    return Question(_("Lamento leerlo. ¿Cuál es el motivo? Puede escribirlo con sus palabras."), options, _("Motivos"))


def _hand_over(progress: Progress) -> Answer:
    return Answer(
        _("Gracias por decírmelo. No hice ningún cambio: una persona le atiende por aquí para cerrarlo con usted."),
        hand_over="Quiere cancelar o pausar su servicio.",
        note=told_slots(CANCEL, progress.slots),
    )


CANCEL = Form(
    name="cancel",
    intent=intents.CANCEL,
    slots=(
        SERVICE,
        Slot(
            "why", _ask_why, gettext_noop("Motivo"), read_named_or_words,
            free=True, near=NEAR, shown=lambda value: REASONS.get(str(value), str(value)),
        ),
    ),
    act=_hand_over,
)  # fmt: skip
