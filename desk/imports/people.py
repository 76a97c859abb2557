"""From rows of services to people with their services, plans and debts. Pure: nothing here touches the database."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from customers.text import fold
from desk.imports.sources.base import Batch, InvoiceRow, Level, Named, Problem, ServiceRow, State

_RATE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(k|m|g)(?:b?ps|bits?|b)?\b", re.IGNORECASE)
_KBPS = {"k": 1, "m": 1000, "g": 1_000_000}
_SHORTEST_NATIONAL_ID = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody and all they contracted. `ref` is the source's key of their first service."""

    rows: tuple[ServiceRow, ...]
    invoices: tuple[InvoiceRow, ...]

    @property
    def ref(self) -> str:
        """The key that recognises them when they come again."""
        return self.rows[0].ref

    @property
    def name(self) -> str:
        """Their name as the first row writes it."""
        return self.rows[0].name

    @property
    def phones(self) -> list[str]:
        """Their numbers, each once, in the order of the rows."""
        return list(dict.fromkeys(phone for row in self.rows for phone in row.phones))

    @property
    def owed(self) -> Decimal:
        """What they owe in all: open invoices and running balances; negative is their credit."""
        return sum((invoice.total for invoice in self.open_invoices), Decimal(0)) + sum(
            (row.balance for row in self.rows), Decimal(0)
        )

    @property
    def open_invoices(self) -> list[InvoiceRow]:
        """Their invoices that are still to be paid."""
        return [invoice for invoice in self.invoices if not invoice.is_paid]


@dataclass(frozen=True, slots=True)
class PlanFound:
    """A plan as the rows describe it: its usual price, and the speed its name tells."""

    ref: str
    name: str
    price: Decimal
    download_kbps: int


@dataclass(slots=True)
class Prepared:
    """A batch ready to be compared with what there is."""

    people: list[Person]
    zones: dict[str, Named]
    plans: dict[str, PlanFound]
    routers: dict[str, Named]
    tax_rate: Decimal
    problems: list[Problem] = field(default_factory=list)


def prepare_batch(batch: Batch) -> Prepared:
    """Gather the rows into people and find the zones, plans and routers they name."""
    invoices, orphans = _invoices_by_service(batch)
    prepared = Prepared(
        people=[
            Person(tuple(rows), tuple(invoice for row in rows for invoice in invoices[row.ref]))
            for rows in _group(batch.services)
        ],
        zones={row.zone.ref: row.zone for row in batch.services},
        plans=_plans(batch.services),
        routers={row.router.ref: row.router for row in batch.services if row.router},
        tax_rate=_tax_rate(batch),
    )
    prepared.problems.extend(_orphaned(invoice) for invoice in orphans)
    prepared.problems.extend(_namesakes(prepared.people))
    prepared.problems.extend(_shared_users(batch.services))
    prepared.problems.extend(_cut_days(batch.services))
    return prepared


def _group(rows: Iterable[ServiceRow]) -> list[list[ServiceRow]]:
    """Rows of one name and one national id are one person; a name alone is not enough."""
    people: dict[tuple[str, str], list[ServiceRow]] = {}
    for row in rows:
        known = len(row.national_id) >= _SHORTEST_NATIONAL_ID
        key = (row.national_id, fold(row.name)) if known else ("", row.ref)
        people.setdefault(key, []).append(row)
    return list(people.values())


def _invoices_by_service(batch: Batch) -> tuple[dict[str, list[InvoiceRow]], list[InvoiceRow]]:
    by_user = {row.user: row.ref for row in batch.services if row.user}
    refs = {row.ref for row in batch.services}
    found: dict[str, list[InvoiceRow]] = defaultdict(list)
    orphans: list[InvoiceRow] = []
    for invoice in batch.invoices:
        ref = invoice.service_ref if invoice.service_ref in refs else by_user.get(invoice.user)
        if ref is None:
            orphans.append(invoice)
        else:
            found[ref].append(invoice)
    return found, orphans


def _plans(rows: Iterable[ServiceRow]) -> dict[str, PlanFound]:
    prices: dict[Named, Counter[Decimal]] = defaultdict(Counter)
    for row in rows:
        prices[row.plan][row.price] += 1
    found: dict[str, PlanFound] = {}
    for plan, seen in prices.items():
        # The usual price; of two as usual, the higher, so that nobody's own price hides a rise.
        _times, price = max((times, amount) for amount, times in seen.items())
        found.setdefault(plan.ref, PlanFound(plan.ref, plan.name[:80], price, speed_in(plan.name)))
    return found


def speed_in(name: str) -> int:
    """Return the speed a plan's name tells, in kbit/s ("Plan 50 Mbps", "Básico 10M"); 0 when it tells none."""
    found = _RATE.search(name)
    if not found:
        return 0
    return int(Decimal(found[1].replace(",", ".")) * _KBPS[found[2].lower()])


def _tax_rate(batch: Batch) -> Decimal:
    """The share of tax most invoices carry, to a thousandth: rounding of single invoices does not show."""
    rates = Counter(
        (invoice.tax / invoice.subtotal).quantize(Decimal("0.001")) for invoice in batch.invoices if invoice.subtotal
    )
    return rates.most_common(1)[0][0] if rates else Decimal(0)


def _orphaned(invoice: InvoiceRow) -> Problem:
    return Problem(
        kind="orphan_invoice",
        level=Level.ERROR,
        row=invoice.row,
        ref=invoice.label,
        field="cliente",
        sentence=_("Factura %(label)s: su cliente («%(user)s») no está en la lista; se deja fuera.")
        % {"label": invoice.label, "user": invoice.user or "?"},
    )


def _namesakes(people: list[Person]) -> Iterable[Problem]:
    by_name: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        by_name[fold(person.name)].append(person)
    for same in by_name.values():
        if len(same) > 1:
            yield Problem(
                kind="namesakes",
                level=Level.WARNING,
                row=same[1].rows[0].row,
                ref=same[1].rows[0].user,
                field="nombre",
                sentence=_(
                    "%(name)s: hay %(count)d personas con este nombre y distinto documento; "
                    "entran como clientes distintos."
                )
                % {"name": same[0].name, "count": len(same)},
            )


def _shared_users(rows: Iterable[ServiceRow]) -> Iterable[Problem]:
    first: dict[tuple[str, str], ServiceRow] = {}
    for row in rows:
        if not row.router or not row.ppp_user or row.state is State.CANCELLED:
            continue
        other = first.setdefault((row.router.name, row.ppp_user), row)
        if other is not row:
            yield Problem(
                kind="shared_user",
                level=Level.WARNING,
                row=row.row,
                ref=row.user,
                field="servicio",
                sentence=_(
                    "%(who)s usa el mismo usuario PPPoE que %(other)s («%(user)s»); el acceso queda para %(other)s."
                )
                % {"who": row.name, "other": other.name, "user": row.ppp_user},
            )


def _cut_days(rows: Iterable[ServiceRow]) -> Iterable[Problem]:
    """One policy rules a provider here, while the source lets each zone have its own days: say so."""
    days: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row.cut_on and row.state is not State.CANCELLED:
            days[row.zone.name].add(row.cut_on.day)
    if len(set().union(*days.values())) > 1:
        listed = ", ".join(f"{zone} {'/'.join(map(str, sorted(found)))}" for zone, found in sorted(days.items()))
        yield Problem(
            kind="cut_days",
            level=Level.WARNING,
            field="fecha_corte",
            sentence=_(
                "Las zonas cortan en días distintos (%(days)s). Las facturas abiertas "
                "conservan su vencimiento; las nuevas "
                "seguirán la política de cobro de Ajustes."
            )
            % {"days": listed},
        )
