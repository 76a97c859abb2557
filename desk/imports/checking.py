"""The dry run: what an import would make, change and leave out. It reads, and writes only its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from billing.models import Invoice
from desk.imports.accesses import has_access
from desk.imports.catalog import missing_plans, missing_zones
from desk.imports.debts import invoice_ref
from desk.imports.differences import customer_differences, service_differences
from desk.imports.known import Known, load_known
from desk.imports.people import Person, Prepared
from desk.imports.sources.base import Level, Problem, State
from network.models import Router

_KEPT_PROBLEMS = 20_000


def report_on(*, source: str, prepared: Prepared, problems: Sequence[Problem], update_existing: bool) -> dict[str, Any]:
    """Return the report of a batch, fit for JSON: counts, money, and every problem."""
    known = load_known(source=source, people=prepared.people)
    counts = Counter(zones_new=len(missing_zones(prepared, known)), plans_new=len(missing_plans(prepared, known)))
    counts["routers_new"] = len(_missing_routers(prepared))
    for person in prepared.people:
        counts.update(_count_person(person, known, update_existing=update_existing))
    counts.update(_count_invoices(source, prepared.people))
    everything = [*problems, *prepared.problems]
    counts["left_out"] = len({(p.file, p.row) for p in everything if p.level is Level.ERROR and p.row})
    return {
        "counts": {key: value for key, value in sorted(counts.items()) if value},
        "money": _money(prepared.people, known),
        "tax_rate": str(prepared.tax_rate.normalize()),
        "routers": sorted(router.name for router in prepared.routers.values()),
        "problems": [_plain(problem) for problem in everything[:_KEPT_PROBLEMS]],
    }


def is_empty(report: dict[str, Any]) -> bool:
    """Say whether running it would change nothing."""
    return not any(key.endswith(("_new", "_changed")) for key in report["counts"])


def _count_person(person: Person, known: Known, *, update_existing: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    customer = known.customer(person)
    if customer is None:
        counts["customers_new"] += 1
        counts["contacts_new"] += len(person.phones)
    elif update_existing:
        counts["customers_changed" if customer_differences(customer, person) else "customers_same"] += 1
        counts["contacts_new"] += len(set(person.phones) - known.phones.get(customer.pk, set()))
    else:
        counts["customers_same"] += 1
    for row in person.rows:
        service = known.service(row)
        if service is not None:
            changes = update_existing and service_differences(service, row, known)
            counts["services_changed" if changes else "services_same"] += 1
            continue
        counts["services_new"] += 1
        counts[f"services_{row.state}"] += 1
        counts["balances_new"] += row.balance > 0
        counts["credits_new"] += row.balance < 0
        counts["accesses_new"] += has_access(row)
        if row.state is State.SUSPENDED:
            counts["holds_debt" if person.owed > 0 else "holds_staff"] += 1
    return counts


def _count_invoices(source: str, people: Iterable[Person]) -> Counter[str]:
    invoices = {invoice_ref(source, invoice): invoice for person in people for invoice in person.invoices}
    have = set(Invoice.objects.filter(external_ref__in=invoices).values_list("external_ref", flat=True))
    fresh = [invoice for ref, invoice in invoices.items() if ref not in have]
    paid = sum(invoice.is_paid for invoice in fresh)
    return Counter(
        invoices_new=len(fresh), invoices_paid=paid, invoices_open=len(fresh) - paid, invoices_same=len(have)
    )


def _missing_routers(prepared: Prepared) -> set[str]:
    names = {router.name[:80] for router in prepared.routers.values()}
    return names - set(Router.objects.filter(name__in=names).values_list("name", flat=True))


def _money(people: Sequence[Person], known: Known) -> dict[str, str]:
    """The sums of what is new, to be compared with the totals of the other system."""
    invoices = balances = favours = Decimal(0)
    for person in people:
        invoices += sum((invoice.total for invoice in person.open_invoices), Decimal(0))
        for row in person.rows:
            if known.service(row) is None:
                balances += max(row.balance, Decimal(0))
                favours += max(-row.balance, Decimal(0))
    return {
        "invoices": str(invoices),
        "balances": str(balances),
        "credits": str(favours),
        "owed": str(invoices + balances - favours),
    }


def _plain(problem: Problem) -> dict[str, Any]:
    return {**asdict(problem), "level": str(problem.level)}
