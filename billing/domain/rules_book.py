"""The rules in force for every customer of the provider, each policy worked out once however many share it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence

from billing.domain.accounts import accounts_to_decide
from billing.domain.dunning import DayOf
from billing.domain.ladder import Rules, rules_of
from billing.domain.many_rows import collecting_later
from billing.domain.policies import Policies, all_policies
from billing.domain.verdicts import Account, Action
from customers.models import Customer
from tenants.current import current_tenant

RulesFor = Callable[[int], Rules]


class RulesBook:
    """The rules of the provider's policy, and of every zone and customer with terms of their own."""

    def __init__(self, policies: Policies | None = None) -> None:
        """Read the policies unless some are given, as of a policy that is being tried."""
        self.policies = policies or all_policies()
        self._country = current_tenant().country
        self._known: dict[tuple[int, int], Rules] = {}
        self.default = self._rules(0, 0)

    @property
    def all(self) -> list[Rules]:
        """What may hold for anybody."""
        return [self.default, *(rules_of(policy, country=self._country) for policy in self.policies.distinct[1:])]

    @property
    def restarts(self) -> bool:
        """Whether a part payment matters to anybody."""
        return any(rules.partial_restarts for rules in self.all)

    def by_customer(self, customer_ids: Collection[int] | None = None) -> RulesFor:
        """The rules of these customers (None: of everybody), in their own zone; one query, none without overrides."""
        zones, customers = self.policies.zones, self.policies.customers
        if not zones and not customers:
            return lambda _customer_id: self.default
        rows = Customer.objects.filter(zone_id__in=zones)
        if customer_ids is not None:
            rows = rows.filter(pk__in=customer_ids)
        home: dict[int, int] = dict(rows.values_list("id", "zone_id"))
        return lambda pk: self._rules(home.get(pk, 0), pk if pk in customers else 0)

    def _rules(self, zone_id: int, customer_id: int) -> Rules:
        key = (zone_id, customer_id)
        if key not in self._known:
            policy = self.policies.of(customer_id=customer_id, zone_id=zone_id)
            self._known[key] = rules_of(policy, country=self._country)
        return self._known[key]


def decide_everybody(book: RulesBook, day: dt.date, now: dt.datetime) -> list[tuple[Account, list[Action]]]:
    """Read every account about which `day` may decide something, and decide it. A fixed number of queries."""
    with collecting_later():
        return decide_each(accounts_to_decide(book.all, day, now), book.by_customer(), day)


def decide_each(accounts: Sequence[Account], of: RulesFor, day: dt.date) -> list[tuple[Account, list[Action]]]:
    """Decide every account by its own rules: dunning.decide for many, with a day's facts worked out once a policy.

    Returns those about which something was decided.
    """
    days: dict[int, DayOf] = {}
    found = []
    with collecting_later():
        for account in accounts:
            rules = of(account.customer_id)
            deciding = days.get(id(rules))
            if deciding is None:
                deciding = days[id(rules)] = DayOf(rules, day)
            if actions := deciding.actions(account):
                found.append((account, actions))
    return found
