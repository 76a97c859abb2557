"""What is in force of a service's agreements, read for a screen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from billing.domain.contracts import contract_of, term_end, termination_fee
from billing.models import Contract, Discount, Extra, PlanChange
from customers.models import Service


@dataclass(frozen=True, slots=True)
class Agreed:
    """A service's terms as they are today. `fee` is what leaving today costs."""

    recurring: list[Extra]
    waiting: list[Extra]
    discounts: list[Discount]
    change: PlanChange | None
    contract: Contract
    term_ends: dt.date | None
    fee: Decimal

    @property
    def anything(self) -> bool:
        """Whether there is something to say."""
        return bool(self.recurring or self.waiting or self.discounts or self.change or self.contract.pk)


def read_agreed(service: Service, *, today: dt.date) -> Agreed:
    """What is in force or waiting. Five queries whatever the number of rows."""
    not_over = Q(ends_on=None) | Q(ends_on__gte=today)
    extras = list(service.extras.filter(not_over, cancelled_at=None, billed_at=None).order_by("id"))
    contract = contract_of(service)
    return Agreed(
        [extra for extra in extras if extra.kind == Extra.Kind.RECURRING],
        [extra for extra in extras if extra.kind == Extra.Kind.ONCE],
        list(service.discounts.filter(not_over, cancelled_at=None).order_by("id")),
        service.plan_changes.filter(status=PlanChange.Status.SCHEDULED).select_related("new_plan").first(),
        contract,
        term_end(service, contract),
        termination_fee(service, contract, last_day=today),
    )
