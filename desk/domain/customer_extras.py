"""What billing and network know that the customers' list shows, filters, sorts and finds by."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import Entry, Invoice, LedgerAccount
from customers.domain import extras
from network.models import Access
from tenants.current import tenant_today

_ACCOUNTS = (LedgerAccount.Kind.RECEIVABLE, LedgerAccount.Kind.CREDIT)
_SHORTEST = 3
_ADDRESS = re.compile(r"[0-9a-fA-F.:]+")


def register() -> None:
    """Add the debt to the customers' list, and finding by PPPoE user or address."""
    extras.add_filter(
        extras.Filter(
            key="deuda",
            label=_("Con y sin deuda"),
            choices=(
                ("debe", _("Deben algo")),
                ("vencida", _("Con algo vencido")),
                ("corriente", _("Al corriente")),
                ("favor", _("Con saldo a favor")),
            ),
            narrow=narrow_by_debt,
            code="billing.view",
        )
    )
    extras.add_figure(
        extras.Figure(key="saldo", label=_("Debe"), amounts=balances_of, annotate=with_balance, code="billing.view")
    )
    extras.add_finder("access", find_by_access)


def narrow_by_debt(customers: QuerySet[Any], value: str) -> QuerySet[Any]:
    """Return those that owe, owe something overdue, owe nothing, or have money in their favour."""
    unpaid = Invoice.objects.unpaid().filter(customer=OuterRef("pk"))
    match value:
        case "debe":
            return with_balance(customers).filter(saldo__gt=0)
        case "favor":
            return with_balance(customers).filter(saldo__lt=0)
        case "vencida":
            return customers.filter(Exists(unpaid.filter(due_on__lt=tenant_today(timezone.now()))))
        case _:
            return customers.filter(~Exists(unpaid))


def with_balance(customers: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate `saldo`: what each owes less what they have in favour, whatever the currency."""
    sums = (
        Entry.objects.filter(account__kind__in=_ACCOUNTS, customer=OuterRef("pk"))
        .order_by()
        .values("customer")
        .annotate(sum=Sum("amount"))
        .values("sum")
    )
    amount = DecimalField(max_digits=18, decimal_places=3)
    return customers.annotate(
        saldo=Coalesce(Subquery(sums, output_field=amount), Value(Decimal(0), output_field=amount))
    )


def balances_of(customer_ids: Collection[int]) -> dict[int, list[tuple[Decimal, str]]]:
    """Return what each owes by currency, with one query; negative is in their favour, zero is left out."""
    rows = (
        Entry.objects.filter(customer_id__in=customer_ids, account__kind__in=_ACCOUNTS)
        .values("customer_id", "currency")
        .annotate(sum=Sum("amount"))
        .order_by("customer_id", "currency")
    )
    found: dict[int, list[tuple[Decimal, str]]] = defaultdict(list)
    for row in rows:
        if row["sum"]:
            found[row["customer_id"]].append((row["sum"], row["currency"]))
    return dict(found)


def find_by_access(text: str) -> QuerySet[Any] | None:
    """Return the customers whose PPPoE user holds the text, or whose address begins with it."""
    if len(text) < _SHORTEST or " " in text:
        return None
    match = Q(username__icontains=text)
    if _ADDRESS.fullmatch(text) and ("." in text or ":" in text):
        match |= Q(ip__startswith=text) | Q(session_address__startswith=text)
    return Access.objects.filter(match).values("service__customer_id")
