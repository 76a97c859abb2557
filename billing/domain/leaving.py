"""The money of a pause, of coming back from one, and of leaving: what it will be, and doing it.

The desk opens and closes the holds and ends the service; these are called in its transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from billing.domain.contracts import contract_of, term_end, termination_fee
from billing.domain.cycle import ONE_DAY
from billing.domain.giving_back import amount_of, give_back_days, plan_give_back, policy_of_service, rule_of
from billing.domain.locks import lock_for_correction
from billing.domain.money import ZERO
from billing.domain.plan_changes import cancel_change
from billing.models import BillingPolicy, Charge, CreditNote, Extra, PlanChange
from customers.models import Hold, Service
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today, tenant_zone

FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Returns:
    """What giving back the days after today comes to; `by_policy`: whether the policy does it."""

    amount: Decimal
    days: int
    by_policy: bool


@dataclass(frozen=True, slots=True)
class Leaving:
    """What ending a service today does: days given back, and the fee for leaving before `term_ends`."""

    returns: Returns
    fee: Decimal
    term_ends: dt.date | None


def lock_money_of(service_id: int) -> None:
    """Lock the books of the service's customer. Before the service's own row: see billing.domain.locks."""
    customer_id = Service.objects.values_list("customer_id", flat=True).get(pk=service_id)
    lock_for_correction(customer_id, current_tenant().currency)


def preview_pause(service: Service, *, today: dt.date) -> Returns:
    """What a pause from now on gives back. Writes nothing."""
    policy = policy_of_service(service)
    return _returns(service, policy, today, by_policy=_pause_returns(policy))


def preview_end(service: Service, *, today: dt.date) -> Leaving:
    """What ending the service today gives back and costs. Writes nothing."""
    policy, contract = policy_of_service(service), contract_of(service)
    returns = _returns(service, policy, today, by_policy=policy.cancel_returns)
    return Leaving(returns, termination_fee(service, contract, last_day=today), term_end(service, contract))


def _pause_returns(policy: BillingPolicy) -> bool:
    """A pause that costs the whole price gives nothing back."""
    return policy.pause_returns and policy.pause_percent < FULL


def _returns(service: Service, policy: BillingPolicy, today: dt.date, *, by_policy: bool) -> Returns:
    given = plan_give_back(service=service, from_day=today + ONE_DAY, rule=rule_of(policy))
    days = sum((part.end - part.start).days for part in given if part.charge.kind == Charge.Kind.PLAN)
    return Returns(amount_of(given), days, by_policy)


def return_paused_days(
    *, service: Service, until: dt.date | None, actor: Actor, now: dt.datetime, returns: bool | None = None
) -> list[CreditNote]:
    """Give back the days after today when the policy does so with a pause, or `returns` says so.

    The next run charges what of them is not paused, and the pause's own percentage.
    """
    today = tenant_today(now)
    wanted = _pause_returns(policy_of_service(service)) if returns is None else returns
    if not wanted or (until is not None and until <= today):
        return []
    return give_back_days(
        service_id=service.pk, from_day=today + ONE_DAY, reason=_("Servicio en pausa"), actor=actor, now=now
    )


def take_back_pause(*, service: Service, pauses: Iterable[Hold], actor: Actor, now: dt.datetime) -> list[CreditNote]:
    """Undo what was charged for days of these pauses that will not be: from today on they cost what they cost."""
    notes: list[CreditNote] = []
    for hold in pauses:
        # Charged while paused, for days that begin in the pause: those of before and after it stay.
        only = Q(created_at__gte=hold.since)
        if hold.until:
            only &= Q(period__startswith__lt=hold.until.astimezone(tenant_zone()).date())
        notes += give_back_days(
            service_id=service.pk,
            from_day=tenant_today(now),
            reason=_("Terminó la pausa"),
            actor=actor,
            now=now,
            only=only,
        )
    return notes


def settle_end(
    *, service: Service, actor: Actor, now: dt.datetime, returns: bool | None = None, charge_fee: bool = True
) -> tuple[list[CreditNote], Extra | None]:
    """Give back the days after today when the policy or `returns` says so, and charge leaving before the term.

    A change of plan that was waiting is forgotten.
    """
    today = tenant_today(now)
    for change in PlanChange.objects.filter(service=service, status=PlanChange.Status.SCHEDULED):
        cancel_change(change_id=change.pk, actor=actor, now=now)
    wanted = policy_of_service(service).cancel_returns if returns is None else returns
    notes = (
        give_back_days(
            service_id=service.pk, from_day=today + ONE_DAY, reason=_("Baja del servicio"), actor=actor, now=now
        )
        if wanted
        else []
    )
    fee = termination_fee(service, contract_of(service), last_day=today) if charge_fee else ZERO
    return notes, _charge_leaving(service, fee, actor, now) if fee > 0 else None


def _charge_leaving(service: Service, fee: Decimal, actor: Actor, now: dt.datetime) -> Extra:
    extra, created = Extra.objects.get_or_create(
        key=f"termination_fee:{service.pk}",
        defaults={
            "service": service,
            "kind": Extra.Kind.ONCE,
            "category": Extra.Category.TERMINATION_FEE,
            "description": _("Baja antes del plazo"),
            "amount": fee,
            "starts_on": tenant_today(now),
            "created_by": actor.label,
            "created_at": now,
        },
    )
    if created:
        record(
            "fee.added",
            subject=service,
            actor=actor,
            at=now,
            extra=extra.pk,
            category=extra.category,
            description=extra.description,
            amount=str(extra.amount),
            currency=current_tenant().currency,
        )
    return extra
