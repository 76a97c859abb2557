"""Cuts and reconnections for debt: how many were to be made, how many were seen made on the router, how soon.

A cut is a debt hold that the night opened; it is made when the router was read with the service off. A reconnection is
such a hold closed after the cut was made, and it is done when the service was read on again, before any later hold.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.domain.figures.dimensions import WHOLE, Dimension, grouped
from billing.domain.figures.period import Span
from billing.domain.figures.reading import fetch
from billing.domain.figures.recurring import percent
from billing.models import Decision


@dataclass(frozen=True, slots=True)
class Cuts:
    """The cuts the night ordered. `lifted` were paid or taken back before they were made; `waiting` are not made."""

    key: str = ""
    label: str = ""
    ordered: int = 0
    made: int = 0
    lifted: int = 0
    waiting: int = 0

    @property
    def succeeded(self) -> Decimal | None:
        """Of those that had to be made, the percentage that was; None when none had to."""
        return percent(self.made, self.made + self.waiting)


@dataclass(frozen=True, slots=True)
class Reconnections:
    """The cuts lifted. `automatic` by a payment or a promise; seconds from the payment until it was read on."""

    key: str = ""
    label: str = ""
    lifted: int = 0
    done: int = 0
    automatic: int = 0
    automatic_done: int = 0
    median: float | None = None
    p95: float | None = None

    @property
    def succeeded(self) -> Decimal | None:
        """Of the automatic ones, the percentage done; None when there was none."""
        return percent(self.automatic_done, self.automatic)


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the cuts that the nights decided, but for those that a person took out."""

    decided: int = 0
    done: int = 0
    spared: int = 0
    missed: int = 0
    failed: int = 0


# The cut may be read a moment after the hold was closed, when both meet.
HOLDS = """
SELECT h.id, s.customer_id, s.id AS service_id, s.code, s.plan_id, h.since, h.closed_at, h.closed_by, cut.at AS cut_at,
       CASE WHEN cut.at IS NOT NULL THEN back.at END AS back_at,
       CASE WHEN EXISTS (SELECT 1 FROM billing_payment p
                          WHERE p.customer_id = s.customer_id AND p.created_at = h.closed_at) THEN 'payment'
            WHEN EXISTS (SELECT 1 FROM billing_promise p
                          WHERE p.customer_id = s.customer_id AND p.created_at = h.closed_at) THEN 'promise'
            ELSE 'other' END AS cause
  FROM customers_hold h JOIN customers_service s ON s.id = h.service_id
  LEFT JOIN LATERAL (
       SELECT min(e.at) AS at FROM network_access a JOIN events_event e
           ON e.subject_kind = 'network.access' AND e.subject_id = a.id AND e.type = 'access.cut'
        WHERE a.service_id = s.id AND e.at >= h.since
          AND (h.closed_at IS NULL OR e.at <= h.closed_at + interval '1 minute')) cut ON true
  LEFT JOIN LATERAL (
       SELECT min(e.at) AS at FROM network_access a JOIN events_event e
           ON e.subject_kind = 'network.access' AND e.subject_id = a.id AND e.type = 'access.restored'
        WHERE a.service_id = s.id AND e.at >= h.closed_at
          AND NOT EXISTS (SELECT 1 FROM customers_hold n WHERE n.service_id = s.id AND n.id <> h.id
                             AND n.since > h.closed_at AND n.since < e.at)) back ON true
 WHERE h.reason = 'debt' AND {which}
"""
ORDERED = HOLDS.replace("{which}", "h.source = 'dunning' AND h.since >= %(start)s AND h.since < %(end)s")
LIFTED = HOLDS.replace("{which}", "h.closed_at >= %(start)s AND h.closed_at < %(end)s AND cut.at IS NOT NULL")

CUTS = """
SELECT {key} AS key, max({label}), count(*), count(*) FILTER (WHERE x.cut_at IS NOT NULL),
       count(*) FILTER (WHERE x.cut_at IS NULL AND x.closed_at IS NOT NULL),
       count(*) FILTER (WHERE x.cut_at IS NULL AND x.closed_at IS NULL)
  FROM ({rows}) x {joins} GROUP BY 1 ORDER BY count(*) DESC, 1
""".replace("{rows}", ORDERED)
RECONNECTIONS = """
SELECT {key} AS key, max({label}), count(*), count(x.back_at), count(*) FILTER (WHERE x.cause <> 'other'),
       count(x.back_at) FILTER (WHERE x.cause <> 'other'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM x.back_at - x.closed_at))
           FILTER (WHERE x.cause = 'payment'),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM x.back_at - x.closed_at))
           FILTER (WHERE x.cause = 'payment')
  FROM ({rows}) x {joins} GROUP BY 1 ORDER BY count(*) DESC, 1
""".replace("{rows}", LIFTED)
DECIDED = """
SELECT count(*), count(*) FILTER (WHERE d.outcome = 'done'), count(*) FILTER (WHERE d.outcome = 'spared'),
       count(*) FILTER (WHERE d.outcome = 'missed'), count(*) FILTER (WHERE d.outcome = 'failed')
  FROM billing_decision d JOIN billing_night n ON n.id = d.night_id
 WHERE d.action = %(cut)s AND d.taken_out_at IS NULL AND n.day >= %(first)s AND n.day <= %(last)s
"""


def cuts_by(span: Span, by: Dimension = WHOLE) -> list[Cuts]:
    """The cuts ordered in `span`, taken apart. One query."""
    return [
        Cuts(key or "", by.named(key, label), *rest) for key, label, *rest in fetch(grouped(CUTS, by), span.within())
    ]


def reconnections_by(span: Span, by: Dimension = WHOLE) -> list[Reconnections]:
    """The cuts lifted in `span`, taken apart. One query."""
    return [
        Reconnections(key or "", by.named(key, label), *rest)
        for key, label, *rest in fetch(grouped(RECONNECTIONS, by), span.within())
    ]


def cuts(span: Span) -> Cuts:
    """All cuts ordered."""
    return next(iter(cuts_by(span)), Cuts())


def reconnections(span: Span) -> Reconnections:
    """All cuts lifted."""
    return next(iter(reconnections_by(span)), Reconnections())


def decided(span: Span) -> Decided:
    """What the nights of `span` decided to cut, and what came of it."""
    return Decided(*fetch(DECIDED, {**span.within(), "cut": Decision.Action.CUT})[0])


# Which of them a number stands for, as the pages link to them.
LISTS = {
    "made": (ORDERED, "x.cut_at IS NOT NULL"),
    "lifted": (ORDERED, "x.cut_at IS NULL AND x.closed_at IS NOT NULL"),
    "waiting": (ORDERED, "x.cut_at IS NULL AND x.closed_at IS NULL"),
    "ordered": (ORDERED, "true"),
    "ended": (LIFTED, "true"),
    "automatic": (LIFTED, "x.cause <> 'other'"),
    "back": (LIFTED, "x.back_at IS NOT NULL"),
    "not_back": (LIFTED, "x.back_at IS NULL AND x.cause <> 'other'"),
}
LISTED = """
SELECT x.customer_id, who.name, x.code, x.since, x.cut_at, x.closed_at, x.closed_by, x.back_at, x.cause, zone.name
  FROM ({rows}) x {joins}
  JOIN customers_customer who ON who.id = x.customer_id LEFT JOIN customers_zone zone ON zone.id = who.zone_id
 WHERE {which} AND (%(every)s OR coalesce({key}, '') = %(key)s)
 ORDER BY coalesce(x.closed_at, x.since) DESC, x.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class CutRow:
    """One cut and its end. Moments are aware; `took` are the seconds from its lifting until it was read on."""

    customer_id: int
    name: str
    service: str
    since: dt.datetime
    cut_at: dt.datetime | None
    closed_at: dt.datetime | None
    closed_by: str
    back_at: dt.datetime | None
    cause: str
    zone: str | None

    @property
    def took(self) -> float | None:
        """Seconds it took to come back."""
        return (self.back_at - self.closed_at).total_seconds() if self.back_at and self.closed_at else None


def list_cuts(span: Span, which: str, *, by: Dimension = WHOLE, key: str | None = None, limit: int) -> list[CutRow]:
    """The cuts behind a number: `which` is one of LISTS; of one value of a dimension when there is a `key`.

    The newest first.
    """
    rows, condition = LISTS[which]
    params: dict[str, Any] = {**span.within(), "every": key is None, "key": key or "", "limit": limit}
    sql = LISTED.replace("{rows}", rows).replace("{which}", condition)
    return [CutRow(*row) for row in fetch(grouped(sql, by), params)]
