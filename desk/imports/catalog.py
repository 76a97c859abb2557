"""Zones and plans that the files name and we do not have yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from customers.models import Plan, Zone
from customers.text import fold
from desk.imports.known import Known, external
from desk.imports.people import Person, Prepared


def missing_zones(prepared: Prepared, known: Known) -> list[Zone]:
    """Return the zones to make, unsaved."""
    found: dict[str, Zone] = {}
    for ref, zone in prepared.zones.items():
        name = zone.name[:80]
        if external(known.source, ref) not in known.zones and fold(name) not in known.zones:
            found.setdefault(fold(name), Zone(name=name, external_ref=external(known.source, ref)))
    return list(found.values())


def missing_plans(prepared: Prepared, known: Known) -> list[Plan]:
    """Return the plans to make, unsaved, with their usual price and the tax the invoices carry."""
    found: dict[str, Plan] = {}
    for ref, plan in prepared.plans.items():
        if external(known.source, ref) not in known.plans and fold(plan.name) not in known.plans:
            made = Plan(
                name=plan.name,
                price=plan.price,
                download_kbps=plan.download_kbps,
                upload_kbps=0,
                tax_rate=prepared.tax_rate,
                tax_included=True,
                external_ref=external(known.source, ref),
            )
            found.setdefault(fold(plan.name), made)
    return list(found.values())


def make_catalog(prepared: Prepared, known: Known) -> Counter[str]:
    """Make what is missing and add it to what is known. Returns how many of each."""
    zones = Zone.objects.bulk_create(missing_zones(prepared, known))
    plans = Plan.objects.bulk_create(missing_plans(prepared, known))
    for zone in zones:
        known.zones[zone.external_ref] = known.zones[fold(zone.name)] = zone
    for plan in plans:
        known.plans[plan.external_ref] = known.plans[fold(plan.name)] = plan
    return Counter(zones_new=len(zones), plans_new=len(plans))


def only_of(prepared: Prepared, people: Sequence[Person]) -> Prepared:
    """Return the part of the catalogue that these people need."""
    zones = {row.zone.ref for person in people for row in person.rows}
    plans = {row.plan.ref for person in people for row in person.rows}
    return Prepared(
        people=list(people),
        zones={ref: zone for ref, zone in prepared.zones.items() if ref in zones},
        plans={ref: plan for ref, plan in prepared.plans.items() if ref in plans},
        routers=prepared.routers,
        tax_rate=prepared.tax_rate,
    )
