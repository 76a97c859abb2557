"""What the assessment of one service starts from and what comes of it: plain data, no rules."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from billing.domain.cycle import Cycle
from billing.domain.days import Days
from billing.domain.money import ZERO
from billing.domain.taxation import Taxed, TaxPart
from billing.models import Proration


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan at its price for this service. `daily`: the price is of a day, else of a month."""

    name: str
    price: Decimal
    taxes: tuple[TaxPart, ...] = ()
    included: bool = True
    daily: bool = False


UNTAXED = Offer("", ZERO)


@dataclass(frozen=True, slots=True)
class Segment:
    """From which day on which plan holds; `rule` is how the change that began it is charged."""

    since: dt.date
    offer: Offer
    rule: str = Proration.REAL_DAYS


@dataclass(frozen=True, slots=True)
class ExtraFacts:
    """Something beside the plan; see models.Extra. `end` is the day after the last one charged."""

    id: int
    once: bool
    description: str
    amount: Decimal
    taxed: bool
    start: dt.date
    end: dt.date = dt.date.max
    covered: tuple[Days, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscountFacts:
    """Less to pay; `left` periods, or without limit. `end` is the day after the last one."""

    id: int
    percent: bool
    value: Decimal
    description: str
    start: dt.date
    end: dt.date = dt.date.max
    left: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """All that decides what a service is charged.

    `off` are days cut for debt, when the policy does not charge them; `given_back` were charged and then taken back
    to be charged anew.
    """

    service_id: int
    customer_id: int
    segments: tuple[Segment, ...]
    known_since: dt.date
    start: dt.date | None = None
    trial_days: int = 0
    end: dt.date | None = None
    free: bool = False
    imported: bool = False
    covered: tuple[Days, ...] = ()
    ever_covered: bool = False
    extras: tuple[ExtraFacts, ...] = ()
    discounts: tuple[DiscountFacts, ...] = ()
    paused: tuple[Days, ...] = ()
    off: tuple[Days, ...] = ()
    given_back: tuple[Days, ...] = ()
    exempt: bool = False
    withholdings: tuple[TaxPart, ...] = ()
    charged_today: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A charge to be. `billed` is False for a stretch that costs nothing: it covers days and is on no document."""

    service_id: int
    customer_id: int
    kind: str
    source: int
    days: Days | None
    description: str
    taxed: Taxed
    due_on: dt.date
    billed: bool = True
    pay_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An item before its taxes: a price of a stretch of days, taxed as `offer` is."""

    kind: str
    source: int
    days: Days | None
    text: str
    price: Decimal
    offer: Offer


@dataclass(slots=True)
class Assessment:
    """What to charge a service, or why nothing; and the earlier cycles that nobody charged."""

    items: list[Item] = field(default_factory=list)
    reason: str = ""
    skipped: list[Cycle] = field(default_factory=list)
