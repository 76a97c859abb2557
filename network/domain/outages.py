"""Known outages: said by a person, or seen on a router that does not answer; whom they touch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from customers.models import Service, Zone
from events.domain import Actor, record
from network.models import Access, Outage, Router

DOWN = frozenset({"failing", "silent"})


@dataclass(frozen=True)
class Known:
    """An outage as a customer is told of it. `text` and `expected_until` only where somebody of the staff said so."""

    text: str = ""
    expected_until: datetime | None = None


@transaction.atomic
def open_outage(
    *,
    actor: Actor,
    now: datetime,
    zone: Zone | None = None,
    router: Router | None = None,
    text: str = "",
    expected_until: datetime | None = None,
) -> Outage:
    """Say that a zone, a router or (with neither) everybody is without service. Nothing is done to any access.

    Where the same is said already it is brought up to date, and no second one is made.
    """
    found = Outage.objects.select_for_update(of=("self",)).filter(closed_at=None, zone=zone, router=router).first()
    outage = found or Outage(zone=zone, router=router, since=now, opened_by=actor.label)
    outage.text, outage.expected_until = text.strip(), expected_until
    outage.save()
    if found is None:
        record("outage.opened", subject=outage, actor=actor, at=now, where=_where(outage), text=outage.text)
    return outage


@transaction.atomic
def close_outage(*, outage_id: int, actor: Actor, now: datetime) -> bool:
    """Say that it is over; False where somebody did. Raises Outage.DoesNotExist."""
    outage = Outage.objects.select_for_update(of=("self",)).get(pk=outage_id)
    if outage.closed_at is not None:
        return False
    outage.closed_at, outage.closed_by = now, actor.label
    outage.save(update_fields=["closed_at", "closed_by"])
    record("outage.closed", subject=outage, actor=actor, at=now, where=_where(outage))
    return True


def outage_of_services(service_ids: Collection[int], *, now: datetime) -> Known | None:
    """Return the outage that touches one of these services: one that was said, else a router that does not answer."""
    services = Service.objects.filter(pk__in=service_ids)
    zones = set(services.values_list("zone_id", flat=True)) | set(services.values_list("customer__zone_id", flat=True))
    accesses = Access.objects.filter(service_id__in=service_ids).exclude(desired=Access.Desired.GONE)
    routers = {access.router_id: access.router for access in accesses.select_related("router")}
    everybody = Q(zone=None, router=None)
    said = Outage.objects.open(now).filter(
        Q(zone_id__in=zones - {None}, router=None) | Q(router_id__in=routers) | everybody
    )
    if outage := said.first():
        return Known(outage.text, outage.expected_until)
    return Known() if any(router.state(now) in DOWN for router in routers.values()) else None


def _where(outage: Outage) -> str:
    return str(outage.zone or outage.router or "")
