"""What is known of a customer when it is decided, and what can be decided. Plain data: no rules.

The rows read by the thousand are named tuples, which are made straight from what the database returns.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from billing.domain.money import ZERO


class Owed(NamedTuple):
    """An open invoice. `pay_on` None is the due day; `paid_on` the day of the last part payment, when it matters."""

    invoice_id: int
    label: str
    due_on: dt.date
    owed: Decimal
    pay_on: dt.date | None = None
    paid_on: dt.date | None = None


class Line(NamedTuple):
    """A service that may be cut. `held` when it is off for debt already, `stopped` when it is not billed any more."""

    service_id: int
    status: str
    never_cut_until: dt.date | None = None
    held: bool = False
    stopped: bool = False


class Account(NamedTuple):
    """What is known of a customer, in one currency, when it is decided.

    `credit` is money in favour; `promised_until` the moment, in the provider's zone, an open promise to pay lapses.
    """

    customer_id: int
    currency: str
    invoices: tuple[Owed, ...]
    services: tuple[Line, ...]
    credit: Decimal = ZERO
    promised_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code and its facts, fit for JSON."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """The row that is kept."""
        return {"code": self.code, **self.facts}


@dataclass(frozen=True, slots=True)
class Remind:
    """Tell about one invoice. `step` is days relative to its due date; `hour` one of the provider's zone."""

    invoice_id: int
    step: int
    amount: Decimal
    due_on: dt.date
    hour: dt.time
    channel: str
    template: str
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class OnService:
    """What all decisions about a service say: what is owed overdue, on how many invoices, since when, and why."""

    service_id: int
    amount: Decimal
    invoices: int
    oldest_due: dt.date
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class Cut(OnService):
    """Turn one service off."""


@dataclass(slots=True)
class Spare(OnService):
    """Leave one service of a debtor alone."""


@dataclass(slots=True)
class StopBilling(OnService):
    """Charge one cut service no more until it is back."""


@dataclass(slots=True)
class Cancel(OnService):
    """End one cut service for good."""


ServiceAction = Cut | Spare | StopBilling | Cancel
Action = Remind | ServiceAction


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything decided about one account on one day."""

    actions: tuple[Action, ...]

    @property
    def cuts(self) -> list[Cut]:
        """Only the cuts."""
        return [action for action in self.actions if isinstance(action, Cut)]
