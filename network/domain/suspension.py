"""A person cuts or reconnects one service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from customers.domain.holds import close_holds, open_hold
from customers.models import Hold, Service
from events.domain import Actor
from network.domain.desire import refresh_desired

SOURCE = "person"


@dataclass(frozen=True)
class Suspension:
    """How a service stands: what holds it off, open holds oldest first."""

    service: Service
    holds: tuple[Hold, ...]

    @property
    def is_held(self) -> bool:
        """Whether anything holds it off."""
        return bool(self.holds)

    @property
    def by_debt(self) -> Hold | None:
        """The debt behind it, if that is (part of) why."""
        return next((hold for hold in self.holds if hold.reason == Hold.Reason.DEBT), None)

    @property
    def by_person(self) -> Hold | None:
        """The cut by hand, if that is (part of) why."""
        return next((hold for hold in self.holds if hold.reason == Hold.Reason.STAFF), None)


def suspension_of(*, service_id: int, now: datetime) -> Suspension:
    """Return how a service stands. Raises Service.DoesNotExist."""
    service = Service.objects.select_related("customer", "plan").get(pk=service_id)
    return Suspension(service, tuple(Hold.objects.open(now).filter(service=service).order_by("since", "id")))


@transaction.atomic
def suspend_service(*, service_id: int, actor: Actor, now: datetime, note: str = "") -> Suspension:
    """Cut a service by hand: it stays off until a person reconnects it, whatever is paid. Once is enough."""
    open_hold(
        service_id=service_id, reason=Hold.Reason.STAFF, source=SOURCE, actor=actor, now=now, detail={"note": note}
    )
    # One service that a person points at is an approved cut.
    refresh_desired(service_ids=[service_id], now=now, actor=actor, approved=True)
    return suspension_of(service_id=service_id, now=now)


@transaction.atomic
def resume_service(*, service_id: int, actor: Actor, now: datetime, despite_debt: bool = False) -> Suspension:
    """Undo the cut by hand; with `despite_debt` also lift what is held for debt, until the policy decides again.

    Other reasons stay, and the service with them off: look at what is returned.
    """
    close_holds(service_ids=[service_id], reason=Hold.Reason.STAFF, actor=actor, now=now)
    if despite_debt:
        close_holds(service_ids=[service_id], reason=Hold.Reason.DEBT, actor=actor, now=now)
    refresh_desired(service_ids=[service_id], now=now, actor=actor)
    return suspension_of(service_id=service_id, now=now)
