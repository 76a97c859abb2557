"""What the rooms above add to the customers' list, which knows none of them: filters, a column, ways to find.

As with the sentences of events, whoever knows registers at start; the list asks. Registering twice is a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise


@dataclass(frozen=True)
class Filter:
    """A choice above the list. `narrow` gets the customers and the chosen value."""

    key: str
    label: str | Promise
    choices: tuple[tuple[str, str | Promise], ...]
    narrow: Callable[[QuerySet[Any], str], QuerySet[Any]]
    code: str


@dataclass(frozen=True)
class Figure:
    """A sum of money for each customer, as text, and how to sort by it. `amounts` asks once for a whole page."""

    key: str
    label: str | Promise
    amounts: Callable[[Collection[int]], dict[int, list[tuple[Any, str]]]]
    annotate: Callable[[QuerySet[Any]], QuerySet[Any]]
    code: str


# Given the text of a search, a queryset of customer ids to add to what was found, or None.
Finder = Callable[[str], QuerySet[Any] | None]

filters: dict[str, Filter] = {}
figures: dict[str, Figure] = {}
finders: dict[str, Finder] = {}


def add_filter(entry: Filter) -> None:
    """Add a filter. Raises ValueError when its key is taken."""
    _once(filters, entry.key)
    filters[entry.key] = entry


def add_figure(entry: Figure) -> None:
    """Add a sum of money. `annotate` must give the queryset a field of the figure's key. Raises ValueError."""
    _once(figures, entry.key)
    figures[entry.key] = entry


def add_finder(key: str, finder: Finder) -> None:
    """Add a way to find customers. Raises ValueError when its key is taken."""
    _once(finders, key)
    finders[key] = finder


def _once(registry: dict[str, Any], key: str) -> None:
    if key in registry:
        raise ValueError(f"{key} is registered already")
