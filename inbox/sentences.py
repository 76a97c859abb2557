"""How the inbox's events read on a customer's timeline."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register

NOT_SENT = {
    "no_template": "no hay un texto con ese nombre",
    "no_channel": "no hay un número de WhatsApp conectado",
    "no_phone": "el cliente no tiene teléfono",
    "opted_out": "el cliente pidió no recibir mensajes",
    "no_approved_template": "pasaron más de 24 horas y el texto aún no es una plantilla aprobada",
}


def _facts(event: Event, **more: str) -> dict[str, str]:
    names = ("template", "name", "reason", "phone", "assignee", "number")
    return {"who": event.actor_label, **{n: str(event.facts.get(n, "")) for n in names}, **more}


def _not_sent(event: Event) -> str:
    why = NOT_SENT.get(str(event.facts.get("reason")), str(event.facts.get("reason", "")))
    return _("No se envió «%(name)s»: %(why)s.") % _facts(event, why=why)


register(
    "notice.sent",
    kind="message",
    icon="send",
    sentence=lambda e: _("Se envió por WhatsApp «%(template)s».") % _facts(e),
)
register(
    "notice.read",
    kind="message",
    icon="check-check",
    sentence=lambda e: _("El cliente leyó «%(template)s».") % _facts(e),
)
register(
    "notice.failed",
    kind="message",
    icon="message-circle-x",
    sentence=lambda e: _("No llegó «%(template)s»: %(reason)s") % _facts(e),
)
register("notice.not_sent", kind="message", icon="message-circle-off", sentence=_not_sent)
register(
    "message.doubtful",
    kind="message",
    icon="message-circle-question-mark",
    sentence=lambda _e: _("No se sabe si un mensaje llegó: revíselo en la bandeja."),
)
register(
    "contact.opted_out",
    kind="message",
    icon="bell-off",
    sentence=lambda e: _("El número %(phone)s pidió no recibir mensajes.") % _facts(e),
)
register(
    "contact.opted_in",
    kind="message",
    icon="bell",
    sentence=lambda e: _("El número %(phone)s volvió a aceptar mensajes.") % _facts(e),
)
register(
    "conversation.assigned",
    kind="message",
    icon="user-check",
    sentence=lambda e: (
        (
            _("%(who)s asignó la conversación a %(assignee)s.")
            if e.facts.get("assignee")
            else _("%(who)s la dejó sin asignar.")
        )
        % _facts(e)
    ),
)
register(
    "conversation.linked",
    kind="message",
    icon="link",
    sentence=lambda e: _("%(who)s vinculó la conversación con %(number)s a este cliente.") % _facts(e),
)
register(
    "conversation.closed",
    kind="message",
    icon="message-square-check",
    sentence=lambda e: _("%(who)s cerró la conversación.") % _facts(e),
)
register(
    "conversation.reopened",
    kind="message",
    icon="message-square",
    sentence=lambda e: _("%(who)s reabrió la conversación.") % _facts(e),
)
register(
    "conversation.handed_over",
    kind="message",
    icon="hand",
    sentence=lambda e: _("El asistente pasó la conversación a una persona: %(reason)s") % _facts(e),
)
register(
    "channel.connected",
    kind="account",
    icon="plug",
    sentence=lambda e: _("%(who)s conectó el número %(number)s.") % _facts(e),
)
register(
    "telegram.connected",
    kind="account",
    icon="plug",
    sentence=lambda e: _("%(who)s conectó el bot de Telegram @%(username)s.") % _facts(e),
)
register(
    "telegram.linked",
    kind="account",
    icon="link",
    sentence=lambda e: _("%(who)s vinculó su Telegram.") % _facts(e),
)
register(
    "telegram.unlinked",
    kind="account",
    icon="unlink",
    sentence=lambda e: _("%(who)s desvinculó su Telegram.") % _facts(e),
)
