"""Pause, resume and end a service: the hold or the status, its money, and the network told, in one transaction."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction

from billing.domain.leaving import lock_money_of, return_paused_days, settle_end, take_back_pause
from customers.domain.holds import close_holds, open_hold
from customers.domain.services import cancel_service
from customers.models import Hold, Service
from events.domain import Actor
from network.domain.desire import refresh_desired
from tenants.current import tenant_today, tenant_zone

SOURCE = "desk"


class ServiceIsOver(Exception):
    """The service was cancelled; there is nothing to pause or resume."""


@transaction.atomic
def pause_service(
    *, service_id: int, until: date | None, why: str, actor: Actor, now: datetime, returns: bool | None = None
) -> bool:
    """Pause a service, through the whole day `until` or until someone resumes it.

    Days after today that were charged are given back as the policy says, or `returns` when it is given.
    Returns False when it was paused already. Raises ServiceIsOver.
    """
    lock_money_of(service_id)
    service = _service(service_id)
    if service.status == Service.Status.CANCELLED:
        raise ServiceIsOver
    end = datetime.combine(until + timedelta(days=1), time(), tzinfo=tenant_zone()) if until else None
    hold = open_hold(
        service_id=service_id,
        reason=Hold.Reason.PAUSE,
        source=SOURCE,
        actor=actor,
        now=now,
        until=end,
        detail={"note": why} if why else {},
    )
    if hold is None:
        return False
    return_paused_days(service=service, until=until, actor=actor, now=now, returns=returns)
    refresh_desired(service_ids=[service_id], now=now, actor=actor)
    return True


@transaction.atomic
def resume_service(*, service_id: int, actor: Actor, now: datetime) -> bool:
    """End a pause. Other reasons to be cut stay. Returns False when it was not paused.

    What was charged for paused days still to come is taken back: the next run charges them at the plan's price.
    """
    lock_money_of(service_id)
    pauses = list(Hold.objects.open(now).filter(service_id=service_id, reason=Hold.Reason.PAUSE))
    closed = close_holds(service_ids=[service_id], reason=Hold.Reason.PAUSE, actor=actor, now=now)
    take_back_pause(service=_service(service_id), pauses=pauses, actor=actor, now=now)
    refresh_desired(service_ids=[service_id], now=now, actor=actor)
    return bool(closed)


@transaction.atomic
def end_service(
    *,
    service_id: int,
    why: str,
    actor: Actor,
    now: datetime,
    returns: bool | None = None,
    charge_fee: bool = True,
) -> bool:
    """Cancel a service today: it is charged no more and the router lets it through no more. What is owed stays.

    Days after today that were charged are given back as the policy says, or `returns` when it is given; leaving
    before the term is charged unless `charge_fee` says no. Returns False when it was over already.
    """
    lock_money_of(service_id)
    service = _service(service_id)
    done = cancel_service(service_id=service_id, actor=actor, now=now, today=tenant_today(now), reason=why)
    if done:
        settle_end(service=service, actor=actor, now=now, returns=returns, charge_fee=charge_fee)
        refresh_desired(service_ids=[service_id], now=now, actor=actor)
    return done


def _service(service_id: int) -> Service:
    return Service.objects.select_related("plan", "customer").get(pk=service_id)
