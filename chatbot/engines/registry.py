"""The engines there are: a visible dict."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from chatbot.engines.base import Engine, SeesPictures
from chatbot.engines.openai.config import ModelConfig
from chatbot.engines.openai.engine import OpenAIEngine
from chatbot.engines.openai.pictures import PictureReader
from chatbot.engines.rules.engine import RulesEngine

RULES = "rules"
MODELS: dict[str, Callable[[ModelConfig], Engine]] = {"openai": OpenAIEngine}
READERS: dict[str, Callable[[ModelConfig], SeesPictures]] = {"openai": PictureReader}


@cache
def rules_engine() -> Engine:
    """Return the engine that needs nobody and always answers."""
    return RulesEngine()


def model_engine(kind: str, config: ModelConfig) -> Engine:
    """Return a kind's engine for one model. Raises KeyError for an unknown kind."""
    return MODELS[kind](config)


def picture_reader(kind: str, config: ModelConfig) -> SeesPictures:
    """Return a kind's reader of pictures for one model. Raises KeyError for an unknown kind."""
    return READERS[kind](config)
