"""How an event reads: each app registers a sentence for the types it records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from events.models import Event


@dataclass(frozen=True)
class Reading:
    """`kind` groups the timeline's filter; `icon` is a Lucide name; `sentence` makes the text."""

    kind: str
    icon: str
    sentence: Callable[[Event], str]


_readings: dict[str, Reading] = {}


def register(type: str, *, kind: str, icon: str, sentence: Callable[[Event], str]) -> None:  # noqa: A002
    """Say how events of `type` read. Registering a type twice is a mistake and raises ValueError."""
    if type in _readings:
        raise ValueError(f"{type} already has a sentence")
    _readings[type] = Reading(kind, icon, sentence)


def reading(event: Event) -> Reading:
    """Return the reading of an event; an unknown type reads as its own name, so that nothing is hidden."""
    return _readings.get(event.type) or Reading("other", "circle", lambda e: e.type)


def sentence(event: Event) -> str:
    """Return the event as a sentence."""
    return reading(event).sentence(event)


def types_of_kind(kind: str) -> list[str]:
    """Return the event types of a timeline filter."""
    return [name for name, entry in _readings.items() if entry.kind == kind]
