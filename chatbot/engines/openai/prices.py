"""What a model's answer costs, by a table that is data: prices change more often than programs."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

MILLION = Decimal(1_000_000)


@cache
def price_table() -> dict[str, dict[str, str]]:
    """Return {model: {input, output}} in USD per million tokens."""
    table: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("prices.json").read_text())["models"]
    return table


def cost_of(model: str, *, input_tokens: int, output_tokens: int) -> Decimal | None:
    """Return the price of one answer in USD, or None for a model the table does not know."""
    price = price_table().get(model)
    if price is None:
        return None
    return (input_tokens * Decimal(price["input"]) + output_tokens * Decimal(price["output"])) / MILLION
