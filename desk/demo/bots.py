"""A second bot in the demo: who it is, in two versions, and on which channel it answers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from chatbot.domain.personas import change_persona, create_persona
from chatbot.domain.several_bots import create_bot, give_channels
from chatbot.domain.spending import change_budget
from chatbot.models import Bot
from desk.demo.world import Provider
from events.domain import Actor
from inbox.models import Channel

WHO = Actor.system("Demostración")
FIRST = "Usted es Lucía, del área de ventas. Habla de usted, con frases cortas y amables."
NOW = FIRST + " Pregunte siempre la colonia antes de recomendar un plan. No ofrezca descuentos."


def found_bots(provider: Provider, *, now: datetime) -> None:
    """Give the provider a bot for sales beside its main one, once. Runs inside the tenant."""
    if Bot.objects.count() > 1:
        return
    persona = create_persona(name="Lucía, de ventas", instructions=FIRST, actor=WHO, now=now)
    change_persona(persona_id=persona.pk, instructions=NOW, actor=WHO, now=now)
    bot = create_bot(
        name="Ventas",
        persona=persona,
        greeting=f"Hola, soy Lucía, de {provider.name}. ¿En qué colonia necesita el internet?",
        intents_off=["promise", "cancel"],
        style="detailed",
        actor=WHO,
        now=now,
    )
    # Not where customers of the demo write: the main one answers there.
    others = Channel.objects.exclude(kind__startswith="twilio").order_by("pk")[:1]
    give_channels(bot_id=bot.pk, channel_ids=[channel.pk for channel in others], actor=WHO, now=now)
    change_budget(monthly=Decimal(20), warn_at=80, actor=WHO, now=now)
