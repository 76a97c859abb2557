"""What there already is of what the files bring: a few queries, however many people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from customers.models import Contact, Customer, Plan, Service, Zone
from customers.text import fold
from desk.imports.people import Person
from desk.imports.sources.base import ServiceRow

Named = TypeVar("Named", Zone, Plan)


def external(source: str, ref: str) -> str:
    """Return the key under which a row of a source is recognised, as in "wisphub:1234"."""
    return f"{source}:{ref}"


@dataclass(slots=True)
class Known:
    """Customers, services and numbers we have of these people, and the whole catalogue."""

    source: str
    services: dict[str, Service]
    customers: dict[str, Customer]
    phones: dict[int, set[str]]
    codes: dict[int, set[str]]
    zones: dict[str, Zone]
    plans: dict[str, Plan]

    def service(self, row: ServiceRow) -> Service | None:
        """Return the service this row became in an earlier import."""
        return self.services.get(external(self.source, row.ref))

    def customer(self, person: Person) -> Customer | None:
        """Return the customer a person became, recognised by any of their services."""
        for row in person.rows:
            service = self.service(row)
            if service is not None:
                return service.customer
        return self.customers.get(external(self.source, person.ref))

    def next_service_code(self, customer: Customer) -> str:
        """Take the next code for a service of this customer: 0042-1, 0042-2."""
        taken = self.codes.setdefault(customer.pk, set())
        number = 1
        while f"{customer.code}-{number}" in taken:
            number += 1
        taken.add(f"{customer.code}-{number}")
        return f"{customer.code}-{number}"

    def zone(self, row: ServiceRow) -> Zone | None:
        """Return the zone of the row's zone: the one brought before, else the one of that name."""
        return self.zones.get(external(self.source, row.zone.ref)) or self.zones.get(fold(row.zone.name))

    def plan(self, row: ServiceRow) -> Plan | None:
        """Return the plan of the row's plan: the one brought before, else the one of that name."""
        return self.plans.get(external(self.source, row.plan.ref)) or self.plans.get(fold(row.plan.name))


def load_known(*, source: str, people: Sequence[Person]) -> Known:
    """Read what there is of these people: six queries."""
    refs = [external(source, row.ref) for person in people for row in person.rows]
    services = {
        service.external_ref: service
        for service in Service.objects.filter(external_ref__in=refs).select_related("customer", "plan")
    }
    customers = {customer.external_ref: customer for customer in Customer.objects.filter(external_ref__in=refs)}
    ids = {service.customer_id for service in services.values()} | {customer.pk for customer in customers.values()}
    phones: dict[int, set[str]] = {}
    for customer_id, value in Contact.objects.filter(customer_id__in=ids).values_list("customer_id", "value"):
        phones.setdefault(customer_id, set()).add(value)
    codes: dict[int, set[str]] = {}
    for customer_id, code in Service.objects.filter(customer_id__in=ids).values_list("customer_id", "code"):
        codes.setdefault(customer_id, set()).add(code)
    return Known(
        source=source,
        services=services,
        customers=customers,
        phones=phones,
        codes=codes,
        zones=_by_ref_and_name(Zone.objects.all()),
        plans=_by_ref_and_name(Plan.objects.all()),
    )


def _by_ref_and_name(rows: Iterable[Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for row in rows:
        found[fold(row.name)] = row
        if row.external_ref:
            found[row.external_ref] = row
    return found
