"""Invoice runs: preview, progress and report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from billing.domain.cycle import add_months, cycle_of, month_start
from billing.domain.money import round_money
from billing.domain.policies import current_policy
from billing.domain.preview import NOTEWORTHY, Planned, preview_rows, preview_run
from billing.domain.run import RunRefused, cancel_run, pause_run, resume_run, run_cycle, start_run
from billing.domain.skipped import find_skipped
from billing.models import BillingRun, SetAside
from billing.views.responses import told
from customers.models import Customer, Zone
from events.domain import Actor
from tenants.current import current_tenant, tenant_today
from tenants.spreadsheets import Row, csv_response, xlsx_response

LATEST = 60
SHOWN = 30
CHANGE_WORDS = {
    "new": gettext_lazy("Nuevo"),
    "more": gettext_lazy("Sube"),
    "less": gettext_lazy("Baja"),
    "gone": gettext_lazy("Deja de cobrarse"),
}


@require_GET
@needs("billing.run")
def runs(request: HttpRequest) -> HttpResponse:
    """The runs there were, newest first, and the months that nobody billed."""
    rows = BillingRun.objects.select_related("zone", "customer").order_by("-id")[:LATEST]
    return render(request, "billing/runs.html", {"runs": rows, "skipped": find_skipped(now=timezone.now())})


@require_GET
@needs("billing.run")
def new(request: HttpRequest) -> HttpResponse:
    """What billing a month would do, for everybody, a zone or a customer. Nothing is written."""
    today = tenant_today(timezone.now())
    month = read_month(request.GET.get("month", "")) or month_to_bill(today)
    scope = read_scope(request.GET)
    months = [add_months(month_start(today), offset) for offset in range(-2, 4)]
    preview = preview_run(period=month, now=timezone.now(), limit=SHOWN, **scope)
    who = urlencode({name[:-3]: pk for name, pk in scope.items() if pk})
    context = {
        "preview": preview,
        "changes": [(CHANGE_WORDS[name], count) for name, count in preview.changes.items() if name in CHANGE_WORDS],
        "changed": [(row, CHANGE_WORDS[row.change]) for row in preview.changed],
        "more_changed": max(0, sum(preview.changes.values()) - preview.changes.get("same", 0) - SHOWN),
        "months": sorted({*months, month}),
        "who": who,
        "zones": Zone.objects.order_by("name"),
        "zone_id": scope["zone_id"],
        "customer": Customer.objects.filter(pk=scope["customer_id"]).first() if scope["customer_id"] else None,
        "running": BillingRun.objects.filter(period=month, status=BillingRun.Status.RUNNING, **scope).first(),
    }
    template = "billing/run_new.html#preview" if request.htmx else "billing/run_new.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@needs("billing.run")
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The preview as a table, a row a service: what it would be charged, or why not."""
    month = read_month(request.GET.get("month", "")) or month_to_bill(tenant_today(timezone.now()))
    rows = preview_rows(period=month, now=timezone.now(), **read_scope(request.GET))
    head = [_("Servicio"), _("Cliente"), _("Plan"), _("Se cobra"), _("Antes"), _("Cambio"), _("Fuera por")]
    return (xlsx_response if form == "xlsx" else csv_response)(f"vista-previa-{month:%Y-%m}", head, _exported(rows))


def _exported(rows: Iterator[Planned]) -> Iterator[Row]:
    currency = current_tenant().currency
    for row in rows:
        reason = str(SetAside.Reason(row.reason).label) if row.reason else ""
        total, before = round_money(row.total, currency), round_money(row.before, currency)
        yield row.code, row.customer, row.plan, total, before, str(CHANGE_WORDS.get(row.change, "")), reason


def month_to_bill(today: dt.date) -> dt.date:
    """The month a person most likely wants: the last one whose issue day has come or comes within a week."""
    policy = current_policy()
    soon = add_months(month_start(today), 1)
    return soon if cycle_of(policy, soon).issue_on <= today + dt.timedelta(days=7) else month_start(today)


def read_month(text: str) -> dt.date | None:
    """`2026-12` as its first day; None for anything else, or too far away to be meant."""
    try:
        month = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if 2000 < month.year < 2100 else None


def read_scope(data: Any) -> dict[str, Any]:
    """Whom a run is for: a zone or a customer that exists, or everybody."""

    def known(model: type[Zone | Customer], text: str) -> int | None:
        found = text.isdecimal() and len(text) < 18 and model._default_manager.filter(pk=text).exists()  # noqa: SLF001
        return int(text) if found else None

    return {
        "zone_id": known(Zone, data.get("zone", "")),
        "customer_id": known(Customer, data.get("customer", "")),
    }


@require_POST
@needs("billing.run")
def start(request: HttpRequest) -> HttpResponse:
    """Order the run and watch it."""
    month = read_month(request.POST.get("month", ""))
    if month is None:
        return redirect("billing:run_new")
    run = start_run(
        period=month,
        origin=BillingRun.Origin.HAND,
        actor=Actor.of_user(request.user),
        now=timezone.now(),
        **read_scope(request.POST),
    )
    return redirect("billing:run", pk=run.pk)


@require_GET
@needs("billing.run")
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress while it runs, the report when it is over."""
    context = _context(get_object_or_404(BillingRun, pk=pk))
    template = "billing/run.html#state" if request.htmx else "billing/run.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_POST
@needs("billing.run")
def turn(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Pause a run, let it go on, or end it where it is."""
    act = {"pausar": pause_run, "seguir": resume_run, "cancelar": cancel_run}[verb]
    get_object_or_404(BillingRun, pk=pk)
    refused = ""
    try:
        act(run_id=pk, actor=Actor.of_user(request.user), now=timezone.now())
    except RunRefused as error:
        refused = str(error)
    if not getattr(request, "htmx", None):
        return redirect("billing:run", pk=pk)
    response = render(request, "billing/run.html#state", _context(BillingRun.objects.get(pk=pk)))
    return told(response, refused, kind="bad") if refused else response


def _context(row: BillingRun) -> dict[str, object]:
    reasons = row.left_out.filter(reason__in=NOTEWORTHY)
    by_reason = list(row.left_out.values_list("reason").annotate(count=Count("id")).order_by("-count"))
    quiet = [(reason, count) for reason, count in row.counts.items() if reason in SetAside.Reason.values]
    return {
        "run": row,
        "over": row.status in {BillingRun.Status.DONE, BillingRun.Status.CANCELLED},
        "cycle": run_cycle(row),
        "documents_url": f"{reverse('billing:invoices')}?month={row.issued_on:%Y-%m}",
        "by_reason": [*by_reason, *quiet],
        "outside": row.set_aside + sum(count for _reason, count in quiet),
        "skipped": row.counts.get("skipped", 0),
        "left_out": reasons.select_related("service__customer", "service__plan").order_by("reason", "id")[:200],
    }
