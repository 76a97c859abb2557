"""Who is told and who is cut, and why: a pure function of the policy, the account and the moment.

`decide` reads nothing and writes nothing. Its reasons are data; domain/reasons.py makes sentences of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from billing.domain.money import ZERO


class DunningRules(Protocol):
    """What of a policy decides."""

    remind_days: list[int]
    cut_after_days: int
    min_debt: Decimal


@dataclass(frozen=True, slots=True)
class Owed:
    """An open invoice."""

    invoice_id: int
    label: str
    due_on: dt.date
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A service that may be cut. `held` when it is already off for debt."""

    service_id: int
    status: str
    never_cut_until: dt.date | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Account:
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
    """Tell about one invoice; `step` is days relative to its due date."""

    invoice_id: int
    step: int
    amount: Decimal
    due_on: dt.date
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """Turn one service off."""

    service_id: int
    amount: Decimal
    invoices: int
    oldest_due: dt.date
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Spare:
    """Leave one service of a debtor alone."""

    service_id: int
    amount: Decimal
    oldest_due: dt.date
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything decided about one account on one day."""

    actions: tuple[Remind | Cut | Spare, ...]

    @property
    def cuts(self) -> list[Cut]:
        """Only the cuts."""
        return [action for action in self.actions if isinstance(action, Cut)]


def decide(policy: DunningRules, account: Account, today: dt.date) -> Verdict:
    """What to do about one account on `today`, a date in the provider's zone."""
    reminders = [
        Remind(
            invoice.invoice_id,
            step,
            invoice.owed,
            invoice.due_on,
            (Reason("due", {"label": invoice.label, "days": step, "due_on": invoice.due_on.isoformat()}),),
        )
        for invoice in account.invoices
        for step in policy.remind_days
        if invoice.owed > 0 and invoice.due_on + dt.timedelta(days=step) == today
    ]
    return Verdict((*reminders, *_cuts(policy, account, today)))


def overdue(policy: DunningRules, invoices: Sequence[Owed], today: dt.date) -> list[Owed]:
    """The invoices for which the policy would cut on `today`, oldest first."""
    limit = today - dt.timedelta(days=policy.cut_after_days)
    return sorted((i for i in invoices if i.owed > 0 and i.due_on <= limit), key=lambda i: (i.due_on, i.invoice_id))


def _cuts(policy: DunningRules, account: Account, today: dt.date) -> list[Cut | Spare]:
    late = overdue(policy, account.invoices, today)
    if not late:
        return []
    debt = sum((i.owed for i in late), ZERO)
    oldest = late[0].due_on
    why = Reason(
        "overdue",
        {
            "invoices": [i.label for i in late],
            "amount": str(debt),
            "currency": account.currency,
            "oldest_due": oldest.isoformat(),
            "days": (today - oldest).days,
        },
    )
    found: list[Cut | Spare] = []
    for line in account.services:
        if line.status == "cancelled":
            continue
        spared = _spared(policy, account, line, debt, today)
        if spared:
            found.append(Spare(line.service_id, debt, oldest, (why, *spared)))
        elif not line.held:
            found.append(Cut(line.service_id, debt, len(late), oldest, (why,)))
    return found


def _spared(policy: DunningRules, account: Account, line: Line, debt: Decimal, today: dt.date) -> list[Reason]:
    reasons = []
    if line.status == "free":
        reasons.append(Reason("free"))
    if line.never_cut_until and line.never_cut_until >= today:
        reasons.append(Reason("never_cut", {"until": line.never_cut_until.isoformat()}))
    if account.promised_until:
        reasons.append(Reason("promised", {"until": account.promised_until.isoformat()}))
    if debt - account.credit < policy.min_debt or debt <= account.credit:
        code = "covered" if debt <= account.credit else "small"
        reasons.append(
            Reason(
                code,
                {
                    "amount": str(debt),
                    "credit": str(account.credit),
                    "minimum": str(policy.min_debt),
                    "currency": account.currency,
                },
            )
        )
    return reasons
