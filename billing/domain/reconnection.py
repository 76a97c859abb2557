"""One explicit decision: does what was paid bring the service back? The policy answers, and the answer is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.domain.dunning import last_cut_day, overdue
from billing.domain.fees import add_reconnect_fees
from billing.domain.ladder import rules_of
from billing.domain.money import ZERO
from billing.domain.policies import policy_of
from billing.domain.verdicts import Owed
from billing.models import BillingPolicy, Invoice
from customers.domain.holds import close_holds
from customers.models import Customer, Hold
from events.domain import Actor
from network.domain.desire import refresh_desired
from tenants.current import current_tenant, tenant_zone


@dataclass(frozen=True, slots=True)
class Reconnection:
    """Whether the service comes back. `left` is what stays overdue, `needed` what is missing for it."""

    reconnects: bool
    left: Decimal
    needed: Decimal

    def as_data(self, currency: str, *, cut: bool, policy: BillingPolicy, record_only: str = "") -> dict[str, Any]:
        """The reason that is kept with the payment and its event; `cut` says whether there was a cut to lift.

        `record_only` is why a person chose not to reconnect.
        """
        data = {
            "code": "reconnect",
            "cut": cut,
            "reconnects": self.reconnects and not record_only,
            "left": str(self.left),
            "needed": str(self.needed),
            "currency": currency,
            "when": policy.reconnect_when,
            "value": str(policy.reconnect_value),
        }
        return {**data, "record_only": record_only} if record_only else data


def decide_reconnection(
    policy: BillingPolicy, *, before: Decimal, left: Decimal, too_few: bool = False
) -> Reconnection:
    """The policy's answer, from what was overdue before the payment and what is left after it. Pure.

    `too_few`: fewer invoices are left overdue than the policy cuts for.
    """
    paid = before - left
    if policy.reconnect_when == BillingPolicy.Reconnect.PERCENT:
        needed = before * policy.reconnect_value / 100 - paid
    elif policy.reconnect_when == BillingPolicy.Reconnect.AMOUNT:
        needed = min(policy.reconnect_value, before) - paid
    else:
        needed = left
    # Below the minimum debt, or the minimum of invoices, nobody is cut, so nobody is kept cut either.
    reconnects = left <= 0 or needed <= 0 or left < policy.min_debt or too_few
    return Reconnection(reconnects, left, ZERO if reconnects else needed)


def overdue_sum(policy: BillingPolicy, invoices: Sequence[Invoice], now: dt.datetime) -> Decimal:
    """What is past its cut moment at `now`: due today counts only once today's cut hour has come.

    A day without cuts has no such hour. Part payments do not count here: whoever is cut comes back by paying enough,
    not by paying something.
    """
    return sum((i.owed for i in _past_their_cut(policy, invoices, now)), ZERO)


def too_few_to_cut(policy: BillingPolicy, invoices: Sequence[Invoice], now: dt.datetime) -> bool:
    """Whether fewer invoices are past their cut moment than the policy cuts for, so that nobody is kept cut."""
    return len(_past_their_cut(policy, invoices, now)) < policy.min_unpaid_invoices


def _past_their_cut(policy: BillingPolicy, invoices: Sequence[Invoice], now: dt.datetime) -> list[Owed]:
    rules = rules_of(policy, country=current_tenant().country)
    local = now.astimezone(tenant_zone())
    day = local.date() if local.time() >= policy.cut_hour else local.date() - dt.timedelta(days=1)
    owed = [Owed(i.pk, i.label, i.due_on, i.total - i.paid, i.pay_on) for i in invoices]
    return overdue(rules, owed, last_cut_day(rules, day))


def open_invoices_locked(customer_id: int, currency: str) -> list[Invoice]:
    """The customer's open invoices, locked in id order. Lock the customer first."""
    return list(
        Invoice.objects.select_for_update(no_key=True)
        .filter(customer_id=customer_id, currency=currency, status=Invoice.Status.OPEN)
        .order_by("id")
    )


def is_cut(customer_id: int, now: dt.datetime) -> bool:
    """Whether any of the customer's services is off for debt."""
    return Hold.objects.open(now).filter(service__customer_id=customer_id, reason=Hold.Reason.DEBT).exists()


def release(customer_id: int, actor: Actor, now: dt.datetime, *, charge_fee: bool = False) -> list[int]:
    """Close the debt holds and ask the network for the services, in the caller's transaction; returns their ids.

    Holds for abuse, pause or by staff stay: money does not lift them. `charge_fee` when it was a payment or a
    promise that lifted the cut, and not a mistake of ours put right.
    """
    debts = Hold.objects.filter(service__customer_id=customer_id, reason=Hold.Reason.DEBT, closed_at=None)
    holds = dict(debts.values_list("id", "service_id"))
    released = close_holds(service_ids=set(holds.values()), reason="debt", actor=actor, now=now) if holds else []
    if released:
        refresh_desired(service_ids=released, now=now, actor=actor)
        if charge_fee:
            add_reconnect_fees(hold_ids=holds, actor=actor, now=now)
    return released


def release_if_settled(customer_id: int, currency: str, actor: Actor, now: dt.datetime) -> list[int]:
    """Who was cut for a debt that was taken back comes back with it; returns the services' ids."""
    zone_id = Customer.objects.values_list("zone_id", flat=True).get(pk=customer_id)
    policy = policy_of(customer_id=customer_id, zone_id=zone_id)
    rest = open_invoices_locked(customer_id, currency)
    return [] if overdue_sum(policy, rest, now) else release(customer_id, actor, now)
