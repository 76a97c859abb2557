"""What people owed before: their invoices and running balances, as billing takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.domain.money import round_money
from billing.domain.opening import OpeningBalance, OpeningInvoice, open_balances, open_invoices
from desk.imports.known import external
from desk.imports.people import Person
from desk.imports.sources.base import InvoiceRow, ServiceRow
from events.domain import Actor
from tenants.current import current_tenant, tenant_today


@dataclass(frozen=True, slots=True)
class Debtor:
    """A person with the ids they have here. `fresh` are the services this import makes."""

    person: Person
    customer_id: int
    service_ids: dict[str, int]
    fresh: frozenset[str]


def bring_debts(*, source: str, debtors: Sequence[Debtor], actor: Actor, now: datetime) -> Counter[str]:
    """Bring invoices of all, and balances of the services that are new here. Twice changes nothing.

    The balance of a service brought before is not brought again: since then it lives here.
    """
    today = tenant_today(now)
    invoices = [_invoice(source, debtor, row) for debtor in debtors for row in debtor.person.invoices]
    owed = [
        _balance_invoice(source, debtor, row, today)
        for debtor in debtors
        for row in debtor.person.rows
        if row.ref in debtor.fresh and row.balance > 0
    ]
    favours = [
        OpeningBalance(balance_ref(source, row), debtor.customer_id, _rounded(row.balance), today)
        for debtor in debtors
        for row in debtor.person.rows
        if row.ref in debtor.fresh and row.balance < 0
    ]
    done = open_invoices(invoices, actor=actor, now=now)
    return Counter(
        invoices_new=done.created,
        invoices_same=done.existing,
        balances_new=open_invoices(owed, actor=actor, now=now).created,
        credits_new=open_balances(favours, actor=actor, now=now).created,
    )


def invoice_ref(source: str, row: InvoiceRow) -> str:
    """Return the key under which an invoice of the source is recognised."""
    return external(source, f"factura:{row.ref}")


def balance_ref(source: str, row: ServiceRow) -> str:
    """Return the key under which the balance of a service is recognised."""
    return external(source, f"saldo:{row.ref}")


def _invoice(source: str, debtor: Debtor, row: InvoiceRow) -> OpeningInvoice:
    total = _rounded(row.total)
    return OpeningInvoice(
        external_ref=invoice_ref(source, row),
        customer_id=debtor.customer_id,
        label=row.label,
        issued_on=row.issued_on,
        due_on=row.due_on,
        total=total,
        tax=min(_rounded(row.tax), total),
        paid=total if row.is_paid else Decimal(0),
        description=row.description,
        # Without its period a run would charge again the days that were charged before us.
        service_id=debtor.service_ids.get(row.service_ref) if row.period else None,
        period=row.period,
    )


def _balance_invoice(source: str, debtor: Debtor, row: ServiceRow, today: date) -> OpeningInvoice:
    """What is owed beside the invoices falls due on the next cut day, as before: nobody is cut tonight for moving."""
    return OpeningInvoice(
        external_ref=balance_ref(source, row),
        customer_id=debtor.customer_id,
        label=_("Saldo anterior"),
        issued_on=today,
        due_on=max(row.cut_on or today, today),
        total=_rounded(row.balance),
        description=_("Saldo que traía de WispHub"),
    )


def _rounded(amount: Decimal) -> Decimal:
    return round_money(amount, current_tenant().currency)
