"""Invoice runs: preview, progress and report."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from billing.domain.cycle import add_months, cycle_of, month_start
from billing.domain.policies import current_policy
from billing.domain.preview import NOTEWORTHY, preview_run
from billing.domain.run import RunRefused, pause_run, resume_run, run_cycle, start_run
from billing.models import BillingRun
from billing.views.responses import told
from events.domain import Actor
from tenants.current import tenant_today


@require_GET
@needs("billing.run")
def runs(request: HttpRequest) -> HttpResponse:
    """The runs there were, newest first."""
    return render(request, "billing/runs.html", {"runs": BillingRun.objects.order_by("-id")[:60]})


@require_GET
@needs("billing.run")
def new(request: HttpRequest) -> HttpResponse:
    """What billing a month would do. Nothing is written."""
    today = tenant_today(timezone.now())
    month = read_month(request.GET.get("month", "")) or month_to_bill(today)
    months = [add_months(month_start(today), offset) for offset in range(-2, 4)]
    context = {
        "preview": preview_run(period=month, now=timezone.now()),
        "months": sorted({*months, month}),
        "running": BillingRun.objects.filter(period=month, status=BillingRun.Status.RUNNING).first(),
    }
    template = "billing/run_new.html#preview" if request.htmx else "billing/run_new.html"  # type: ignore[attr-defined]
    return render(request, template, context)


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


@require_POST
@needs("billing.run")
def start(request: HttpRequest) -> HttpResponse:
    """Order the run and watch it."""
    month = read_month(request.POST.get("month", ""))
    if month is None:
        return redirect("billing:run_new")
    run = start_run(period=month, origin=BillingRun.Origin.HAND, actor=Actor.of_user(request.user), now=timezone.now())
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
    """Pause a run or let it go on."""
    act = {"pausar": pause_run, "seguir": resume_run}[verb]
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
    return {
        "run": row,
        "cycle": run_cycle(row),
        "documents_url": f"{reverse('billing:invoices')}?month={row.issued_on:%Y-%m}",
        "by_reason": row.left_out.values("reason").annotate(count=Count("id")).order_by("-count"),
        "left_out": reasons.select_related("service__customer", "service__plan").order_by("reason", "id")[:200],
    }
