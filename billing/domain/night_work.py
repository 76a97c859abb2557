"""Doing what a night decided, when its hour comes. Each step asks again first: who paid meanwhile is spared.

Killed anywhere and started again it goes on with what is not done: a decision and its effect are one transaction.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Callable

from django.db import transaction
from django.db.models import Q

from billing.domain.night_guard import STEPS
from billing.domain.night_hours import Hours, NightHours
from billing.domain.nights import decide_services, plan_night, settle
from billing.domain.reasons import explain, show_day
from billing.domain.rules_book import RulesBook
from billing.domain.second_step import take_second_steps
from billing.domain.verdicts import Cut, Spare
from billing.models import Decision, Invoice, Night
from customers.domain.holds import open_hold
from customers.models import Customer
from events.domain import Actor, Fact, record, record_many
from inbox.domain.notices import notify_customer
from network.domain.desire import refresh_desired
from tenants.current import current_tenant, tenant_today, tenant_zone
from tenants.formats import format_money
from tenants.live import publish_live

logger = logging.getLogger(__name__)
BATCH = 50
Action, Outcome = Decision.Action, Decision.Outcome


def execute_night(*, night_id: int, now: dt.datetime) -> Night:
    """Do what is due at `now`: reminders from their hour on, cuts within their window, then close the night.

    Hours are the night's, or a zone's or customer's own: who has others waits for them, and the night with them.
    """
    night = Night.objects.get(pk=night_id)
    actor, late = Actor.system("Cobranza"), tenant_today(now) != night.day
    if night.status != Night.Status.DONE and not late and night.remind_at <= now:
        night = plan_night(day=night.day, now=now)
    hours = NightHours(night)
    if night.status != Night.Status.DONE:
        quiet = set() if late else hours.quiet_at(now, _waiting(night, now))
        while _remind_next(night, actor, now, late=late, waiting=quiet):
            pass
    if night.status == Night.Status.PLANNED and hours.first_cut <= now < hours.end:
        if not night.needs_approval or night.approved_at:
            _miss(night, now, _whose(night, hours, lambda own: now >= own.cut_not_after))
            uncut = _whose(night, hours, lambda own: now < own.cut_at)
            while _cut_next(night, actor, now, hours, uncut):
                pass
            take_second_steps(night, actor, now, uncut)
            if not uncut and not _reminders_left(night):
                _close(night, actor, now)
    elif night.status != Night.Status.DONE and now >= hours.end and (late or not _reminders_left(night)):
        _miss(night, now)
        _close(night, actor, now)
    return Night.objects.get(pk=night_id)


def _reminders_left(night: Night) -> bool:
    return night.decisions.filter(action=Action.REMIND, done_at=None, taken_out_at=None).exists()


def _waiting(night: Night, now: dt.datetime) -> set[int]:
    """The customers with a reminder whose hour has come."""
    rows = night.decisions.filter(action=Action.REMIND, done_at=None, taken_out_at=None, at__lte=now)
    return set(rows.values_list("customer_id", flat=True))


def _whose(night: Night, hours: NightHours, hold: Callable[[Hours], bool]) -> set[int]:
    """The customers still to be cut for whose hours `hold` is true; nobody when all share."""
    if not hours.differ:
        return set()
    rows = night.decisions.filter(action__in=STEPS, done_at=None, taken_out_at=None)
    customers = set(rows.values_list("customer_id", flat=True))
    of = hours.by_customer(customers)
    return {customer for customer in customers if hold(of(customer))}


@transaction.atomic
def _remind_next(night: Night, actor: Actor, now: dt.datetime, *, late: bool, waiting: set[int]) -> bool:
    """One reminder in its own transaction, so that a failure costs only itself."""
    decision = (
        Decision.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("invoice", "customer")
        .filter(night=night, action=Action.REMIND, done_at=None, taken_out_at=None)
        .filter(Q() if late else Q(at__lte=now))
        .exclude(customer__in=waiting)
        .order_by("at", "id")
        .first()
    )
    if decision is None:
        return False
    invoice = decision.invoice
    if late:
        settle(decision, Outcome.MISSED, now, {"code": "missed", "until": _clock(night.cut_not_after)})
    elif invoice is None or invoice.status != Invoice.Status.OPEN:
        settle(decision, Outcome.SPARED, now, {"code": "not_waiting"})
    else:
        try:
            with transaction.atomic():
                _remind(decision, invoice, actor, now)
        except Exception:  # whatever it is, it is this customer's: the others still get theirs
            logger.exception("reminder %s failed", decision.pk)
            settle(decision, Outcome.FAILED, now, {"code": "failed"})
    return True


def _remind(decision: Decision, invoice: Invoice, actor: Actor, now: dt.datetime) -> None:
    step = decision.step or 0
    message = notify_customer(
        customer_id=decision.customer_id,
        template=decision.template,
        variables=notice_variables(decision.customer, invoice),
        key=f"invoice:{invoice.pk}:step:{step}",
        actor=actor,
        now=now,
    )
    if message is None:
        settle(decision, Outcome.NOT_SENT, now, {"code": "not_sent"})
        return
    settle(decision, Outcome.DONE, now)
    record(
        "reminder.sent",
        subject=invoice,
        actor=actor,
        at=now,
        label=invoice.label,
        step=step,
        owed=str(invoice.total - invoice.paid),
        currency=invoice.currency,
        due_on=invoice.due_on.isoformat(),
    )


def notice_variables(customer: Customer, invoice: Invoice) -> dict[str, str]:
    """What a message about an invoice may say."""
    return {
        "name": customer.name.split()[0] if customer.name else "",
        "amount": format_money(invoice.total - invoice.paid, invoice.currency),
        "invoice": invoice.label,
        "due_date": show_day(invoice.due_on.isoformat()),
        "provider": current_tenant().name,
    }


@transaction.atomic
def _cut_next(night: Night, actor: Actor, now: dt.datetime, hours: NightHours, waiting: set[int]) -> bool:
    """Decide a batch again and open its holds, with the state wanted of the router, in one transaction."""
    batch = list(
        Decision.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .filter(night=night, action=Action.CUT, done_at=None, taken_out_at=None)
        .exclude(customer__in=waiting)
        .order_by("id")[:BATCH]
    )
    if not batch:
        return False
    customers = sorted({d.customer_id for d in batch})
    # A payment locks its customer too: either it is seen here, or it comes after and lifts what we do.
    list(Customer.objects.select_for_update(no_key=True).filter(pk__in=customers).order_by("pk"))
    found = decide_services(RulesBook(), customers, night.day, now)
    of = hours.by_customer(customers)
    cut_now: dict[dt.datetime, list[int]] = defaultdict(list)
    for decision in batch:
        action = found.get(decision.service_id or 0)
        if isinstance(action, Cut):
            if _try_cut(decision, action, actor, now):
                cut_now[of(decision.customer_id).cut_not_after].append(action.service_id)
        else:
            reasons = [r.as_data() for r in action.reasons[1:]] if isinstance(action, Spare) else []
            settle(decision, Outcome.SPARED, now, *(reasons or [{"code": "paid"}]))
    approved = night.approved_at is not None
    for until, services in cut_now.items():
        refresh_desired(service_ids=services, now=now, actor=actor, cut_not_after=until, approved=approved)
    _record_spared(batch, actor, now)
    publish_live("tonight", night=night.pk)
    return True


def _try_cut(decision: Decision, action: Cut, actor: Actor, now: dt.datetime) -> bool:
    """One service that cannot be cut does not keep the others connected."""
    try:
        with transaction.atomic():
            _cut(decision, action, actor, now)
    except Exception:  # whatever it is, it is this service's alone
        logger.exception("cut %s failed", decision.pk)
        settle(decision, Outcome.FAILED, now, {"code": "failed"})
        return False
    return True


def _cut(decision: Decision, action: Cut, actor: Actor, now: dt.datetime) -> None:
    reasons = [reason.as_data() for reason in action.reasons]
    decision.amount, decision.oldest_due = action.amount, action.oldest_due
    decision.reasons, decision.sentence = reasons, explain(reasons)
    record(
        "cut.decided",
        subject=("customers.service", action.service_id),
        customer_id=decision.customer_id,
        actor=actor,
        at=now,
        decision=decision.pk,
        reasons=reasons,
    )
    # Open already when the router was not reached in an earlier window: then only the window is new.
    open_hold(
        service_id=action.service_id,
        reason="debt",
        source="dunning",
        actor=actor,
        now=now,
        detail={
            "amount": str(action.amount),
            "currency": decision.currency,
            "invoices": action.invoices,
            "oldest_due": action.oldest_due.isoformat(),
            "decision": decision.pk,
        },
    )
    settle(decision, Outcome.DONE, now)


def _record_spared(batch: list[Decision], actor: Actor, now: dt.datetime) -> None:
    record_many(
        Fact(
            "cut.spared",
            ("customers.service", d.service_id or 0),
            actor,
            d.customer_id,
            now,
            {"decision": d.pk, "reasons": d.outcome_reasons},
        )
        for d in batch
        if d.outcome == Outcome.SPARED
    )


@transaction.atomic
def _miss(night: Night, now: dt.datetime, customers: set[int] | None = None) -> None:
    """The window is over, for everybody or for some: nobody is cut late, and tomorrow decides for itself."""
    until = _clock(night.cut_not_after)
    missed = night.decisions.filter(action__in=STEPS, done_at=None, taken_out_at=None)
    if customers is not None:
        missed = missed.filter(customer__in=customers)
    for decision in missed.select_for_update(no_key=True):
        settle(decision, Outcome.MISSED, now, {"code": "missed", "until": until})


@transaction.atomic
def _close(night: Night, actor: Actor, now: dt.datetime) -> None:
    night = Night.objects.select_for_update(no_key=True).get(pk=night.pk)
    if night.status == Night.Status.DONE:
        return
    night.status, night.done_at = Night.Status.DONE, now
    night.save()
    outcomes = list(night.decisions.values_list("action", "outcome"))
    record(
        "night.done",
        subject=night,
        actor=actor,
        at=now,
        day=night.day.isoformat(),
        cut=outcomes.count((Action.CUT, Outcome.DONE)),
        spared=outcomes.count((Action.CUT, Outcome.SPARED)),
        reminded=outcomes.count((Action.REMIND, Outcome.DONE)),
        missed=outcomes.count((Action.CUT, Outcome.MISSED)),
        stopped=outcomes.count((Action.STOP, Outcome.DONE)),
        cancelled=outcomes.count((Action.CANCEL, Outcome.DONE)),
    )
    publish_live("tonight", night=night.pk)


def _clock(moment: dt.datetime) -> str:
    return f"{moment.astimezone(tenant_zone()):%H:%M}"
