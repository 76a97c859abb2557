"""What a customer contracts, and its changes. Ending a service is the desk's, which also tells the network.

Another plan or price moves money that was charged already, and money is above: whoever knows it registers
`change_plan_by`, as with customers.domain.extras, and a change of plan then goes through there from wherever it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from customers.models import Customer, Plan, Service
from events.domain import Actor, record


class ServiceRefused(Exception):
    """The service cannot change so; the message is for people, nothing was written. `field` is what is wrong."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


# (service_id, new_plan, new_price, actor, now), by keyword. Raises ServiceRefused.
PlanChanger = Callable[..., object]
_plan_changers: list[PlanChanger] = []


def change_plan_by(changer: PlanChanger) -> None:
    """Let `changer` do every change of plan or price. Raises ValueError for a second one."""
    if _plan_changers:
        raise ValueError("plans are changed by one")
    _plan_changers.append(changer)


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
    """Change a service. Another plan or price goes through whoever knows the money. Raises ServiceRefused."""
    fields = dict(fields)
    service = Service.objects.select_related("plan").get(pk=service_id)
    plan, price = fields.pop("plan", service.plan), fields.pop("price", service.price)
    if (plan.pk, price) != (service.plan_id, service.price):
        # First, because it locks the books before the service.
        for changer in _plan_changers or [set_plan]:
            changer(service_id=service_id, new_plan=plan, new_price=price, actor=actor, now=now)
    service = Service.objects.select_for_update(of=("self",)).select_related("plan").get(pk=service_id)
    changed = sorted(_set(service, fields))
    if changed:
        service.save()
        record("service.changed", subject=service, actor=actor, at=now, service=service.code, fields=changed)
    return service


@transaction.atomic
def set_plan(*, service_id: int, new_plan: Plan, new_price: Decimal | None, actor: Actor, now: datetime) -> Service:
    """Write the plan and price, no money moved. A new plan is told, because the customer will ask since when."""
    service = Service.objects.select_for_update(of=("self",)).select_related("plan").get(pk=service_id)
    before, price = service.plan, service.price
    service.plan, service.price = new_plan, new_price
    service.save(update_fields=["plan", "price"])
    facts = {"subject": service, "actor": actor, "at": now, "service": service.code}
    if before.pk != new_plan.pk:
        record("service.plan_changed", before=before.name, plan=new_plan.name, **facts)
    elif price != new_price:
        record("service.changed", fields=["price"], **facts)
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


@transaction.atomic
def reopen_service(*, service_id: int, actor: Actor, now: datetime) -> bool:
    """Undo the end of a service. Returns False when it is not over. Whoever calls also tells the network."""
    service = Service.objects.select_for_update().get(pk=service_id)
    if service.status != Service.Status.CANCELLED:
        return False
    service.status, service.ended_on = Service.Status.ACTIVE, None
    service.save(update_fields=["status", "ended_on"])
    record("service.reopened", subject=service, actor=actor, at=now, service=service.code)
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
