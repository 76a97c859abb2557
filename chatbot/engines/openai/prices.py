"""What is known of models by a table that is data: prices, which one to take, and until when it can be had."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MILLION = Decimal(1_000_000)
A_MINUTE = Decimal(60)


@cache
def model_table() -> dict[str, Any]:
    """Return the table: `read_on`, `defaults` {host: model} and `models` {name: {host, input, output, …}}."""
    table: dict[str, Any] = json.loads(Path(__file__).with_name("models.json").read_text())
    return table


def cost_of(model: str, *, input_tokens: int, output_tokens: int) -> Decimal | None:
    """Return the price of one answer in USD, or None for a model whose price the table does not know."""
    price = model_table()["models"].get(model, {})
    if "input" not in price:
        return None
    return (input_tokens * Decimal(price["input"]) + output_tokens * Decimal(price["output"])) / MILLION


def cost_of_sound(model: str, *, seconds: float) -> Decimal | None:
    """Return the price of listening to so many seconds in USD, or None for a model whose price nobody knows."""
    price = model_table()["models"].get(model, {})
    return Decimal(price["minute"]) * Decimal(str(round(seconds, 2))) / A_MINUTE if "minute" in price else None


def default_model(base_url: str) -> str:
    """Return the model to take at a service; empty for one the table does not know."""
    name: str = model_table()["defaults"].get(urlsplit(base_url).hostname, "")
    return name


def retires_on(model: str, *, base_url: str) -> date | None:
    """Return from which day a service has the model no more, or None when nothing is known of that."""
    entry = model_table()["models"].get(model, {})
    if "retires" not in entry or entry["host"] != urlsplit(base_url).hostname:
        return None
    return date.fromisoformat(entry["retires"])
