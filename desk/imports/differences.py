"""What a row says that we hold otherwise: the same answer for the check and for the run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from customers.models import Customer, Plan, Service
from desk.imports.known import Known
from desk.imports.people import Person
from desk.imports.sources.base import ServiceRow, State

_STATUS = {
    State.ACTIVE: Service.Status.ACTIVE,
    State.SUSPENDED: Service.Status.ACTIVE,
    State.FREE: Service.Status.FREE,
    State.CANCELLED: Service.Status.CANCELLED,
}


def status_of(row: ServiceRow) -> Service.Status:
    """Return the status of the service: a suspended one is active, and off by a hold."""
    return _STATUS[row.state]


def customer_fields(person: Person) -> dict[str, Any]:
    """Return what a person's first row says about the customer."""
    row = person.rows[0]
    return {
        "name": person.name,
        "national_id": row.national_id,
        "email": row.email,
        "address": row.address,
        "locality": row.locality,
        "city": row.city,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "notes": row.notes,
    }


def customer_differences(customer: Customer, person: Person) -> dict[str, Any]:
    """Return the fields that the files would change. What the files leave blank changes nothing."""
    said = customer_fields(person)
    return {
        field: value for field, value in said.items() if value not in ("", None) and value != getattr(customer, field)
    }


def own_price(row: ServiceRow, plan: Plan) -> Decimal | None:
    """Return the price to write on the service itself: none when it is the plan's."""
    return None if row.price == plan.price else row.price


def service_differences(service: Service, row: ServiceRow, known: Known) -> dict[str, Any]:
    """Return what would change in a service: its plan, its price and its end; never its holds."""
    changes: dict[str, Any] = {}
    plan = known.plan(row)
    if plan is not None and plan.pk != service.plan_id:
        changes["plan"] = plan
    if plan is not None:
        price = own_price(row, plan)
        if price != service.price:
            changes["price"] = price
    if row.state is State.CANCELLED and service.status != Service.Status.CANCELLED:
        changes |= {"status": Service.Status.CANCELLED, "ended_on": row.ended_on}
    return changes
