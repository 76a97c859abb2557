"""What comes after a cut that nobody paid for: the service is billed no more, or it is ended. Each can be undone.

Only who is cut gets here, and each is asked about again first, as with a cut.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.leaving import lock_money_of, settle_end
from billing.domain.nights import NightRefused, decide_services, settle
from billing.domain.reasons import explain
from billing.domain.rules_book import RulesBook
from billing.domain.verdicts import Cancel, Spare, StopBilling
from billing.models import BillingStop, Decision, Night
from customers.domain.services import cancel_service, reopen_service
from customers.models import Hold, Service
from events.domain import Actor, Fact, record, record_many
from network.domain.desire import refresh_desired
from tenants.current import tenant_today
from tenants.live import publish_live

logger = logging.getLogger(__name__)
SECOND = (Decision.Action.STOP, Decision.Action.CANCEL)
Outcome = Decision.Outcome


def take_second_steps(night: Night, actor: Actor, now: dt.datetime, waiting: Collection[int]) -> None:
    """Do the night's second steps, each in its own transaction, but those of the customers in `waiting`."""
    rows = night.decisions.filter(action__in=SECOND, done_at=None, taken_out_at=None).exclude(customer__in=waiting)
    for decision_id, service_id in rows.order_by("id").values_list("id", "service_id"):
        try:
            _take(decision_id, service_id, actor, now)
        except Exception:  # whatever it is, it is this service's alone
            logger.exception("second step %s failed", decision_id)
            with transaction.atomic():
                settle(Decision.objects.get(pk=decision_id), Outcome.FAILED, now, {"code": "failed"})
    if rows:
        publish_live("tonight", night=night.pk)


@transaction.atomic
def _take(decision_id: int, service_id: int, actor: Actor, now: dt.datetime) -> None:
    # Before the decision's row: a payment locks the books and then looks at nothing of the night.
    lock_money_of(service_id)
    decision = Decision.objects.select_for_update(of=("self",), no_key=True).select_related("night").get(pk=decision_id)
    if decision.done_at or decision.taken_out_at:
        return
    found = decide_services(RulesBook(), {decision.customer_id}, decision.night.day, now).get(service_id)
    match found:
        case StopBilling():
            _stop(decision, service_id, found, actor, now)
        case Cancel():
            _cancel(decision, service_id, found, actor, now)
        case Spare():
            settle(decision, Outcome.SPARED, now, *[reason.as_data() for reason in found.reasons[1:]])
        case _:
            settle(decision, Outcome.SPARED, now, {"code": "paid"})


def _stop(decision: Decision, service_id: int, found: StopBilling, actor: Actor, now: dt.datetime) -> None:
    reasons = [reason.as_data() for reason in found.reasons]
    _stop_row, created = BillingStop.objects.get_or_create(
        service_id=service_id,
        closed_at=None,
        defaults={"since": tenant_today(now), "opened_at": now, "opened_by": actor.label},
    )
    if created:
        _tell("dunning.unbilled", decision, actor, now, reasons=reasons)
    settle(decision, Outcome.DONE, now)


def _cancel(decision: Decision, service_id: int, found: Cancel, actor: Actor, now: dt.datetime) -> None:
    reasons = [reason.as_data() for reason in found.reasons]
    why = explain(reasons)[:200]
    service = Service.objects.select_related("plan", "customer").get(pk=service_id)
    if cancel_service(service_id=service_id, actor=actor, now=now, today=tenant_today(now), reason=why):
        # Whether leaving early costs something is for a person to say: nobody asked to leave.
        settle_end(service=service, actor=actor, now=now, charge_fee=False)
        refresh_desired(service_ids=[service_id], now=now, actor=actor)
    settle(decision, Outcome.DONE, now)


def undo_second_step(*, decision_id: int, actor: Actor, now: dt.datetime) -> Decision:
    """Take a second step back: the service is billed again, or contracted again; the cut stays.

    What was given back when it ended is charged by the next run. Raises NightRefused when there is nothing to undo.
    """
    with transaction.atomic():
        decision = Decision.objects.select_related("night", "customer").get(pk=decision_id)
        if decision.service_id is None or decision.action not in SECOND or decision.outcome != Outcome.DONE:
            raise NightRefused(_("No hay nada que deshacer."))
        lock_money_of(decision.service_id)
        if decision.action == Decision.Action.STOP:
            undone = bool(end_stops(service_ids=[decision.service_id], actor=actor, now=now))
        else:
            undone = reopen_service(service_id=decision.service_id, actor=actor, now=now)
            refresh_desired(service_ids=[decision.service_id], now=now, actor=actor)
        if not undone:
            raise NightRefused(_("Ya se había deshecho."))
        publish_live("tonight", night=decision.night_id)
    return decision


@transaction.atomic
def end_stops(*, service_ids: Collection[int], actor: Actor, now: dt.datetime) -> list[int]:
    """Bill these services again from today on; returns those that were not."""
    rows = BillingStop.objects.select_for_update().filter(service_id__in=service_ids, closed_at=None).order_by("id")
    stops = list(rows.select_related("service"))
    for stop in stops:
        stop.until = max(stop.since, tenant_today(now))
        stop.closed_at, stop.closed_by = now, actor.label
        stop.save()
    record_many(
        Fact("dunning.billed_again", stop.service, actor, stop.service.customer_id, now, {"service": stop.service.code})
        for stop in stops
    )
    return [stop.service_id for stop in stops]


def end_stops_of_returned(*, actor: Actor, now: dt.datetime) -> list[int]:
    """Bill again whose cut was lifted by whoever lifted it; returns the services."""
    held = Hold.objects.open(now).filter(reason=Hold.Reason.DEBT).values("service_id")
    back = BillingStop.objects.filter(closed_at=None).exclude(service_id__in=held)
    return end_stops(service_ids=list(back.values_list("service_id", flat=True)), actor=actor, now=now)


def _tell(kind: str, decision: Decision, actor: Actor, now: dt.datetime, **facts: object) -> None:
    record(
        kind,
        subject=("customers.service", decision.service_id or 0),
        customer_id=decision.customer_id,
        actor=actor,
        at=now,
        decision=decision.pk,
        **facts,
    )
