"""Help with the Wi-Fi's name and password: in words and by the customer's own hand; we neither know nor say any."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatbot import intents
from chatbot.domain.dialogues.base import NO, YES, Form, Progress, Question, Slot
from chatbot.domain.dialogues.filing import file_ticket
from chatbot.domain.dialogues.report_fault import NEAR
from chatbot.domain.dialogues.services import SERVICE, service_of
from chatbot.domain.dialogues.telling import told_slots
from chatbot.domain.situations import Answer, Option
from inbox.models import Ticket

SUBJECT = "Ayuda con la clave del Wi-Fi"  # the staff's
WHATS = {"forgot": "La olvidó", "change": "La quiere cambiar"}


def _ask_what(_progress: Progress) -> Question:
    options = (Option("forgot", _("La olvidé")), Option("change", _("Quiero cambiarla")))
    return Question(_("Le ayudo con su Wi-Fi. ¿Olvidó la clave o quiere cambiarla?"), options)


def _ask_done(progress: Progress) -> Question:
    if progress.get("what") == "forgot":
        words = _(
            "La clave de fábrica está en la etiqueta de abajo o de atrás del módem, junto a «Wi-Fi key», «WPA» o"
            " «Password». Si la cambió, véala en un equipo que ya esté conectado: en los ajustes de esa red Wi-Fi,"
            " «Compartir» o «Ver contraseña». ¿Pudo verla?"
        )
    else:
        words = _(
            "Conéctese a su Wi-Fi, abra en el navegador la dirección que dice la etiqueta del módem (suele ser"
            " 192.168.1.1), entre con el usuario de la etiqueta y busque «Wi-Fi» o «WLAN». Ponga una clave nueva de 12"
            " o más letras y números, y no se la mande a nadie por aquí. ¿Pudo cambiarla?"
        )
    return Question(words, (Option(YES, _("Sí")), Option(NO, _("No"))))


def _finish(progress: Progress) -> Answer:
    if progress.get("done") == YES:
        return Answer(_("Perfecto. Recuerde volver a conectar sus equipos con la clave que tenga ahora."))
    return file_ticket(
        progress,
        _("Lo dejé con el folio %(number)s: una persona le ayuda por aquí. No mande su clave por mensaje."),
        subject=SUBJECT,
        details=told_slots(WIFI, progress.slots),
        category=Ticket.Category.OTHER,
        service=service_of(progress),
    )


WIFI = Form(
    name="wifi_password",
    intent=intents.WIFI_PASSWORD,
    photos=True,
    slots=(
        SERVICE,
        Slot("what", _ask_what, gettext_noop("Qué necesita"), shown=lambda value: WHATS.get(str(value), str(value))),
        Slot("done", _ask_done, near=NEAR),
    ),
    act=_finish,
)
