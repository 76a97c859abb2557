"""What a policy that is being tried would do today, beside the one in force: who joins, who leaves. Writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from billing.domain.accounts import accounts_to_decide
from billing.domain.money import ZERO
from billing.domain.policies import Policies, Values, all_policies
from billing.domain.reasons import explain
from billing.domain.rules_book import RulesBook, decide_each
from billing.domain.verdicts import Account, Action, Cancel, Cut, Reason, Remind, Spare, StopBilling
from billing.models import BillingPolicy
from customers.models import Customer, Zone
from tenants.current import current_tenant

# What people look at beside each other, in the order of the ladder.
KINDS: dict[str, tuple[type[Action], ...]] = {"remind": (Remind,), "cut": (Cut,), "second": (StopBilling, Cancel)}


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who joins or leaves, what is owed, and why they are on the list or off it."""

    customer_id: int
    amount: Decimal
    sentence: str


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of step: how many and how much now and then, and who makes the difference. Sums in one currency."""

    kind: str
    count_now: int
    count_then: int
    sum_now: Decimal
    sum_then: Decimal
    joins: tuple[Moved, ...]
    leaves: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """All that a policy would change today; `customers` looked at."""

    changes: tuple[Change, ...]
    customers: int

    @property
    def same(self) -> bool:
        """Whether nothing would be otherwise."""
        return not any(change.joins or change.leaves for change in self.changes)


def policies_with(policy: BillingPolicy) -> Policies:
    """Everybody's policies with another one for the provider."""
    return replace(all_policies(), default=policy)


def policies_with_own(holder: Zone | Customer, values: Values) -> Policies:
    """Everybody's policies with other terms for one zone or customer."""
    found = all_policies()
    if isinstance(holder, Zone):
        return replace(found, zones={**found.zones, holder.pk: values})
    return replace(found, customers={**found.customers, holder.pk: values})


def compare_policies(tried: Policies, *, day: dt.date, now: dt.datetime) -> WhatIf:
    """What the policies in force decide on `day` and what `tried` would, for all customers as they are at `now`.

    Two readings of the same accounts, with a fixed number of queries. Only the tenant's own currency is added up.
    """
    ours, theirs = RulesBook(), RulesBook(tried)
    accounts = accounts_to_decide([*ours.all, *theirs.all], day, now)
    before, after = _decided(accounts, ours, day), _decided(accounts, theirs, day)
    changes = tuple(_change(kind, types, before, after) for kind, types in KINDS.items())
    return WhatIf(changes, len({account.customer_id for account in accounts}))


Key = tuple[int | None, int | None]
Decided = dict[Key, tuple[Account, Action]]


def _decided(accounts: list[Account], book: RulesBook, day: dt.date) -> Decided:
    found: Decided = {}
    for account, actions in decide_each(accounts, book.by_customer(), day):
        for action in actions:
            key = (action.invoice_id, None) if isinstance(action, Remind) else (None, action.service_id)
            # A service of somebody who owes in two currencies is decided twice: a step wins over being spared.
            if key not in found or isinstance(found[key][1], Spare):
                found[key] = (account, action)
    return found


def _change(kind: str, types: tuple[type[Action], ...], before: Decided, after: Decided) -> Change:
    now = {key: each for key, each in before.items() if isinstance(each[1], types)}
    then = {key: each for key, each in after.items() if isinstance(each[1], types)}
    joins = [_moved(then[key]) for key in then.keys() - now.keys()]
    leaves = [_moved(now[key], after.get(key)) for key in now.keys() - then.keys()]
    return Change(
        kind, len(now), len(then), _sum(now.values()), _sum(then.values()), _in_order(joins), _in_order(leaves)
    )


def _moved(each: tuple[Account, Action], instead: tuple[Account, Action] | None = None) -> Moved:
    account, action = each
    why = action.reasons
    if instead is not None and isinstance(instead[1], Spare):
        why = instead[1].reasons[1:]
    return Moved(account.customer_id, action.amount, _say(why))


def _say(reasons: Iterable[Reason]) -> str:
    return explain([reason.as_data() for reason in reasons])


def _in_order(rows: list[Moved]) -> tuple[Moved, ...]:
    return tuple(sorted(rows, key=lambda row: (-row.amount, row.customer_id)))


def _sum(decided: Iterable[tuple[Account, Action]]) -> Decimal:
    currency = current_tenant().currency
    # A customer with two services owes once; each reminded invoice counts.
    owed = {
        (action.invoice_id if isinstance(action, Remind) else 0, account.customer_id): action.amount
        for account, action in decided
        if account.currency == currency
    }
    return sum(owed.values(), ZERO)
