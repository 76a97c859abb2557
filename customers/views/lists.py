"""Clientes: search as you type, filters that live in the address, paging by key, and the table to take away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.access import needs
from customers.domain import extras
from customers.domain.listing import Query, Row, read_page, rows_of, select_customers, services_with_holds
from customers.forms import zones_and_plans
from tenants.current import tenant_zone
from tenants.spreadsheets import csv_response

MOST_PICKED = 1000
EXPORT_STEP = 500


@needs("customers.view")
@require_GET
@vary_on_headers("HX-Request", "HX-Target")
def customer_list(request: HttpRequest) -> HttpResponse:
    """The list; with htmx only the part that changed: the results, or the next rows."""
    now = timezone.now()
    query = Query.read(request.GET, request.user)
    after = request.GET.get("desde", "")
    page = read_page(query, user=request.user, now=now, zone=tenant_zone(), after=after)
    context: dict[str, Any] = {"page": page, "query": query, "figures": _figures(request.user)}
    context["next_url"] = f"{request.path}?{query.with_params(desde=page.after)}" if page.after else ""
    if after and request.htmx:
        return render(request, "customers/list.html#rows", context)
    context["total"] = select_customers(query, user=request.user, now=now).count()
    context["state_choices"] = state_choices()
    context["extra_filters"] = [
        (entry, dict(query.extra).get(key, "")) for key, entry in extras.filters.items() if request.user.can(entry.code)
    ]
    context["sorts"] = _sorts(query, request.user)
    context["reset_url"] = request.path
    if request.htmx and request.htmx.target == "customers":
        response = render(request, "customers/list.html#results", context)
        # The address says what is asked and nothing else, so that it can be sent to a colleague.
        response["HX-Push-Url"] = f"{request.path}?{asked}" if (asked := query.with_params()) else request.path
        return response
    return render(request, "customers/list.html", {**context, **zones_and_plans()})


@needs("customers.export")
@require_GET
def customer_export(request: HttpRequest) -> HttpResponseBase:
    """The customers of the address, or the picked ones (`?id=`), as a table that a spreadsheet opens."""
    query = Query.read(request.GET, request.user)
    picked = [int(pk) for pk in request.GET.getlist("id")[:MOST_PICKED] if pk.isdecimal()]
    return csv_response("clientes", _head(_figures(request.user)), _exported(query, picked, request.user))


def state_choices() -> list[tuple[str, str]]:
    """Return the states of the filter, in the order people ask for them."""
    return [
        ("activo", _("Activos")),
        ("cortado", _("Cortados")),
        ("pausa", _("En pausa")),
        ("gratis", _("Gratis")),
        ("cancelado", _("Cancelados")),
        ("sin", _("Sin servicio")),
    ]


def _figures(user: Any) -> list[extras.Figure]:
    return [entry for entry in extras.figures.values() if user.can(entry.code)]


def _sorts(query: Query, user: Any) -> list[tuple[str, str, bool]]:
    choices = [("nombre", _("Nombre")), ("codigo", _("Código")), ("nuevos", _("Los más nuevos"))]
    choices += [(entry.key, _("Los que más deben")) for entry in _figures(user)]
    return [(value, label, value == query.sort) for value, label in choices]


def _head(figures: list[extras.Figure]) -> list[object]:
    head = [_("Código"), _("Nombre"), _("Documento"), _("Teléfonos"), _("Correo"), _("Dirección"), _("Zona")]
    return [*head, _("Planes"), _("Estado"), *(entry.label for entry in figures)]


def _exported(query: Query, picked: list[int], user: Any) -> Iterator[list[str]]:
    now, figures = timezone.now(), _figures(user)
    found = select_customers(query, user=user, now=now)
    if picked:
        found = found.filter(pk__in=picked)
    found = found.select_related("zone").prefetch_related(services_with_holds(now), "contacts").order_by("id")
    last = 0
    while customers := list(found.filter(pk__gt=last)[:EXPORT_STEP]):
        for row in rows_of(customers, user=user, now=now, zone=tenant_zone()):
            yield _cells(row, figures)
        last = customers[-1].pk


def _cells(row: Row, figures: list[extras.Figure]) -> list[str]:
    customer = row.customer
    phones = " / ".join(contact.value for contact in customer.contacts.all() if contact.kind != "email")
    return [
        customer.code,
        customer.name,
        customer.national_id,
        phones,
        customer.email,
        customer.address,
        customer.zone.name if customer.zone else "",
        row.plans,
        row.standing.words,
        *(" + ".join(f"{amount} {currency}" for amount, currency in row.figures.get(f.key, [])) for f in figures),
    ]
