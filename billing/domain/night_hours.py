"""At what hour of a day each customer is cut: the night's own, or that of their zone or their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from billing.domain.ladder import is_quiet, when_sent
from billing.domain.policies import Policies, all_policies
from billing.models import BillingPolicy, Night
from tenants.current import tenant_zone

NAMES = {"cut_hour", "cut_window_hours"}


@dataclass(frozen=True, slots=True)
class Hours:
    """The moments of one policy on one day; a cut may happen in [cut_at, cut_not_after)."""

    cut_at: dt.datetime
    cut_not_after: dt.datetime


def moment_on(day: dt.date, hour: dt.time) -> dt.datetime:
    """That hour of the day in the provider's zone, as a UTC moment."""
    return dt.datetime.combine(day, hour, tenant_zone()).astimezone(dt.UTC)


def hours_on(policy: BillingPolicy, day: dt.date) -> Hours:
    """The policy's hours read in the provider's zone on that day; moments are UTC."""
    cut_at = moment_on(day, policy.cut_hour)
    return Hours(cut_at, cut_at + dt.timedelta(hours=policy.cut_window_hours))


def first_notice_on(policy: BillingPolicy, day: dt.date) -> dt.datetime:
    """The first moment of the day at which the policy writes to anybody; that of the cut when it writes to nobody."""
    hours = [when_sent(policy, dt.time.fromisoformat(notice["hour"]))[1] for notice in policy.notices]
    return moment_on(day, min(hours, default=policy.cut_hour))


class NightHours:
    """The hours of a night for everybody. Without hours of anybody's own they are the night's, as it was planned."""

    def __init__(self, night: Night) -> None:
        self._day = night.day
        self.usual = Hours(night.cut_at, night.cut_not_after)
        self._policies: Policies | None = None
        self._all = all_policies()
        own = [values for values in (*self._all.zones.values(), *self._all.customers.values()) if NAMES & values.keys()]
        if own:
            self._policies = self._all
        others = [hours_on(policy, night.day) for policy in self._all.distinct[1:]] if own else []
        self.all = [self.usual, *others]

    @property
    def differ(self) -> bool:
        """Whether anybody has hours of their own."""
        return self._policies is not None

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

    def quiet_at(self, now: dt.datetime, customer_ids: Collection[int]) -> set[int]:
        """Of these customers, those who may not be written to at `now`."""
        hour = now.astimezone(tenant_zone()).time()
        if not any(is_quiet(policy, hour) for policy in self._all.distinct):
            return set()
        of = self._all.by_customer(customer_ids)
        return {customer for customer in customer_ids if is_quiet(of(customer), hour)}

    def quiet_ends(self) -> list[dt.datetime]:
        """The moments of the day from which somebody may be written to again."""
        return [moment_on(self._day, policy.quiet_until) for policy in self._all.distinct]
