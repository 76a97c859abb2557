"""A customer's movements: with what was owed after each, by days and kind, and as a table to take away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.access import needs
from billing.domain.ledger import Movement, Statement, Window, read_statement
from billing.domain.money import round_money
from billing.domain.windows import KINDS, BadWindow, parse_before, parse_window, write_before
from customers.models import Customer
from tenants.current import tenant_today
from tenants.formats import format_day, format_money
from tenants.paging import PAGE
from tenants.spreadsheets import Row, csv_response, xlsx_response


@dataclass(frozen=True, slots=True)
class Line:
    """A movement in words, ready for the page: fifty rows are formatted once, not looked up cell by cell."""

    url: str
    label: str
    memo: str
    day: str
    amount: str
    lowers: bool
    balance: str


@require_GET
@needs("billing.view")
def statement(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The movements of the address's days and kind; their rows alone for the next page."""
    customer = _customer(customer_id)
    window, before, complaint = _read(request)
    page = read_statement(customer_id, window=window, limit=PAGE, before=before)
    today = tenant_today(timezone.now())
    context: dict[str, Any] = {"lines": lines_of(page.movements, today=today), "next_url": _next_url(request, page)}
    if before:
        return render(request, "billing/movement_rows.html", context)
    context |= {
        "customer": customer,
        "window": window,
        "complaint": complaint,
        "typed": {name: request.GET.get(name, "") for name in ("from", "to", "kind")},
        "sums": page.sums,
        "kinds": KINDS,
        "spans": _spans(request, today),
        "query": _query(request),
    }
    template = "billing/statement.html#list" if request.htmx else "billing/statement.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@needs("billing.view")
def export(request: HttpRequest, customer_id: int, form: str) -> HttpResponseBase:
    """The same movements as a table, the oldest first, as an accountant reads them."""
    customer = _customer(customer_id)
    window, _before, complaint = _read(request)
    if complaint:
        raise Http404
    movements = read_statement(customer_id, window=window).movements
    name = f"movimientos-{customer['code']}"
    head = [_("Fecha"), _("Movimiento"), _("Detalle"), _("Cargo"), _("Abono"), _("Saldo"), _("Moneda")]
    return (xlsx_response if form == "xlsx" else csv_response)(name, head, _exported(movements))


def lines_of(movements: Sequence[Movement], *, today: dt.date) -> list[Line]:
    """The movements as a page shows them."""
    labels: dict[tuple[str, bool, bool], str] = {}
    invoice, payment, note = (_addresses(f"billing:{name}") for name in ("invoice", "payment", "credit_note"))
    lines = []
    for m in movements:
        kind = (m.kind, m.invoice_id is not None, m.amount > 0)
        label = labels.get(kind) or labels.setdefault(kind, m.label)
        url = (m.credit_note_id and note(m.credit_note_id)) or (m.payment_id and payment(m.payment_id))
        url = url or (invoice(m.invoice_id) if m.invoice_id else "")
        amount, balance = format_money(m.amount, m.currency), format_money(m.balance, m.currency)
        lines.append(Line(url, label, m.memo, format_day(m.day, today=today), amount, m.amount < 0, balance))
    return lines


def _addresses(name: str) -> Callable[[int], str]:
    """The addresses of one kind of document, of which only the number differs; none where it has no page."""
    try:
        head, _zero, tail = reverse(name, args=[0]).rpartition("0")
    except NoReverseMatch:
        return lambda _number: ""
    return lambda number: f"{head}{number}{tail}"


def _customer(customer_id: int) -> dict[str, Any]:
    found = Customer.objects.filter(pk=customer_id).values("pk", "code", "name").first()
    if found is None:
        raise Http404
    return found


def _read(request: HttpRequest) -> tuple[Window, tuple[dt.date, int] | None, str]:
    """The window, where the page starts, and what is wrong with them: then nothing is left out."""
    try:
        return parse_window(request.GET), parse_before(request.GET), ""
    except BadWindow as error:
        return Window(), None, "" if error.field == "before" else str(error)


def _next_url(request: HttpRequest, page: Statement) -> str:
    if not page.more:
        return ""
    last = page.movements[-1]
    return f"{request.path}?{_query(request, before=write_before(last.day, last.transaction_id))}"


def _query(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    query.pop("before", None)
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def _spans(request: HttpRequest, today: dt.date) -> list[tuple[str, str, bool]]:
    """Stretches people ask for most: words, address, whether it is the present one."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    spans = ((_("Todo"), ""), (_("Este mes"), month.isoformat()), (_("Este año"), year.isoformat()))
    kind, now = request.GET.get("kind", ""), (request.GET.get("from", ""), request.GET.get("to", ""))
    tail = f"kind={kind}" if kind in dict(KINDS) else ""
    return [
        (words, f"{request.path}?{'&'.join(part for part in (f'from={since}' if since else '', tail) if part)}",
         now == (since, ""))
        for words, since in spans
    ]  # fmt: skip


def _exported(movements: Sequence[Movement]) -> Iterator[Row]:
    for m in reversed(movements):
        amount, balance = (round_money(value, m.currency) for value in (m.amount, m.balance))
        charge, credit = (amount, None) if amount > 0 else (None, -amount)
        yield m.day, m.label, m.memo, charge, credit, balance, m.currency
