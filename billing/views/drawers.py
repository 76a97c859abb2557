"""The cash drawer: opening it, what moves in it, counting and closing it, and its report."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from decimal import Decimal

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.counter_forms import CloseForm, MoveForm, OpenDrawerForm
from billing.documents.answer import pdf_response
from billing.documents.build import build_pdf
from billing.documents.drawer_sheet import drawer_sheet
from billing.domain.denominations import faces_of
from billing.domain.drawer_report import drawers_seen_by, read_drawer
from billing.domain.drawers import close_drawer, held_by, move_cash, open_drawer, open_drawer_of, shared_tills
from billing.domain.money import BadAmount, plain_amount
from billing.domain.money_accounts import named_accounts
from billing.domain.refusals import DrawerRefused
from billing.models import CashDrawer, LedgerAccount
from billing.views.responses import done
from events.domain import Actor
from tenants.current import current_tenant, tenant_zone
from tenants.paging import page_by
from tenants.spreadsheets import Cell, xlsx_response


@require_http_methods(["GET", "POST"])
@needs("payments.record")
def drawers(request: HttpRequest) -> HttpResponse:
    """This person's drawer, or a form to open it, and the earlier ones."""
    actor = Actor.of_user(request.user)
    mine = open_drawer_of(actor)
    currency = current_tenant().currency
    tills = shared_tills()
    form = OpenDrawerForm(request.POST or None, currency=currency, tills=tills, initial={"opening": _left(actor)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            opened = open_drawer(opening=data["opening"], account_id=data["till"], actor=actor, now=timezone.now())
        except (DrawerRefused, BadAmount) as error:
            form.add_error(None, str(error))
        else:
            return done(request, _("Su caja está abierta."), reverse("billing:drawer", args=[opened.pk]))
    seen = drawers_seen_by(request.user.pk or 0, everybody=_audits(request))
    page = page_by(seen, request, field="opened_at")
    context = {"mine": mine, "form": form, "page": page, "audits": _audits(request), "tills": tills}
    if request.GET.get("after"):
        return render(request, "billing/drawer_rows.html", context)
    return render(request, "billing/drawers.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@needs("payments.record")
def drawer(request: HttpRequest, pk: int) -> HttpResponse:
    """One drawer: its figures, payments by method and movements."""
    row = _seen(request, pk)
    context = {"report": read_drawer(row), "drawer": row, "own": row.cashier_id == request.user.pk}
    return render(request, "billing/drawer.html", context)


@require_http_methods(["GET", "POST"])
@needs("payments.record")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put change in or take money out."""
    row = _seen(request, pk)
    banks = named_accounts(LedgerAccount.Kind.BANK)
    form = MoveForm(
        request.POST or None, currency=row.currency, banks=banks, initial={"key": secrets.token_urlsafe(16)}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            move_cash(
                drawer_id=pk,
                kind=data["kind"],
                amount=data["amount"],
                account_id=data["account"] if data["kind"] == "deposit" else None,
                note=data["note"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
                key=f"drawer:{pk}:{data['key']}",
            )
        except (DrawerRefused, BadAmount) as error:
            form.add_error(None, str(error))
        else:
            return done(request, _("Movimiento anotado."), reverse("billing:drawer", args=[pk]))
    context = {"form": form, "drawer": row, "report": read_drawer(row)}
    return render(request, "billing/drawer_move.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@needs("payments.record")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Count and close."""
    row = _seen(request, pk)
    form = CloseForm(request.POST or None, currency=row.currency, faces=faces_of(row.currency))
    if request.method == "POST" and form.is_valid():
        total = form.total
        if total is None:
            form.add_error("counted", _("Escriba cuánto efectivo hay, aunque sea 0."))
        elif closed := _closed(request, row, form, total):
            return closed
    report = read_drawer(row)
    context = {
        "form": form,
        "drawer": row,
        "report": report,
        "faces": [(face, form[f"face_{face}"]) for face in form.faces],
        "gap": form.total - report.expected if form.is_bound and form.is_valid() and form.total is not None else None,
    }
    return render(request, "billing/drawer_close.html", context, status=422 if request.method == "POST" else 200)


def _closed(request: HttpRequest, row: CashDrawer, form: CloseForm, total: Decimal) -> HttpResponse | None:
    try:
        close_drawer(
            drawer_id=row.pk,
            counted=total,
            denominations=form.pieces,
            note=form.cleaned_data["note"],
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
    except (DrawerRefused, BadAmount) as error:
        form.add_error(None, str(error))
        return None
    return done(request, _("La caja quedó cerrada."), reverse("billing:drawer", args=[row.pk]))


@require_GET
@needs("payments.record")
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The report on paper."""
    sheet = drawer_sheet(read_drawer(_seen(request, pk)), today=timezone.now().astimezone(tenant_zone()).date())
    return pdf_response(build_pdf(sheet), sheet.file_name)


@require_GET
@needs("payments.record")
def export(request: HttpRequest, pk: int) -> FileResponse:
    """The movements as a spreadsheet, with what was counted below."""
    report = read_drawer(_seen(request, pk))

    def rows() -> Iterator[list[Cell]]:
        first = report.drawer.opened_at.astimezone(tenant_zone()).date()
        yield [first, "", _("Fondo inicial"), "", "", report.drawer.opening]
        for row in report.movements:
            at = row.created_at.astimezone(tenant_zone())
            who = row.payment.customer.name if row.payment else ""
            yield [at.date(), f"{at:%H:%M}", row.get_kind_display(), who, row.note, row.amount]
        yield [first, "", _("Debe haber"), "", "", report.expected]
        if report.drawer.counted is not None and report.drawer.closed_at:
            day = report.drawer.closed_at.astimezone(tenant_zone()).date()
            yield [day, "", _("Contado"), report.drawer.closed_by, report.drawer.note, report.drawer.counted]

    head = [_("Día"), _("Hora"), _("Movimiento"), _("Cliente"), _("Nota"), _("Monto")]
    return xlsx_response(_("caja %(number)s") % {"number": pk}, head, rows())


def _audits(request: HttpRequest) -> bool:
    return bool(request.user.can("drawers.audit"))  # type: ignore[union-attr]


def _seen(request: HttpRequest, pk: int) -> CashDrawer:
    """The drawer, if it is this person's or they see all; others find nothing."""
    return get_object_or_404(drawers_seen_by(request.user.pk or 0, everybody=_audits(request)), pk=pk)


def _left(actor: Actor) -> str:
    """What this person's last till holds, which is what they should find in it."""
    last = CashDrawer.objects.filter(cashier_id=actor.id or 0).order_by("-id").first()
    return plain_amount(held_by(last.account_id), last.currency) if last else ""
