"""One chunk of people into the database: set-based, inside the caller's transaction, the same however often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.domain.plan_changes import note_changes
from customers.domain.codes import as_code, take_codes
from customers.models import Contact, Customer, Equipment, Service
from customers.text import fold
from desk.imports.accesses import bring_accesses
from desk.imports.catalog import make_catalog, only_of
from desk.imports.debts import Debtor, bring_debts
from desk.imports.differences import (
    customer_differences,
    customer_fields,
    own_price,
    service_differences,
    status_of,
)
from desk.imports.known import Known, external, load_known
from desk.imports.people import Person, Prepared
from desk.imports.sources.base import ServiceRow, State
from desk.imports.standing import adopt_suspended
from events.domain import Actor, Fact, record_many

PlanAndPrice = tuple[int, Decimal | None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The people of one transaction and what rules them."""

    source: str
    people: Sequence[Person]
    prepared: Prepared
    update_existing: bool
    actor: Actor
    now: datetime


def write_chunk(chunk: Chunk) -> Counter[str]:
    """Make and change what these people bring. Returns how many of each kind."""
    known = load_known(source=chunk.source, people=chunk.people)
    counts = make_catalog(only_of(chunk.prepared, chunk.people), known)
    customers, fresh = _customers(chunk, known, counts)
    # First, so that the customer's story begins with it.
    _record(chunk, customers, fresh)
    counts.update(_contacts(chunk, known, customers, fresh))
    services, made = _services(chunk, known, customers, counts)
    if chunk.update_existing:
        counts.update(_update(chunk, known))
    counts.update(_equipment(made))
    debtors = [
        Debtor(
            person,
            customers[person.ref].pk,
            {row.ref: services[row.ref].pk for row in person.rows},
            frozenset(row.ref for row in person.rows if row.ref in made),
        )
        for person in chunk.people
    ]
    counts.update(bring_debts(source=chunk.source, debtors=debtors, actor=chunk.actor, now=chunk.now))
    counts.update(adopt_suspended(source=chunk.source, debtors=debtors, actor=chunk.actor, now=chunk.now))
    # After the holds: what an access should be follows them.
    counts.update(bring_accesses(source=chunk.source, made=made.values(), actor=chunk.actor, now=chunk.now))
    return counts


def _customers(chunk: Chunk, known: Known, counts: Counter[str]) -> tuple[dict[str, Customer], set[str]]:
    """Every person's customer by their ref, and the refs of those made now."""
    customers: dict[str, Customer] = {}
    newcomers: list[Person] = []
    for person in chunk.people:
        customer = known.customer(person)
        if customer is None:
            newcomers.append(person)
        else:
            customers[person.ref] = customer
    codes = _codes(newcomers)
    made = Customer.objects.bulk_create(
        Customer(
            code=codes[person.ref],
            name_key=fold(person.name),
            zone=known.zone(person.rows[0]),
            external_ref=external(chunk.source, person.ref),
            created_at=chunk.now,
            **customer_fields(person),
        )
        for person in newcomers
    )
    customers.update({person.ref: customer for person, customer in zip(newcomers, made, strict=True)})
    counts["customers_new"] += len(made)
    counts["customers_same"] += len(chunk.people) - len(made)
    return customers, {person.ref for person in newcomers}


def _codes(people: Sequence[Person]) -> dict[str, str]:
    """Customers keep the number they are known by; whoever finds theirs taken gets the next free one."""
    wanted = {
        person.ref: as_code(int(person.ref)) for person in people if person.ref.isdecimal() and len(person.ref) < 12
    }
    taken = set(Customer.objects.filter(code__in=wanted.values()).values_list("code", flat=True))
    codes = {ref: code for ref, code in wanted.items() if code not in taken}
    left = [person.ref for person in people if person.ref not in codes]
    if left:
        used = set(codes.values())
        spare = [code for code in take_codes(len(left) + len(used)) if code not in used]
        codes.update(zip(left, spare, strict=False))
    return codes


def _contacts(chunk: Chunk, known: Known, customers: dict[str, Customer], fresh: set[str]) -> Counter[str]:
    rows: list[Contact] = []
    for person in chunk.people:
        if person.ref not in fresh and not chunk.update_existing:
            continue
        customer_id = customers[person.ref].pk
        have = known.phones.get(customer_id, set())
        rows.extend(
            Contact(customer_id=customer_id, kind=Contact.Kind.PHONE, value=phone, is_primary=not have and at == 0)
            for at, phone in enumerate(person.phones)
            if phone not in have
        )
    return Counter(contacts_new=len(Contact.objects.bulk_create(rows)))


def _services(
    chunk: Chunk, known: Known, customers: dict[str, Customer], counts: Counter[str]
) -> tuple[dict[str, Service], dict[str, tuple[Service, ServiceRow]]]:
    """Every row's service by its ref, and those made now with their rows."""
    found: dict[str, Service] = {}
    rows: list[ServiceRow] = []
    drafts: list[Service] = []
    for person in chunk.people:
        customer = customers[person.ref]
        for row in person.rows:
            service = known.service(row)
            if service is not None:
                found[row.ref] = service
                continue
            rows.append(row)
            drafts.append(_service(chunk, known, customer, row))
    made = Service.objects.bulk_create(drafts)
    counts["services_new"] += len(made)
    counts["services_same"] += len(found)
    fresh = {row.ref: (service, row) for row, service in zip(rows, made, strict=True)}
    found.update({ref: service for ref, (service, _row) in fresh.items()})
    return found, fresh


def _service(chunk: Chunk, known: Known, customer: Customer, row: ServiceRow) -> Service:
    plan = known.plan(row)
    if plan is None:  # the catalogue was completed for these very people
        raise LookupError(row.plan.name)
    return Service(
        customer=customer,
        plan=plan,
        zone=known.zone(row),
        code=known.next_service_code(customer),
        price=own_price(row, plan),
        status=status_of(row),
        installed_on=row.installed_on,
        ended_on=row.ended_on if row.state is State.CANCELLED else None,
        address=row.address,
        external_ref=external(chunk.source, row.ref),
        created_at=chunk.now,
    )


def _equipment(made: dict[str, tuple[Service, ServiceRow]]) -> Counter[str]:
    rows: list[Equipment] = []
    for service, row in made.values():
        if not (row.equipment or row.mac or row.wifi_name or row.cpe_password or row.wifi_password):
            continue
        equipment = Equipment(service=service, model=row.equipment[:80], mac=row.mac, wifi_name=row.wifi_name[:64])
        equipment.seal(cpe_password=row.cpe_password, wifi_password=row.wifi_password)
        rows.append(equipment)
    return Counter(equipment_new=len(Equipment.objects.bulk_create(rows)))


def _update(chunk: Chunk, known: Known) -> Counter[str]:
    """Change what the files say otherwise; whoever is already as the files say is not written."""
    counts: Counter[str] = Counter()
    changed: list[tuple[Customer, dict[str, Any]]] = []
    services: list[Service] = []
    plans: list[tuple[int, PlanAndPrice, PlanAndPrice]] = []
    for person in chunk.people:
        customer = known.customer(person)
        if customer is not None and (changes := customer_differences(customer, person)):
            changed.append((customer, changes))
        for row in person.rows:
            service = known.service(row)
            if service is not None and (changes := service_differences(service, row, known)):
                before = (service.plan_id, service.price)
                _apply(service, changes)
                plans.append((service.pk, before, (service.plan_id, service.price)))
                services.append(service)
    for customer, changes in changed:
        _apply(customer, changes)
        customer.name_key = fold(customer.name)
    Customer.objects.bulk_update(
        [customer for customer, _changes in changed],
        ["name", "name_key", "national_id", "email", "address", "locality", "city", "latitude", "longitude", "notes"],
    )
    Service.objects.bulk_update(services, ["plan", "price", "status", "ended_on"])
    note_changes(changes=plans, actor=chunk.actor, now=chunk.now)
    record_many(
        Fact("customer.changed", customer, chunk.actor, customer.pk, chunk.now, {"fields": sorted(changes)})
        for customer, changes in changed
    )
    counts["customers_changed"] = len(changed)
    counts["customers_same"] = -len(changed)
    counts["services_changed"] = len(services)
    counts["services_same"] = -len(services)
    return counts


def _apply(row: Customer | Service, changes: dict[str, Any]) -> None:
    for field, value in changes.items():
        setattr(row, field, value)


def _record(chunk: Chunk, customers: dict[str, Customer], fresh: set[str]) -> None:
    record_many(
        Fact(
            "customer.imported",
            customers[person.ref],
            chunk.actor,
            customers[person.ref].pk,
            chunk.now,
            {"source": chunk.source, "user": person.rows[0].user, "plans": [row.plan.name for row in person.rows]},
        )
        for person in chunk.people
        if person.ref in fresh
    )
