"""The provider's bot: read, changed, and the engine it reads with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from chatbot.engines.base import Engine, EngineError
from chatbot.engines.openai.config import ModelConfig
from chatbot.engines.registry import RULES, model_engine, rules_engine
from chatbot.models import Bot
from events.domain import Actor, record
from tenants.sealing import SealError

REST = timedelta(seconds=60)  # after a failure the model is left alone, so that nobody waits for it again and again
OPENAI = "https://api.openai.com/v1"

EDITABLE = (
    "enabled",
    "engine",
    "greeting",
    "payment_instructions",
    "base_url",
    "model",
    "max_misses",
    "pause_seconds",
    "receipts_a_day",
)


class BotRefused(ValueError):
    """The settings cannot be kept; `field` is the one to look at."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class Reader:
    """An engine and its name. `spare` says why it is not the one that was chosen, or nothing."""

    engine: Engine
    name: str
    spare: str = ""


def current_bot() -> Bot:
    """Return the provider's bot; one that is off when nobody has set it up (it is not saved)."""
    return Bot.objects.filter(key="main").first() or Bot()


@transaction.atomic
def change_bot(*, actor: Actor, now: datetime, api_key: str | None = None, **changes: Any) -> Bot:
    """Change the bot's settings and record which. `api_key`: None keeps the stored one, "" forgets it.

    A new address forgets the stored key unless a key comes with it: it belongs to the service it was made for.
    Raises BotRefused when a model is chosen without a name or an address for it, TypeError for an unknown setting.
    """
    if unknown := set(changes) - set(EDITABLE):
        raise TypeError(f"no such settings: {', '.join(sorted(unknown))}")
    Bot.objects.get_or_create(key="main")
    bot = Bot.objects.select_for_update().get(key="main")
    changed = sorted(name for name, value in changes.items() if getattr(bot, name) != value)
    for name in changed:
        setattr(bot, name, changes[name])
    if "base_url" in changed and api_key is None and bot.has_key:
        api_key = ""
    if api_key is not None:
        bot.seal(api_key=api_key.strip())
        changed.append("api_key")
    if bot.engine != RULES:
        if not bot.model:
            raise BotRefused(_("Escriba el nombre del modelo, por ejemplo gpt-6-luna."), "model")
        if not bot.base_url:
            raise BotRefused(_("Escriba la dirección del servicio, por ejemplo %(url)s.") % {"url": OPENAI}, "base_url")
    bot.engine_error, bot.engine_error_at = "", None
    bot.save()
    if changed:
        record("bot.changed", subject=bot, actor=actor, at=now, changed=changed, enabled=bot.enabled)
    return bot


def reader_for(bot: Bot, *, now: datetime) -> Reader:
    """Return the engine to read with: the chosen one, or rules and why."""
    if bot.engine == RULES:
        return Reader(rules_engine(), RULES)
    if bot.engine_error_at and now - bot.engine_error_at < REST:
        return Reader(rules_engine(), RULES, bot.engine_error)
    try:
        return Reader(chosen_engine(bot), bot.engine)
    except EngineError as error:
        return Reader(rules_engine(), RULES, error.message)


def chosen_engine(bot: Bot) -> Engine:
    """Return the engine the provider chose. Raises EngineError when its key cannot be opened."""
    if bot.engine == RULES:
        return rules_engine()
    try:
        key = bot.reveal("api_key")
    except SealError:
        raise EngineError(_("La clave guardada no se puede abrir; escríbala de nuevo."), permanent=True) from None
    return model_engine(
        bot.engine,
        ModelConfig(bot.base_url, bot.model, key, allow_local=settings.ALLOW_LOCAL_MODELS),
    )


def note_engine(*, bot: Bot, error: str, now: datetime) -> None:
    """Keep the model's last failure, or forget it after a success (`error` empty)."""
    if error:
        Bot.objects.filter(pk=bot.pk).update(engine_error=error[:255], engine_error_at=now)
    elif bot.engine_error:
        Bot.objects.filter(pk=bot.pk).update(engine_error="", engine_error_at=None)
