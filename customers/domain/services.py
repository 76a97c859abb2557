"""What a customer contracts, and its changes. Ending a service is the desk's, which also tells the network."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from customers.models import Customer, Plan, Service
from events.domain import Actor, record

EDITABLE = ("plan", "zone", "price", "status", "installed_on", "never_cut_until", "address", "notes")


@transaction.atomic
def add_service(*, customer_id: int, fields: dict[str, Any], actor: Actor, now: datetime) -> Service:
    """Contract a service. Its code is the customer's with the next number. Raises KeyError for another field."""
    # The customer's row is the lock: two services at once take different numbers.
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    taken = set(customer.services.values_list("code", flat=True))
    number = next(n for n in range(1, len(taken) + 2) if f"{customer.code}-{n}" not in taken)
    service = Service(customer=customer, code=f"{customer.code}-{number}", created_at=now)
    _set(service, fields)
    service.save()
    record("service.added", subject=service, actor=actor, at=now, service=service.code, plan=service.plan.name)
    return service


@transaction.atomic
def change_service(*, service_id: int, fields: dict[str, Any], actor: Actor, now: datetime) -> Service:
    """Change a service. A new plan is told apart, because the customer will ask since when."""
    service = Service.objects.select_for_update(of=("self",)).select_related("plan").get(pk=service_id)
    before: Plan = service.plan
    changed = _set(service, fields)
    if not changed:
        return service
    service.save()
    if "plan" in changed:
        record(
            "service.plan_changed",
            subject=service,
            actor=actor,
            at=now,
            service=service.code,
            before=before.name,
            plan=service.plan.name,
        )
    rest = sorted(set(changed) - {"plan"})
    if rest:
        record("service.changed", subject=service, actor=actor, at=now, service=service.code, fields=rest)
    return service


@transaction.atomic
def cancel_service(*, service_id: int, actor: Actor, now: datetime, today: date, reason: str = "") -> bool:
    """End a service. Returns False when it was over already. Whoever calls also tells the network."""
    service = Service.objects.select_for_update().get(pk=service_id)
    if service.status == Service.Status.CANCELLED:
        return False
    service.status, service.ended_on = Service.Status.CANCELLED, today
    service.save(update_fields=["status", "ended_on"])
    record("service.cancelled", subject=service, actor=actor, at=now, service=service.code, why=reason)
    return True


def _set(service: Service, fields: dict[str, Any]) -> list[str]:
    changed = []
    for field, value in fields.items():
        if field not in EDITABLE:
            raise KeyError(field)
        if (field == "plan" and service.plan_id is None) or getattr(service, field) != value:
            setattr(service, field, value)
            changed.append(field)
    return changed
