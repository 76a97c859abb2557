"""Open and close what keeps a service off. Whoever opens or closes also tells network (it sits above)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from customers.models import Hold, Service
from events.domain import Actor, Fact, record, record_many


@transaction.atomic
def open_hold(
    *,
    service_id: int,
    reason: str,
    source: str,
    actor: Actor,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    detail: dict[str, Any] | None = None,
) -> Hold | None:
    """Open a hold, or return None when the same (service, reason, source) is open already.

    `since` is when it begins, now without one: one that is to come is no fact yet and records nothing. `detail` says
    why in data that fits JSON (debt: amount, invoices, oldest_due).
    """
    service = Service.objects.get(pk=service_id)
    try:
        # The unique constraint decides the race; the savepoint keeps the caller's transaction usable.
        with transaction.atomic():
            hold = Hold.objects.create(
                service=service,
                reason=reason,
                source=source,
                since=since or now,
                until=until,
                detail=detail or {},
                opened_by=actor.label,
            )
    except IntegrityError:
        return None
    if hold.since <= now:
        facts: dict[str, Any] = {"reason": reason, "source": source, "detail": detail or {}, "service": service.code}
        record("service.held", subject=service, actor=actor, at=now, **facts)
    return hold


@dataclass(frozen=True)
class NewHold:
    """One hold to be: what `open_holds` takes."""

    service_id: int
    reason: str
    source: str
    detail: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def open_holds(*, holds: Iterable[NewHold], actor: Actor, now: datetime) -> list[Hold]:
    """Open many holds with few queries; those open already are left as they are. Returns the ones opened."""
    wanted = {(new.service_id, str(new.reason), new.source): new for new in holds}
    # The rows are locked in one order, so that nobody opens the same between the look and the insert.
    services = {
        service.pk: service
        for service in Service.objects.select_for_update()
        .filter(pk__in={service_id for service_id, _reason, _source in wanted})
        .order_by("id")
    }
    already = set(
        Hold.objects.filter(service_id__in=services, closed_at=None).values_list("service_id", "reason", "source")
    )
    opened = Hold.objects.bulk_create(
        Hold(
            service_id=new.service_id,
            reason=new.reason,
            source=new.source,
            since=now,
            detail=new.detail,
            opened_by=actor.label,
        )
        for key, new in wanted.items()
        if key not in already
    )
    record_many(
        Fact(
            "service.held",
            services[hold.service_id],
            actor,
            services[hold.service_id].customer_id,
            now,
            {
                "reason": str(hold.reason),
                "source": hold.source,
                "detail": hold.detail,
                "service": services[hold.service_id].code,
            },
        )
        for hold in opened
    )
    return opened


@transaction.atomic
def close_holds(
    *, service_ids: Iterable[int], reason: str, actor: Actor, now: datetime, source: str | None = None
) -> list[int]:
    """Close the open holds of `reason` (and `source`, when given); return the service ids where one closed."""
    holds = Hold.objects.select_for_update(of=("self",)).filter(
        service_id__in=list(service_ids), reason=reason, closed_at=None
    )
    if source is not None:
        holds = holds.filter(source=source)
    found = list(holds.select_related("service").order_by("id"))
    Hold.objects.filter(pk__in=[hold.pk for hold in found]).update(closed_at=now, closed_by=actor.label)
    record_many(
        Fact(
            "service.released",
            hold.service,
            actor,
            hold.service.customer_id,
            now,
            {"reason": reason, "source": hold.source, "service": hold.service.code},
        )
        for hold in found
    )
    return sorted({hold.service_id for hold in found})


def held_service_ids(service_ids: Iterable[int], now: datetime) -> set[int]:
    """Return which of the services are off at `now`."""
    return set(Hold.objects.open(now).filter(service_id__in=list(service_ids)).values_list("service_id", flat=True))
