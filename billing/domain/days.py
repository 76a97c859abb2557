"""Stretches of days, [start, end). Pure."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence

Days = tuple[dt.date, dt.date]


def overlap(one: Days, other: Days) -> Days | None:
    """The days both have, when there are any."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


def subtract(days: Days, others: Iterable[Days]) -> list[Days]:
    """The days that none of the others has, in order."""
    left = [days]
    for start, end in others:
        left = [
            part
            for whole in left
            for part in ((whole[0], min(whole[1], start)), (max(whole[0], end), whole[1]))
            if part[0] < part[1]
        ]
    return left


def split(days: Days, edges: Iterable[dt.date]) -> list[Days]:
    """The same days, cut at those edges that lie inside."""
    inner = sorted({edge for edge in edges if days[0] < edge < days[1]})
    marks = [days[0], *inner, days[1]]
    return list(itertools.pairwise(marks))


def within(day: dt.date, stretches: Sequence[Days]) -> bool:
    """Whether some stretch has the day."""
    return any(start <= day < end for start, end in stretches)
