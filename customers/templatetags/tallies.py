"""`{% for amount, currency in row.figures|tally:key %}`: one figure of a row."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.filter
def tally(figures: dict[str, list[tuple[Any, str]]], key: str) -> list[tuple[Any, str]]:
    """Return the amounts of a figure, one for each currency that is not zero."""
    return figures.get(key, [])


@register.filter
def favour(amount: Any) -> Any:
    """Return a negative balance as what the customer has in their favour."""
    return -amount
