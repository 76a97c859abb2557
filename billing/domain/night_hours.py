"""At what hour of a day each customer is reminded and cut: the night's own, or that of their zone or their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from billing.domain.policies import Policies, all_policies
from billing.models import BillingPolicy, Night
from tenants.current import tenant_zone

NAMES = {"remind_hour", "cut_hour", "cut_window_hours"}


@dataclass(frozen=True, slots=True)
class Hours:
    """The moments of one policy on one day; a cut may happen in [cut_at, cut_not_after)."""

    remind_at: dt.datetime
    cut_at: dt.datetime
    cut_not_after: dt.datetime


def hours_on(policy: BillingPolicy, day: dt.date) -> Hours:
    """The policy's hours read in the provider's zone on that day; moments are UTC."""
    zone = tenant_zone()

    def at(hour: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, hour, zone).astimezone(dt.UTC)

    cut_at = at(policy.cut_hour)
    return Hours(at(policy.remind_hour), cut_at, cut_at + dt.timedelta(hours=policy.cut_window_hours))


class NightHours:
    """The hours of a night for everybody. Without hours of anybody's own they are the night's, as it was planned."""

    def __init__(self, night: Night) -> None:
        self._day = night.day
        self.usual = Hours(night.remind_at, night.cut_at, night.cut_not_after)
        self._policies: Policies | None = None
        found = all_policies()
        own = [values for values in (*found.zones.values(), *found.customers.values()) if NAMES & values.keys()]
        if own:
            self._policies = found
        others = [hours_on(policy, night.day) for policy in found.distinct[1:]] if own else []
        self.all = [self.usual, *others]

    @property
    def differ(self) -> bool:
        """Whether anybody has hours of their own."""
        return self._policies is not None

    @property
    def first_reminder(self) -> dt.datetime:
        """When the first are reminded."""
        return min(hours.remind_at for hours in self.all)

    @property
    def first_cut(self) -> dt.datetime:
        """When the first are cut."""
        return min(hours.cut_at for hours in self.all)

    @property
    def end(self) -> dt.datetime:
        """When the last window is over."""
        return max(hours.cut_not_after for hours in self.all)

    def by_customer(self, customer_ids: Collection[int]) -> Callable[[int], Hours]:
        """The hours of each of these customers; one query, none when nobody has hours of their own."""
        if self._policies is None:
            return lambda _customer_id: self.usual
        policies = self._policies
        of = policies.by_customer(customer_ids)

        def hours(customer_id: int) -> Hours:
            policy = of(customer_id)
            return self.usual if policy is policies.default else hours_on(policy, self._day)

        return hours
