"""The engines there are: a visible dict."""

from __future__ import annotations

from functools import cache

from chatbot.engines.base import Engine
from chatbot.engines.rules.engine import RulesEngine

RULES = "rules"


@cache
def rules_engine() -> Engine:
    """Return the engine that always works."""
    return RulesEngine()
