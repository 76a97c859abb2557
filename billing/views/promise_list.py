"""The promises to pay of everybody: filtered, sorted and summed, and as a table to take away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_GET

from accounts.access import needs
from billing.domain.money import round_money
from billing.domain.promise_queries import ORDERS, STATES, PromiseFilter, find_promises, sum_promises, time_left
from billing.models import BillingPolicy, Promise
from customers.models import Zone
from tenants.current import tenant_today, tenant_zone
from tenants.paging import page_by
from tenants.spreadsheets import Row, csv_response, xlsx_response

CHIPS = (
    ("", later("Todas")),
    ("open", later("Vigentes")),
    ("today", later("Vencen hoy")),
    ("kept", later("Cumplidas")),
    ("broken", later("Incumplidas")),
    ("cancelled", later("Anuladas")),
)
SORTS = (("", later("Las más nuevas")), ("until", later("Las que vencen primero")))
MOST_IN_SHEET = 100_000


@require_GET
@needs("billing.view")
def promises(request: HttpRequest) -> HttpResponse:
    """The list; its rows alone for a filter typed or the next page."""
    now = timezone.now()
    wanted = read_filter(request)
    rows, order = find_promises(wanted, today=tenant_today(now)), ORDERS[wanted.order]
    page = page_by(rows, request, field=order.field, falling=order.falling)
    for row in page.rows:
        row.left = time_left(row, now) if row.status == Promise.Status.OPEN else ""
    context: dict[str, Any] = {"page": page}
    if request.GET.get("after"):
        return render(request, "billing/promise_rows.html", context)
    context |= {
        "wanted": wanted,
        "narrow": wanted != PromiseFilter(order=wanted.order),
        "sums": sum_promises(rows),
        "chips": [(code, label, _with(request, state=code)) for code, label in CHIPS],
        "sorts": SORTS,
        "zones": Zone.objects.all(),
        "query": _query(request),
    }
    template = "billing/promises.html#list" if request.htmx else "billing/promises.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@needs("customers.export")
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The promises of the address as a table."""
    found = find_promises(read_filter(request), today=tenant_today(timezone.now()))[:MOST_IN_SHEET]
    head = [
        _("Cliente"), _("Código"), _("Zona"), _("Monto"), _("Moneda"), _("Dada el"), _("Hasta"), _("Estado"),
        _("Terminó"), _("La dio"), _("Por"), _("Reconectó"), _("Nota"),
    ]  # fmt: skip
    return (xlsx_response if form == "xlsx" else csv_response)(_("promesas"), head, _exported(found))


def _exported(found: QuerySet[Promise]) -> Iterator[Row]:
    zone, who = tenant_zone(), dict(BillingPolicy.Promiser.choices)
    for r in found.select_related("customer__zone"):
        moments = [f"{m.astimezone(zone):%Y-%m-%d %H:%M}" if m else "" for m in (r.created_at, r.until, r.settled_at)]
        yield (
            r.customer.name, r.customer.code, r.customer.zone.name if r.customer.zone else "",
            round_money(r.amount, r.currency), r.currency, moments[0], moments[1], str(r.get_status_display()),
            moments[2], str(who[r.granted_by]), r.actor_label, _("sí") if r.reconnected else _("no"), r.note,
        )  # fmt: skip


def read_filter(request: HttpRequest) -> PromiseFilter:
    """The filter in the address; what makes no sense there is left out."""
    state, zone, month, order = (request.GET.get(name, "") for name in ("state", "zone", "month", "sort"))
    try:
        first = dt.date.fromisoformat(f"{month}-01") if month else None
    except ValueError:
        first = None
    return PromiseFilter(
        text=request.GET.get("q", "").strip()[:80],
        state=state if state in STATES else "",
        zone_id=int(zone) if zone.isdecimal() and len(zone) < 18 else None,
        month=first,
        order=order if order in ORDERS else "",
    )


def _with(request: HttpRequest, **changes: str) -> str:
    query = _query(request, **changes)
    return f"{request.path}?{query}" if query else request.path


def _query(request: HttpRequest, **changes: str) -> str:
    asked = {name: request.GET.get(name, "") for name in ("q", "state", "month", "zone", "sort")} | changes
    kept = request.GET.copy()
    kept.clear()
    kept.update({name: value for name, value in asked.items() if value})
    return kept.urlencode()
