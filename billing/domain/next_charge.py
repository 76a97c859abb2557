"""What a customer will be charged next, when, and why. Writes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from billing.domain.charge_facts import Item
from billing.domain.cycle import add_months, month_start
from billing.domain.money import ZERO
from billing.domain.policies import all_policies
from billing.domain.run_calendar import Selection, freeze_calendar
from billing.domain.run_scope import Scope, assess_customers
from tenants.current import tenant_today

MONTHS_AHEAD = 13


@dataclass(frozen=True, slots=True)
class NextCharge:
    """The next invoice to be, in the provider's currency. Empty `items`: nothing is to come, for `reasons`."""

    items: tuple[Item, ...]
    due_on: dt.date | None
    month: dt.date | None
    reasons: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """What it comes to."""
        return sum((item.taxed.total for item in self.items), ZERO)


def next_charge(*, customer_id: int, now: dt.datetime) -> NextCharge:
    """The next invoice as things stand: the first month, from this one on, with something to bill."""
    policies, today = all_policies(), tenant_today(now)
    month, reasons = month_start(today), tuple[str, ...]()
    for _month in range(MONTHS_AHEAD):
        calendar = freeze_calendar(policies, Selection.of_month(month))
        found = assess_customers(Scope(calendar, policies, now, today, customer_id=customer_id), [customer_id])
        billed = [item for item in found.items if item.billed]
        if billed:
            due_on = min(item.due_on for item in billed)
            return NextCharge(tuple(item for item in billed if item.due_on == due_on), due_on, month)
        reasons = tuple(sorted({reason for reason, _detail in found.left_out.values()}))
        month = add_months(month, 1)
    return NextCharge((), None, None, reasons)
