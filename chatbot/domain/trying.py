"""Trying the bot: what a phrase is taken to mean, with the chosen engine and nothing of any customer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from chatbot import intents
from chatbot.domain.bots import chosen_engine
from chatbot.domain.reading import SURE
from chatbot.domain.spending import Purpose, is_spent, note_use, over_budget
from chatbot.engines.base import NONE, Choice, Context, EngineError
from chatbot.engines.registry import RULES, rules_engine
from chatbot.models import Bot


@dataclass(frozen=True)
class Trial:
    """What a phrase was taken to mean, by which engine, what would follow, and the chosen engine's failure."""

    choice: Choice
    engine: str
    label: str
    would: str
    error: str = ""


def try_phrase(*, bot: Bot, text: str, now: datetime) -> Trial:
    """Read a phrase with the chosen engine, else with rules and the reason. It answers nobody; what it cost is kept."""
    error, engine = "", bot.engine
    if engine != RULES and is_spent(now):
        error, engine = over_budget(), RULES
    try:
        reader = rules_engine() if error else chosen_engine(bot)
        choice = reader.choose(text, intents=intents.MEANINGS, context=Context())
    except EngineError as failed:
        error, engine = failed.message, RULES
        choice = rules_engine().choose(text, intents=intents.MEANINGS, context=Context())
    note_use(purpose=Purpose.TRIAL, model=bot.model, usage=choice.usage, now=now)
    if engine != RULES and choice.confidence < SURE:
        choice = replace(choice, intent=NONE)
    label, would = outcomes()[choice.intent]
    return Trial(choice, engine, label, would, error)


def outcomes() -> dict[str, tuple[str, str]]:
    """Return for each intent its name and what the bot does, as the staff reads them."""
    person = _("Pasa la conversación a una persona, con el motivo.")
    public = _("Lo contesta de Conocimiento, con su fuente; si no está, pasa con una persona.")
    owed = _("Dice cuánto debe, factura por factura, hasta cuándo y dónde pagar.")
    state = _("Si está cortado por deuda, dice cuánto debe; si no, pasa con una persona con una nota de su conexión.")
    return {
        intents.BALANCE: (_("Cuánto debe"), owed),
        intents.DUE_DATE: (_("Cuándo vence"), owed),
        intents.INVOICE_COPY: (_("Copia de su factura"), owed),
        intents.HOW_TO_PAY: (
            _("Dónde pagar"),
            _("Dice dónde y cómo pagar; si no lo ha escrito aquí, pasa con una persona."),
        ),
        intents.PAYMENT_MADE: (
            _("Ya pagó"),
            _("Pide la foto del comprobante; si ya viene, la deja en Comprobantes."),
        ),
        intents.MY_PLAN: (_("Su plan"), _("Dice su plan, su velocidad y su precio.")),
        intents.SERVICE_STATE: (_("Estado de su servicio"), state),
        intents.REPORT_FAULT: (_("Sin internet o lento"), state),
        intents.PROMISE: (
            _("Promete pagar o pide tiempo"),
            _("Si la política lo deja, ofrece un día para pagar y pide un sí; si no, pasa con una persona."),
        ),
        intents.BUY_DAYS: (_("Comprar días"), person),
        intents.CHANGE_PLAN: (_("Cambiar de plan"), person),
        intents.PLANS_PRICES: (_("Planes y precios"), public),
        intents.COVERAGE: (_("Cobertura"), public),
        intents.REGISTER: (_("Contratar"), person),
        intents.MOVE: (_("Cambio de domicilio"), person),
        intents.CANCEL: (_("Cancelar o pausar"), person),
        intents.WIFI_PASSWORD: (_("Clave del Wi-Fi"), person),
        intents.HOURS_ADDRESS: (_("Horario y dirección"), public),
        intents.HUMAN: (_("Hablar con una persona"), person),
        intents.GREETING: (_("Saludo"), _("Saluda.")),
        intents.THANKS: (_("Gracias"), _("Contesta «Con gusto» una vez.")),
        intents.ACKNOWLEDGED: (_("Enterado"), _("No contesta nada: no hace falta.")),
        NONE: (
            _("No se entiende"),
            _("Lo busca en Conocimiento; si no está, pide que lo diga de otro modo; luego, una persona."),
        ),
    }
