"""The series that number invoices and credit notes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from billing.domain.policies import current_policy
from billing.domain.policy_rules import PolicyRefused
from billing.domain.series import SeriesRefused, change_series, create_series, ensure_series, list_series, use_series
from billing.forms import SeriesForm
from billing.models import Series
from events.domain import Actor


@require_GET
@needs("billing.policy")
def series(request: HttpRequest) -> HttpResponse:
    """Every series with its next number, and which one the next invoices take."""
    ensure_series()
    rows = list(list_series())
    notes = [row for row in rows if row.kind == Series.Kind.CREDIT_NOTE]
    context = {"rows": rows, "prefix": current_policy().series_prefix, "note": notes[-1] if notes else None}
    return render(request, "billing/series.html", context)


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def new(request: HttpRequest) -> HttpResponse:
    """A new series."""
    form = SeriesForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        fields = {"kind": data["kind"], "prefix": data["prefix"], "next_number": data["next_number"]}
        try:
            made = create_series(**fields, **_by(request))
        except SeriesRefused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("Serie %(prefix)s lista.") % {"prefix": made.prefix})
            return redirect("billing:series")
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A series: its prefix while nothing is numbered, its next number upwards."""
    row = get_object_or_404(list_series(), pk=pk)
    form = SeriesForm(request.POST or None, series=row)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        fields = {"prefix": data["prefix"], "next_number": data["next_number"], "gap": data["gap"]}
        try:
            change_series(series_id=pk, **fields, **_by(request))
        except SeriesRefused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("Serie guardada."))
            return redirect("billing:series")
    return _form(request, form, row)


@require_POST
@needs("billing.policy")
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """Number the next invoices with this series."""
    row = get_object_or_404(Series, pk=pk)
    try:
        use_series(series_id=pk, **_by(request))
    except (SeriesRefused, PolicyRefused) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Las próximas facturas llevarán %(prefix)s.") % {"prefix": row.prefix})
    return redirect("billing:series")


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": Actor.of_user(request.user), "now": timezone.now()}


def _form(request: HttpRequest, form: SeriesForm, row: Series | None) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "billing/series_form.html", {"form": form, "row": row}, status=status)
