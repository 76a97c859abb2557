"""The provider's bots: which answers where, what of them is changed, and the engine each reads with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chatbot import abilities
from chatbot.domain.spending import is_spent, over_budget
from chatbot.engines.base import Engine, EngineError
from chatbot.engines.openai.config import ModelConfig
from chatbot.engines.openai.prices import default_model, retires_on
from chatbot.engines.registry import RULES, model_engine, rules_engine
from chatbot.models import Bot, BotChannel
from chatbot.models.bots import MAIN
from events.domain import Actor, record
from tenants.batches import once_a_batch
from tenants.current import current_tenant, tenant_today
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
    "changes_plans",
    "trial_days",
    "name",
    "hours",
    "intents_off",
    "tools_off",
    "answer_length",
    "emoji",
    "style",
    "language",
    "temperature",
    "max_tokens",
    "history",
    "identity",
    "identity_days",
    "turns_an_hour",
    "contact_receipts_a_day",
    "contact_promises_a_day",
    "audio_url",
    "audio_model",
)
SETTINGS = (*EDITABLE, "persona", "trial_router", "trial_kind", "metadata")


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
    """Return the provider's main bot; one that is off when nobody has set it up (it is not saved)."""
    return Bot.objects.filter(key=MAIN).first() or Bot()


@once_a_batch
def bot_of_channel(channel_id: int | None) -> Bot:
    """Return the bot that answers on a channel: its own, else the main one. One query."""
    own = Q(pk__in=BotChannel.objects.filter(channel_id=channel_id or 0).values("bot_id"))
    found = list(Bot.objects.filter(own | Q(key=MAIN)))
    return min(found, key=lambda bot: bot.is_main, default=None) or Bot()


def bots_by_channel() -> Callable[[int], Bot]:
    """Return what tells the bot of any channel, from two queries now."""
    bots = {bot.pk: bot for bot in Bot.objects.all()}
    main = next((bot for bot in bots.values() if bot.is_main), None) or Bot()
    own = dict(BotChannel.objects.values_list("channel_id", "bot_id"))
    return lambda channel_id: bots.get(own.get(channel_id, 0), main)


def language_of(bot: Bot) -> str:
    """Return the language the bot's own sentences are in."""
    return current_tenant().language if bot.language == Bot.Language.AUTO else bot.language


@transaction.atomic
def change_bot(
    *,
    actor: Actor,
    now: datetime,
    bot_id: int | None = None,
    api_key: str | None = None,
    audio_key: str | None = None,
    **changes: Any,
) -> Bot:
    """Change a bot's settings (the main one's without `bot_id`) and record which.

    `api_key`, `audio_key`: None keeps the stored one, "" forgets it.

    A new address forgets the stored key unless a key comes with it: it belongs to the service it was made for.
    Raises BotRefused when a model is chosen without a name or an address for it or a value cannot be, TypeError
    for an unknown setting, Bot.DoesNotExist for an unknown bot.
    """
    if unknown := set(changes) - set(SETTINGS):
        raise TypeError(f"no such settings: {', '.join(sorted(unknown))}")
    if bot_id is None:
        bot_id = Bot.objects.get_or_create(key=MAIN)[0].pk
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot_id)
    check_values(changes)
    changed = sorted(name for name, value in changes.items() if getattr(bot, name) != value)
    for name in changed:
        setattr(bot, name, changes[name])
    if "base_url" in changed and api_key is None and bot.has_key:
        api_key = ""
    if "audio_url" in changed and audio_key is None and bot.audio_key:
        audio_key = ""
    for name, key in (("api_key", api_key), ("audio_key", audio_key)):
        if key is not None:
            bot.seal(**{name: key.strip()})
            changed.append(name)
    if bot.engine != RULES:
        bot.model = bot.model or default_model(bot.base_url)
        check_model(bot, now=now, chosen=bool({"engine", "model", "base_url"}.intersection(changed)))
    bot.name = bot.name.strip() or _("Asistente")
    bot.engine_error, bot.engine_error_at = "", None
    bot.save()
    if changed:
        record("bot.changed", subject=bot, actor=actor, at=now, changed=changed, enabled=bot.enabled)
    return bot


def check_model(bot: Bot, *, now: datetime, chosen: bool) -> None:
    """Raise BotRefused for a model without a name or an address, or `chosen` now that its service has no more."""
    if not bot.model:
        said = _("Escriba el nombre del modelo, por ejemplo %(model)s.")
        raise BotRefused(said % {"model": default_model(OPENAI)}, "model")
    if not bot.base_url:
        raise BotRefused(_("Escriba la dirección del servicio, por ejemplo %(url)s.") % {"url": OPENAI}, "base_url")
    ended = retires_on(bot.model, base_url=bot.base_url)
    if chosen and ended is not None and ended <= tenant_today(now):
        raise BotRefused(retirement_of(bot, now=now), "model")


def retirement_of(bot: Bot, *, now: datetime) -> str:
    """Return what is to be said of a model that its service gives up, or gave up; empty where nothing is known."""
    ends = retires_on(bot.model, base_url=bot.base_url) if bot.engine != RULES else None
    if ends is None:
        return ""
    said = _("«%(model)s» deja de existir el %(day)s: elija antes otro, por ejemplo %(other)s. Después contestan las"
             " reglas.")  # fmt: skip
    if ends <= tenant_today(now):
        said = _("«%(model)s» dejó de existir el %(day)s. Use, por ejemplo, %(other)s.")
    return said % {"model": bot.model, "day": date_format(ends, "j/n/Y"), "other": default_model(bot.base_url)}


def check_values(changes: Mapping[str, Any]) -> None:
    """Refuse what a bot cannot have: names nobody knows, and a temperature that is no number."""
    known = {"intents_off": set(abilities.switchable_intents()), "tools_off": set(abilities.NEEDED_FOR)}
    for field in known.keys() & changes.keys():
        names = changes[field]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BotRefused(_("Escriba una lista de nombres."), field)
        if strange := sorted(set(names) - known[field]):
            raise BotRefused(_("No existe: %(names)s.") % {"names": ", ".join(strange)[:200]}, field)
    if not 0 <= changes.get("temperature", 0) <= 2:
        raise BotRefused(_("Escriba un número de 0 a 2."), "temperature")


def reader_for(bot: Bot, *, now: datetime) -> Reader:
    """Return the engine to read with: the chosen one, or rules and why."""
    if bot.engine == RULES:
        return Reader(rules_engine(), RULES)
    if bot.engine_error_at and now - bot.engine_error_at < REST:
        return Reader(rules_engine(), RULES, bot.engine_error)
    if is_spent(now):
        return Reader(rules_engine(), RULES, over_budget())
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
