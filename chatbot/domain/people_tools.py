"""Answers that need no account: greetings, thanks, and what a person must take over."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from chatbot import intents
from chatbot.domain.situations import Answer, Situation
from chatbot.models import Turn
from chatbot.staff_words import for_staff
from inbox.models import Message
from tenants.current import current_tenant

# What whoever writes may ask, customer or not.
FOR_ANYBODY = {intents.PLANS_PRICES, intents.COVERAGE, intents.REGISTER, intents.HOURS_ADDRESS}


def person_wrote_since(s: Situation, moment: datetime) -> bool:
    """Say whether somebody of the staff wrote to them after a moment: what the bot had asked by then is over."""
    since = Message.objects.filter(conversation_id=s.conversation.pk, direction="out", created_at__gt=moment)
    return since.exclude(author_kind__in=["bot", "system"]).exists()


def greet(s: Situation) -> Answer:
    """Greet in the provider's words, or say what can be asked."""
    if s.bot.greeting:
        return Answer(s.bot.greeting)
    return Answer(
        _(
            "Hola, soy el asistente de %(provider)s. Puedo decirle cuánto debe, recibir la foto de su comprobante,"
            " revisar una falla o pasarle con una persona. ¿Qué necesita?"
        )
        % {"provider": current_tenant().name}
    )


def greet_stranger(s: Situation) -> Answer:
    """Greet whoever is no customer, who most likely wants to be one: no person is called for a «hola»."""
    if s.bot.greeting:
        return Answer(s.bot.greeting)
    return Answer(
        _(
            "Hola, soy el asistente de %(provider)s. Puedo decirle qué planes hay, si llegamos a su zona o apuntarle"
            " para contratar. Si ya es cliente, escríbame su nombre y su número de cliente y le paso con una persona."
        )
        % {"provider": current_tenant().name}
    )


def thank(s: Situation) -> Answer:
    """Answer thanks once; every message costs."""
    return Answer() if s.last_intent in {intents.THANKS, intents.ACKNOWLEDGED} else Answer(_("Con gusto."))


def stay_silent(s: Situation) -> Answer:  # noqa: ARG001 -- the shape of a tool
    """Nothing was asked."""
    return Answer()


def reach_person(s: Situation) -> Answer:
    """Leave the conversation to a person, with the reason."""
    reason, text = _reasons().get(s.intent, (for_staff("Pide hablar con una persona."), ""))
    return Answer(text or _("Le paso con una persona. Le contesta por aquí en cuanto se desocupe."), hand_over=reason)


def _reasons() -> dict[str, tuple[str, str]]:
    noted = _("Tomo nota. Una persona lo revisa y le contesta por aquí.")
    informed = _("Con gusto. Una persona le da informes por aquí en cuanto se desocupe.")
    return {
        intents.PROMISE: (for_staff("Pide tiempo o promete pagar."), noted),
        intents.CHANGE_PLAN: (for_staff("Quiere cambiar de plan."), noted),
        intents.BUY_DAYS: (for_staff("Quiere comprar días o recargar."), noted),
        intents.PLANS_PRICES: (for_staff("Pregunta por planes o precios."), informed),
        intents.COVERAGE: (for_staff("Pregunta si hay cobertura."), informed),
        intents.REGISTER: (for_staff("Quiere contratar."), informed),
        intents.HOURS_ADDRESS: (for_staff("Pregunta por el horario o la dirección."), informed),
        intents.MOVE: (for_staff("Quiere mover su servicio a otro domicilio."), noted),
        intents.CANCEL: (for_staff("Quiere cancelar o pausar su servicio."), noted),
        intents.WIFI_PASSWORD: (for_staff("Necesita la clave de su Wi-Fi."), noted),
        intents.HOW_TO_PAY: (for_staff("Pregunta dónde o cómo pagar."), ""),
        intents.MY_PLAN: (for_staff("Pregunta por su plan y no tiene servicios activos."), ""),
    }


def not_understood(s: Situation) -> Answer:
    """Ask again with words that work; after the limit a person takes over."""
    misses = s.misses + 1
    if misses >= s.bot.max_misses:
        return Answer(
            _("No le entendí bien. Le paso con una persona."),
            hand_over=for_staff("El asistente no entendió %(count)d mensajes seguidos.") % {"count": misses},
            why=Turn.Why.UNSURE,
        )
    return Answer(
        _("No le entendí. Puede escribir «cuánto debo», «ya pagué», «no tengo internet» o «una persona»."),
        waiting_for=s.waiting_for,
        misses=misses,
    )


def meet_stranger(s: Situation) -> Answer:
    """Nobody we know: nothing of any account is said; a person asks who it is, where more than a greeting came."""
    if s.intent in {intents.THANKS, intents.ACKNOWLEDGED} and s.last_intent:
        return Answer()
    if s.intent == intents.GREETING:
        return greet_stranger(s)
    if s.intent in FOR_ANYBODY:
        return reach_person(s)
    return Answer(
        _(
            "Gracias por escribir a %(provider)s. No encuentro este número entre nuestros clientes: escríbame su"
            " nombre completo o su número de cliente y una persona le atiende."
        )
        % {"provider": current_tenant().name},
        hand_over=for_staff("El número no está entre los clientes."),
        why=Turn.Why.ASKED if s.intent == intents.HUMAN else Turn.Why.UNKNOWN,
    )
