"""Pause, resume and end a service: the hold or the status below, and the network told in the same transaction."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction

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
def pause_service(*, service_id: int, until: date | None, why: str, actor: Actor, now: datetime) -> bool:
    """Pause a service, through the whole day `until` or until someone resumes it.

    Returns False when it was paused already. Raises ServiceIsOver.
    """
    if Service.objects.get(pk=service_id).status == Service.Status.CANCELLED:
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
    refresh_desired(service_ids=[service_id], now=now, actor=actor)
    return True


@transaction.atomic
def resume_service(*, service_id: int, actor: Actor, now: datetime) -> bool:
    """End a pause. Other reasons to be cut stay. Returns False when it was not paused."""
    closed = close_holds(service_ids=[service_id], reason=Hold.Reason.PAUSE, actor=actor, now=now)
    refresh_desired(service_ids=[service_id], now=now, actor=actor)
    return bool(closed)


@transaction.atomic
def end_service(*, service_id: int, why: str, actor: Actor, now: datetime) -> bool:
    """Cancel a service today: it is charged no more and the router lets it through no more. What is owed stays."""
    done = cancel_service(service_id=service_id, actor=actor, now=now, today=tenant_today(now), reason=why)
    if done:
        refresh_desired(service_ids=[service_id], now=now, actor=actor)
    return done
