"""Bank statements: bring one, say how it reads, look at what was found, book it, and its report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from billing.bank.matching import explain_match
from billing.bank.reading import MAX_BYTES, UnreadableStatement
from billing.bank.statements import (
    StatementRefused,
    choose_customer,
    confirm_statement,
    counts_of,
    discard_statement,
    link_line,
    open_table,
    proposed_mapping,
    read_statement,
    receive_statement,
    reopen_line,
    set_line_aside,
    tick_line,
)
from billing.bank_forms import FormatForm, StatementForm
from billing.domain.money_accounts import named_accounts
from billing.models import BankImport, BankLine, LedgerAccount
from billing.views.responses import done
from customers.domain.search import find_customers
from customers.models import Customer
from events.domain import Actor
from tenants.paging import page_by

Stage, State = BankImport.Stage, BankLine.State
# The tabs of a statement: its address, the states it lists.
GROUPS = {
    "seguros": (State.CERTAIN,),
    "dudosos": (State.DOUBTFUL, State.FAILED),
    "sin-dueno": (State.UNKNOWN,),
    "ya-estaban": (State.KNOWN,),
    "registrados": (State.BOOKED,),
    "apartados": (State.IGNORED,),
}
SAMPLE = 6
PAGE = 50


@require_http_methods(["GET", "POST"])
@needs("bank.import")
def statements(request: HttpRequest) -> HttpResponse:
    """The statements so far, and a place to drop the next one."""
    form = StatementForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > MAX_BYTES:
                raise UnreadableStatement(_("El archivo pasa de 10 MB. Descargue del banco un período más corto."))  # noqa: TRY301
            row = receive_statement(
                name=file.name or "", content=file.read(), actor=Actor.of_user(request.user), now=timezone.now()
            )
        except (UnreadableStatement, StatementRefused) as error:
            form.add_error("file", str(error))
        else:
            return redirect("billing:statement_import", row.pk)
    rows = BankImport.objects.select_related("format").exclude(stage=Stage.DISCARDED).order_by("-id")[:PAGE]
    context = {"form": form, "rows": rows, "banks": named_accounts(LedgerAccount.Kind.BANK)}
    return render(request, "billing/bank/list.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@needs("bank.import")
@never_cache
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """One statement, whatever its stage."""
    row = get_object_or_404(BankImport.objects.select_related("format__account"), pk=pk)
    if row.stage == Stage.READ:
        return _mapping(request, row)
    if request.method == "POST":
        return redirect("billing:statement_import", pk)
    return render(request, "billing/bank/review.html", _review(request, row))


def _mapping(request: HttpRequest, row: BankImport) -> HttpResponse:
    try:
        table = open_table(row)
    except (StatementRefused, UnreadableStatement) as error:
        messages.error(request, str(error))
        discard_statement(import_id=row.pk)
        return redirect("billing:statements")
    initial = {"bank": row.format.name, "account": row.format.account_id} if row.format else {}
    form = FormatForm(
        request.POST or None,
        titles=table.titles,
        banks=named_accounts(LedgerAccount.Kind.BANK),
        guess=proposed_mapping(row, table),
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        try:
            read_statement(import_id=row.pk, choice=form.choice, now=timezone.now())
        except StatementRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect("billing:statement_import", row.pk)
    context = {
        "row": row,
        "form": form,
        "titles": table.titles,
        "sample": table.rows[:SAMPLE],
        "count": len(table.rows),
    }
    return render(request, "billing/bank/mapping.html", context, status=422 if request.method == "POST" else 200)


def _review(request: HttpRequest, row: BankImport) -> dict[str, Any]:
    counts = counts_of(row)
    tabs = [
        {"key": key, "label": _label(key), "count": sum(counts[state] for state in states)}
        for key, states in GROUPS.items()
    ]
    wanted = request.GET.get("ver", "")
    full = (str(tab["key"]) for tab in tabs if tab["count"])
    chosen = wanted if wanted in GROUPS else next(full, "seguros")
    lines = row.lines.filter(state__in=GROUPS[chosen]).select_related("customer", "payment").order_by("id")
    page = page_by(lines, request, field="id", falling=False)
    _show(page.rows, row)
    return {"row": row, "counts": counts, "tabs": tabs, "chosen": chosen, "page": page}


def _label(key: str) -> str:
    return {
        "seguros": _("Seguros"),
        "dudosos": _("Dudosos"),
        "sin-dueno": _("Sin dueño"),
        "ya-estaban": _("Ya estaban"),
        "registrados": _("Registrados"),
        "apartados": _("Apartados"),
    }[key]


def _show(lines: list[BankLine], row: BankImport) -> None:
    """Give each line its candidates with names and reasons in words, with one query for all."""
    ids = {found["customer"] for line in lines for found in line.candidates}
    names = Customer.objects.in_bulk(ids)
    for line in lines:
        line.brought = row
        line.offered = [  # type: ignore[attr-defined]
            {
                "customer": names[found["customer"]],
                "reasons": ", ".join(explain_match(reason, line.currency) for reason in found["reasons"]),
                "payment": next((r["payment"] for r in found["reasons"] if r["code"] == "already"), None),
            }
            for found in line.candidates
            if found["customer"] in names
        ]


@require_GET
@needs("bank.import")
@never_cache
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part while it works; when it ends the whole page comes anew."""
    row = get_object_or_404(BankImport, pk=pk)
    if row.stage not in {Stage.MATCHING, Stage.BOOKING}:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "billing/bank/progress.html", {"row": row, "counts": counts_of(row)})


@require_POST
@needs("bank.import")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Book what is ticked."""
    get_object_or_404(BankImport, pk=pk)
    expected = request.POST.get("expected", "")
    try:
        confirm_statement(
            import_id=pk, expected=int(expected) if expected.isdecimal() else -1, actor=Actor.of_user(request.user)
        )
    except StatementRefused as error:
        messages.error(request, str(error))
    return redirect("billing:statement_import", pk)


@require_POST
@needs("bank.import")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a file up."""
    get_object_or_404(BankImport, pk=pk)
    try:
        discard_statement(import_id=pk)
    except StatementRefused as error:
        messages.error(request, str(error))
        return redirect("billing:statement_import", pk)
    return done(request, _("El archivo se descartó; no se registró nada de él."), reverse("billing:statements"))


@require_POST
@needs("bank.import")
def turn(request: HttpRequest, pk: int) -> HttpResponse:
    """One decision about a line; answers with the line as it is now."""
    line = get_object_or_404(BankLine, pk=pk)
    number = request.POST.get("id", "")
    wrong = ""
    try:
        match request.POST.get("verb", ""):
            case "elegir":
                choose_customer(line_id=pk, customer_id=int(number) if number.isdecimal() else 0)
            case "marcar":
                tick_line(line_id=pk, selected=request.POST.get("ticked") == "on")
            case "apartar":
                set_line_aside(line_id=pk, aside=True)
            case "volver":
                set_line_aside(line_id=pk, aside=False)
            case "enlazar":
                link_line(line_id=pk, payment_id=int(number) if number.isdecimal() else 0)
            case "reabrir":
                reopen_line(line_id=pk)
            case _:
                wrong = _("Diga qué hacer con la línea.")
    except StatementRefused as error:
        wrong = str(error)
    line = BankLine.objects.select_related("customer", "payment", "brought").get(pk=pk)
    _show([line], line.brought)
    context = {"line": line, "row": line.brought, "wrong": wrong, "counts": counts_of(line.brought), "swapped": True}
    return render(request, "billing/bank/line.html", context, status=422 if wrong else 200)


@require_GET
@needs("bank.import")
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Customers by name, code or phone, for a line whose owner was not found."""
    line = get_object_or_404(BankLine, pk=pk)
    found = find_customers(request.GET.get("q", "")[:80], user=request.user, limit=6)
    return render(request, "billing/bank/people.html", {"line": line, "found": found})
