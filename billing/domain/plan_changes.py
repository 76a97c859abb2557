"""A service goes from one plan to another: now, when the period already charged ends, or on a day.

What was charged of the old plan from that day on is given back; the next run charges those days at the new one.
Every change leaves its PlanChange, which is how a run knows what a past or a coming day costs.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.domain.contracts import TermsRefused, check_positive, contract_of, lock_service, monthly_price
from billing.domain.cycle import Cycle, cycles_paid
from billing.domain.giving_back import Given, amount_of, give_back_days, plan_give_back, policy_of_service
from billing.domain.locks import lock_for_correction
from billing.domain.money import ZERO, round_money
from billing.domain.policies import current_policy
from billing.domain.proration import part_of
from billing.domain.service_facts import anchor_of
from billing.models import BillingPolicy, Charge, PlanChange, Proration
from customers.domain.services import set_plan
from customers.models import Plan, Service
from events.domain import Actor, record
from network.domain.desire import refresh_desired
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_money

logger = logging.getLogger(__name__)
NOW, PERIOD_END = "now", "period_end"
FAR = dt.timedelta(days=366)


@transaction.atomic
def change_plan(
    *,
    service_id: int,
    new_plan: Plan,
    actor: Actor,
    now: dt.datetime,
    new_price: Decimal | None = None,
    when: str | dt.date = NOW,
) -> PlanChange:
    """Change a service's plan or its own price (`new_price`; None: the plan's).

    `when` is "now", "period_end" (the day after the last one charged) or a day of the provider's calendar. A change
    of today is done; a later one is scheduled, and the clock does it on its day. Raises TermsRefused.
    """
    customer_id = Service.objects.values_list("customer_id", flat=True).get(pk=service_id)
    lock_for_correction(customer_id, current_tenant().currency)
    service, today = lock_service(service_id), tenant_today(now)
    check_change(service, new_plan, new_price)
    effective_on = effective_day(service, when, today)
    change = _write(service, new_plan, new_price, effective_on, actor=actor, now=now)
    if effective_on == today:
        _do(change, service, Q(), actor, now)
    elif change.status != PlanChange.Status.CANCELLED:
        _tell("plan_change.scheduled", change, service, actor, now)
    return change


def default_when(service: Service, new_plan: Plan, new_price: Decimal | None) -> str:
    """When the policy does a change nobody said a day for: more at once, less as `downgrade_when` says."""
    before = monthly_price(service.plan, service.price)
    if monthly_price(new_plan, new_price) >= before:
        return NOW
    return NOW if policy_of_service(service).downgrade_when == BillingPolicy.Downgrade.NOW else PERIOD_END


def check_change(service: Service, new_plan: Plan, new_price: Decimal | None) -> None:
    """Refuse what changes nothing or cannot be."""
    if service.status == Service.Status.CANCELLED:
        raise TermsRefused(_("El servicio está dado de baja: su plan ya no cambia."))
    if new_price:
        check_positive(new_price, "price")
    elif new_price is not None and new_price != 0:
        raise TermsRefused(_("El precio no puede ser menor que cero."), "price")
    if new_plan.pk != service.plan_id and not new_plan.is_active:
        raise TermsRefused(_("Ese plan ya no se ofrece."), "plan")
    if (new_plan.pk, new_price) == (service.plan_id, service.price):
        raise TermsRefused(_("Ya tiene ese plan a ese precio."), "plan")


def effective_day(service: Service, when: str | dt.date, today: dt.date) -> dt.date:
    """The first day of the new plan. Raises TermsRefused for a day that has passed or is too far."""
    if when == NOW:
        return today
    if when == PERIOD_END:
        return max(today, period_end(service, today))
    if not isinstance(when, dt.date):
        raise TermsRefused(_("Elija cuándo cambia: ahora, al terminar lo cobrado o un día."), "when")
    if when < today:
        raise TermsRefused(_("Ese día ya pasó: elija hoy o uno por venir."), "day")
    if when - today > FAR:
        raise TermsRefused(_("Esa fecha está a más de un año. ¿Está bien escrita?"), "day")
    return when


def period_end(service: Service, today: dt.date) -> dt.date:
    """The day after the last one charged; without one to come, the end of the period under way."""
    charged = Charge.objects.filter(service=service, kind=Charge.Kind.PLAN, reversed_at=None)
    last: dt.date | None = charged.aggregate(last=Max("period__endswith"))["last"]
    if last and last > today:
        return last
    cycle = _cycle_around(service, policy_of_service(service), today)
    return cycle.end if cycle else today


def _cycle_around(service: Service, policy: BillingPolicy, day: dt.date) -> Cycle | None:
    reach = dt.timedelta(days=31 * policy.period_months + policy.pack_days + 31)
    anchor = anchor_of(service, contract_of(service))
    cycles = cycles_paid(policy, anchor, first=day - reach, last=day + reach)
    return next((cycle for cycle in cycles if cycle.start <= day < cycle.end), None)


def _write(
    service: Service, plan: Plan, price: Decimal | None, day: dt.date, *, actor: Actor, now: dt.datetime
) -> PlanChange:
    """The change's row. What was scheduled gives way, and two changes of one day are one."""
    mine = PlanChange.objects.filter(service=service)
    for scheduled in mine.filter(status=PlanChange.Status.SCHEDULED):
        _cancel(scheduled, service, actor, now)
    same_day = mine.filter(effective_on=day, status=PlanChange.Status.DONE).first()
    change = same_day or PlanChange(
        service=service, effective_on=day, old_plan=service.plan, old_price=service.price, created_by=actor.label
    )
    change.new_plan, change.new_price = plan, price
    change.rule, change.status = policy_of_service(service).plan_change, PlanChange.Status.SCHEDULED
    change.created_at = now
    change.save()
    return change


def _do(change: PlanChange, service: Service, only: Q, actor: Actor, now: dt.datetime) -> None:
    """Give back what the old plan charged from its day on, and put the new one."""
    reason = _("Cambio de plan: %(before)s a %(plan)s") % {
        "before": change.old_plan.name,
        "plan": change.new_plan.name,
    }
    give_back_days(
        service_id=service.pk,
        from_day=change.effective_on,
        reason=reason,
        actor=actor,
        now=now,
        rule=change.rule,
        only=only,
        among=[Charge.Kind.PLAN, Charge.Kind.DISCOUNT],
    )
    back_again = (change.old_plan_id, change.old_price) == (change.new_plan_id, change.new_price)
    change.status = PlanChange.Status.CANCELLED if back_again else PlanChange.Status.DONE
    change.save(update_fields=["status"])
    set_plan(service_id=service.pk, new_plan=change.new_plan, new_price=change.new_price, actor=actor, now=now)
    # The speed follows the plan.
    refresh_desired(service_ids=[service.pk], now=now, actor=actor)


def note_changes(
    *, changes: Sequence[tuple[int, tuple[int, Decimal | None], tuple[int, Decimal | None]]], actor: Actor,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Keep the history of plans changed elsewhere, as (service, (plan, price) before, after); moves no money.

    For what another system decided: the days it had charged stay as they are, those to come cost the new plan.
    """
    rule = current_policy().plan_change
    PlanChange.objects.bulk_create(
        [
            PlanChange(
                service_id=service_id,
                effective_on=tenant_today(now),
                old_plan_id=old[0],
                old_price=old[1],
                new_plan_id=new[0],
                new_price=new[1],
                rule=rule,
                status=PlanChange.Status.DONE,
                created_by=actor.label,
                created_at=now,
            )
            for service_id, old, new in changes
            if old != new
        ],
        ignore_conflicts=True,
    )


def apply_due_changes(*, today: dt.date, now: dt.datetime) -> int:
    """Do the scheduled changes whose day has come; returns how many. One that fails leaves the others alone."""
    due = PlanChange.objects.filter(status=PlanChange.Status.SCHEDULED, effective_on__lte=today)
    done = 0
    for change_id, customer_id in due.order_by("effective_on", "id").values_list("id", "service__customer_id"):
        try:
            done += _apply(change_id, customer_id, now)
        except Exception:
            # Logged with its trace; the change stays scheduled and is tried again with the next tick.
            logger.exception("the plan change %s could not be done", change_id)
    return done


@transaction.atomic
def _apply(change_id: int, customer_id: int, now: dt.datetime) -> bool:
    lock_for_correction(customer_id, current_tenant().currency)
    change = PlanChange.objects.select_related("old_plan", "new_plan").get(pk=change_id)
    if change.status != PlanChange.Status.SCHEDULED:
        return False
    service = lock_service(change.service_id)
    actor = Actor.system(_("Facturación"))
    if service.status == Service.Status.CANCELLED:
        _cancel(change, service, actor, now)
        return False
    # What was charged since it was scheduled knew of it.
    _do(change, service, Q(created_at__lt=change.created_at), actor, now)
    return True


@transaction.atomic
def cancel_change(*, change_id: int, actor: Actor, now: dt.datetime) -> PlanChange:
    """Forget a scheduled change. Days a run charged at the new plan already are given back, to be charged anew.

    Raises TermsRefused when it is done or cancelled.
    """
    customer_id = PlanChange.objects.values_list("service__customer_id", flat=True).get(pk=change_id)
    lock_for_correction(customer_id, current_tenant().currency)
    change = PlanChange.objects.select_related("old_plan", "new_plan").get(pk=change_id)
    if change.status != PlanChange.Status.SCHEDULED:
        raise TermsRefused(_("Ese cambio ya no está programado."))
    _cancel(change, lock_service(change.service_id), actor, now)
    return change


def _cancel(change: PlanChange, service: Service, actor: Actor, now: dt.datetime) -> None:
    change.status = PlanChange.Status.CANCELLED
    change.save(update_fields=["status"])
    give_back_days(
        service_id=service.pk,
        from_day=change.effective_on,
        reason=_("Se canceló el cambio a %(plan)s") % {"plan": change.new_plan.name},
        actor=actor,
        now=now,
        only=Q(created_at__gte=change.created_at),
        among=[Charge.Kind.PLAN, Charge.Kind.DISCOUNT],
    )
    _tell("plan_change.cancelled", change, service, actor, now)


def _tell(what: str, change: PlanChange, service: Service, actor: Actor, now: dt.datetime) -> None:
    record(
        what,
        subject=service,
        actor=actor,
        at=now,
        service=service.code,
        change=change.pk,
        before=change.old_plan.name,
        plan=change.new_plan.name,
        day=change.effective_on.isoformat(),
    )


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What a change of plan will do, before it is done. Amounts are in the provider's currency."""

    effective_on: dt.date
    scheduled: bool
    given_back: Decimal
    to_charge: Decimal
    days: int
    old_plan: str
    new_plan: str
    sentence: str = ""


def preview_change(
    *, service: Service, new_plan: Plan, now: dt.datetime, new_price: Decimal | None = None, when: str | dt.date = NOW
) -> ChangePreview:
    """What `change_plan` would give back and what the next invoice would charge. Writes nothing. Raises TermsRefused.

    The price to charge is the new plan's for the days given back, before discounts.
    """
    today = tenant_today(now)
    check_change(service, new_plan, new_price)
    effective_on = effective_day(service, when, today)
    policy = policy_of_service(service)
    kinds = [Charge.Kind.PLAN, Charge.Kind.DISCOUNT]
    given = plan_give_back(service=service, from_day=effective_on, rule=policy.plan_change, among=kinds)
    plan_days = [part for part in given if part.charge.kind == Charge.Kind.PLAN]
    found = ChangePreview(
        effective_on,
        effective_on > today,
        amount_of(given),
        sum((_cost(service, policy, part, new_plan, new_price) for part in plan_days), ZERO),
        sum((part.end - part.start).days for part in plan_days),
        service.plan.name,
        new_plan.name,
    )
    kept = policy.plan_change == Proration.FREE
    return replace(found, sentence=_say(found, kept=kept))


def _cost(service: Service, policy: BillingPolicy, part: Given, plan: Plan, price: Decimal | None) -> Decimal:
    """What those days cost at the new plan, taxes included."""
    currency = current_tenant().currency
    lower, upper = part.start, part.end
    cycle = _cycle_around(service, policy, lower) or Cycle(lower, lower, lower, lower, upper)
    amount = plan.price if price is None else price
    if plan.price_unit == Plan.PriceUnit.DAY:
        whole = amount * cycle.days
    elif policy.period_unit == BillingPolicy.Unit.DAYS:
        whole = amount * cycle.days / 30
    else:
        whole = amount * policy.period_months
    rule = policy.plan_change if (lower, upper) != (cycle.start, cycle.end) else Proration.REAL_DAYS
    cost = part_of(whole, rule, cycle, (lower, min(upper, cycle.end)), currency)
    exempt = service.customer.tax_exempt
    if plan.tax_included:
        return round_money(cost / (1 + plan.tax_rate), currency) if exempt else cost
    return cost if exempt else cost + round_money(cost * plan.tax_rate, currency)


def _say(found: ChangePreview, *, kept: bool) -> str:
    currency, days = current_tenant().currency, found.days
    said = {
        "days": ngettext("%(days)s día", "%(days)s días", days) % {"days": days},
        "old": found.old_plan,
        "new": found.new_plan,
        "back": format_money(found.given_back, currency),
        "cost": format_money(found.to_charge, currency),
        "day": f"{found.effective_on:%d/%m/%Y}",
    }
    start = _("Cambia el %(day)s.") % said + " " if found.scheduled else ""
    if not days and kept:
        return start + _("El período ya cobrado queda como está; %(new)s se cobra desde el siguiente.") % said
    if not days:
        return start + _("No hay días cobrados que devolver: %(new)s se cobra en la próxima factura.") % said
    if not found.given_back:
        return start + _("Se cobran %(days)s de %(new)s: %(cost)s en la próxima factura.") % said
    return (
        start
        + _(
            "Se devuelven %(days)s de %(old)s: %(back)s; se cobran %(days)s de %(new)s: %(cost)s en la próxima factura."
        )
        % said
    )
