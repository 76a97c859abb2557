"""Which cycles a run bills, for whom: the provider's policy and every other one, frozen when the run starts.

A *profile* is one way to count cycles; most providers have one, and one more for each zone with its own days. What a
run keeps is data that fits JSON, so that a policy changed half-way does not change a run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from billing.domain.cycle import Cycle, CycleRules, add_months, cycles_paid
from billing.domain.policies import FIELDS, Policies, effective
from billing.models import BillingPolicy
from customers.models import Customer, Service

CALENDAR = (
    "cycle", "period_unit", "period_months", "pack_days", "issue_day", "pay_day", "cut_day", "issue_before",
    "due_after",
)  # fmt: skip
BEFORE = dt.timedelta(days=100)  # how far back an unfinished cycle is completed, at least
AHEAD = dt.timedelta(days=92)  # an issue day is never further from its pay day
NO_ZONE = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cycles are due: those paid in [first, last], and issued in [issued_from, issued_to] when the clock asks."""

    first: dt.date
    last: dt.date
    issued_from: dt.date | None = None
    issued_to: dt.date | None = None

    @classmethod
    def of_month(cls, month: dt.date) -> Selection:
        """A month by hand, early or late: whatever is paid in it."""
        return cls(month, add_months(month, 1) - dt.timedelta(days=1))

    @classmethod
    def of_issue(cls, since: dt.date, until: dt.date) -> Selection:
        """What the clock issues: cycles whose issue day came since it looked last."""
        return cls(since, until + AHEAD, since, until)

    def has(self, cycle: Cycle) -> bool:
        """Whether that cycle is due."""
        issued = self.issued_to is None or (self.issued_from or dt.date.min) <= cycle.issue_on <= self.issued_to
        return issued and self.first <= cycle.pay_on <= self.last


@dataclass(frozen=True, slots=True)
class RunCalendar:
    """`profiles[0]` is the provider's own. `customers` maps (customer, zone) with terms of their own to a profile."""

    selection: Selection
    profiles: tuple[BillingPolicy, ...]
    zones: dict[int, int]
    customers: dict[tuple[int, int], int]

    def profile_of(self, customer_id: int, zone_id: int | None) -> BillingPolicy:
        """The calendar of one service."""
        zone = zone_id or NO_ZONE
        return self.profiles[self.customers.get((customer_id, zone), self.zones.get(zone, 0))]

    def cycles(self, profile: BillingPolicy, anchor: dt.date) -> tuple[list[Cycle], list[Cycle]]:
        """The cycles that are due for a service that began on `anchor`, and those shortly before them."""
        reach = max(BEFORE, dt.timedelta(days=62 * profile.period_months))
        found = cycles_paid(profile, anchor, first=self.selection.first - reach, last=self.selection.last)
        due = [cycle for cycle in found if self.selection.has(cycle)]
        return due, [cycle for cycle in found if due and cycle.pay_on < due[0].pay_on]

    def plain(self) -> Iterator[tuple[int, int, Cycle]]:
        """(profile, day, cycle) for the profiles that one statement can bill: one due cycle of one month each.

        `day` is the day of the month a service began on, 0 when it does not matter.
        """
        for index, profile in enumerate(self.profiles):
            if profile.period_unit == "days" or profile.period_months != 1:
                continue
            days = [0] if profile.period_unit == "month" else range(1, 32)
            for day in days:
                due = self._due_on(profile, day or 1)
                if len(due) == 1:
                    yield index, day, due[0]

    def special(self) -> list[int]:
        """The profiles whose services are assessed one by one."""
        return [
            index
            for index, profile in enumerate(self.profiles)
            if profile.period_unit == "days"
            or profile.period_months != 1
            or any(len(self._due_on(profile, day)) > 1 for day in (1, 28, 31))
        ]

    def _due_on(self, profile: CycleRules, day: int) -> list[Cycle]:
        anchor = dt.date(2000, 1, day)
        found = cycles_paid(profile, anchor, first=self.selection.first, last=self.selection.last)
        return [cycle for cycle in found if self.selection.has(cycle)]

    def earliest(self) -> dt.date:
        """Before this day nothing matters to the run."""
        months = max(profile.period_months for profile in self.profiles)
        return self.selection.first - max(BEFORE, dt.timedelta(days=62 * months)) - dt.timedelta(days=31 * months)

    def as_data(self) -> dict[str, Any]:
        """What the run keeps."""
        return {
            "selection": {
                name: day.isoformat() if (day := getattr(self.selection, name)) else None
                for name in ("first", "last", "issued_from", "issued_to")
            },
            "profiles": [{name: getattr(profile, name) for name in CALENDAR} for profile in self.profiles],
            "zones": [[zone, index] for zone, index in self.zones.items()],
            "customers": [[customer, zone, index] for (customer, zone), index in self.customers.items()],
        }

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> RunCalendar:
        """What as_data gave."""
        days: dict[str, Any] = {
            name: dt.date.fromisoformat(day) if day else None for name, day in data["selection"].items()
        }
        return cls(
            Selection(**days),
            tuple(BillingPolicy(**values) for values in data["profiles"]),
            dict(data["zones"]),
            {(customer, zone): index for customer, zone, index in data["customers"]},
        )


def freeze_calendar(policies: Policies, selection: Selection) -> RunCalendar:
    """The run's calendar, from the policies as they are now."""
    known: dict[tuple[Any, ...], int] = {}
    profiles: list[BillingPolicy] = []

    def index_of(policy: BillingPolicy) -> int:
        key = tuple(getattr(policy, name) for name in CALENDAR)
        if key not in known:
            known[key] = len(profiles)
            profiles.append(policy)
        return known[key]

    index_of(policies.default)
    zones = {
        zone: index_of(effective(policies.default, values))
        for zone, values in policies.zones.items()
        if FIELDS.keys() & values.keys() & set(CALENDAR)
    }
    own = [customer for customer, values in policies.customers.items() if values.keys() & set(CALENDAR)]
    customers = {
        (customer, zone): index_of(policies.of(customer_id=customer, zone_id=zone or None))
        for customer, zone in _zones_of(own)
    }
    return RunCalendar(selection, tuple(profiles), zones, customers)


def _zones_of(customers: list[int]) -> set[tuple[int, int]]:
    """The zones that those customers' services are in; a service without one is in its customer's."""
    if not customers:
        return set()
    home = dict(Customer.objects.filter(pk__in=customers).values_list("id", "zone_id"))
    found = {(customer, zone or NO_ZONE) for customer, zone in home.items()}
    for customer, zone in Service.objects.filter(customer_id__in=customers).values_list("customer_id", "zone_id"):
        found.add((customer, zone or home[customer] or NO_ZONE))
    return found
