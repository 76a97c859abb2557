"""The list of tickets: filters in the address, sorted, paged by key, many at once, and as a table to take away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from accounts.models import User
from events.domain import Actor
from inbox.domain.ticket_list import ORDERS, STATES, TicketFilter, find_tickets
from inbox.domain.tickets import change_ticket
from inbox.models import Team, Ticket
from tenants.current import tenant_zone
from tenants.paging import page_by
from tenants.spreadsheets import Row, csv_response, xlsx_response

CHIPS = (
    ("", later("Abiertos")),
    ("mine", later("Míos")),
    ("nobody", later("Sin responsable")),
    ("late", later("Vencidos")),
    ("waiting", later("En espera del cliente")),
    ("closed", later("Cerrados")),
)
SORTS = (("", later("Los que vencen primero")), ("new", later("Los más nuevos")), ("priority", later("Por prioridad")))
KEPT = ("q", "state", "category", "team", "sort")
MOST_IN_SHEET = 100_000
MOST_AT_ONCE = 200


@require_GET
@needs("inbox.view")
def tickets(request: HttpRequest) -> HttpResponse:
    """The list; its rows alone for a filter typed or the next page."""
    now, wanted = timezone.now(), read_filter(request)
    rows, order = find_tickets(wanted, user=request.user, now=now), ORDERS[wanted.order]
    page = page_by(rows, request, field=order.field, falling=order.falling)
    for row in page.rows:
        row.late = row.state != Ticket.State.CLOSED and row.due_at is not None and row.due_at < now
    picking = request.user.can("tickets.edit")  # type: ignore[union-attr]
    context: dict[str, Any] = {"page": page, "picking": picking}
    if request.GET.get("after"):
        return render(request, "inbox/ticket_rows.html", context)
    context |= {
        "wanted": wanted,
        "narrow": wanted != TicketFilter(order=wanted.order, state=wanted.state),
        "chips": [(code, label, _with(request, state=code)) for code, label in CHIPS],
        "sorts": SORTS,
        "categories": Ticket.Category.choices,
        "teams": Team.objects.all(),
        "people": User.objects.filter(is_active=True).order_by("name") if picking else [],
        "query": _query(request),
        "opening": picking and "nuevo" in request.GET,
    }
    template = "inbox/tickets.html#list" if request.htmx else "inbox/tickets.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@needs("customers.export")
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The tickets of the address as a table."""
    found = find_tickets(read_filter(request), user=request.user, now=timezone.now())[:MOST_IN_SHEET]
    head = [
        _("Número"), _("Asunto"), _("Cliente"), _("Código"), _("Categoría"), _("Prioridad"), _("Estado"),
        _("Responsable"), _("Equipo"), _("Abierto el"), _("Plazo"), _("Cerrado el"),
    ]  # fmt: skip
    return (xlsx_response if form == "xlsx" else csv_response)(_("tickets"), head, _exported(found))


def _exported(found: QuerySet[Ticket]) -> Iterator[Row]:
    zone = tenant_zone()
    for r in found:
        moments = [f"{m.astimezone(zone):%Y-%m-%d %H:%M}" if m else "" for m in (r.created_at, r.due_at, r.closed_at)]
        yield (
            r.number, r.subject, r.customer.name if r.customer else "", r.customer.code if r.customer else "",
            r.get_category_display(), str(r.get_priority_display()), r.get_state_display(),
            r.assignee.name if r.assignee else "", r.team.name if r.team else "", *moments,
        )  # fmt: skip


@require_POST
@needs("tickets.edit")
def change_many(request: HttpRequest) -> HttpResponse:
    """Give the chosen tickets to a person, or close them."""
    ids = [int(pk) for pk in request.POST.getlist("id") if pk.isdecimal()][:MOST_AT_ONCE]
    wanted = request.POST.get("person", "")
    changes: dict[str, Any] = {"state": Ticket.State.CLOSED}
    if request.POST.get("act") == "assign":
        changes = {"assignee": get_object_or_404(User, pk=int(wanted), is_active=True) if wanted.isdecimal() else None}
    actor, now = Actor.of_user(request.user), timezone.now()
    # In one order everywhere, so that two people's choices do not wait for each other in a ring.
    rows = list(Ticket.objects.visible_to(request.user).filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
    for pk in rows:
        change_ticket(ticket_id=pk, actor=actor, now=now, **changes)
    count = len(rows)
    if "state" in changes:
        said = ngettext("Se cerró %(n)s ticket.", "Se cerraron %(n)s tickets.", count)
    else:
        said = ngettext("Se asignó %(n)s ticket.", "Se asignaron %(n)s tickets.", count)
    messages.success(request, said % {"n": count})
    query = _query(request)
    return redirect(f"{reverse('inbox:tickets')}{'?' + query if query else ''}")


def read_filter(request: HttpRequest) -> TicketFilter:
    """The filter in the address; what makes no sense there is left out."""
    state, category, team, order = (request.GET.get(name, "") for name in ("state", "category", "team", "sort"))
    return TicketFilter(
        text=request.GET.get("q", "").strip()[:80],
        state=state if state in STATES else "",
        category=category if category in Ticket.Category.values else "",
        team_id=int(team) if team.isdecimal() and len(team) < 18 else None,
        order=order if order in ORDERS else "",
    )


def _with(request: HttpRequest, **changes: str) -> str:
    query = _query(request, **changes)
    return f"{request.path}?{query}" if query else request.path


def _query(request: HttpRequest, **changes: str) -> str:
    asked = {name: request.GET.get(name, "") for name in KEPT} | changes
    kept = request.GET.copy()
    kept.clear()
    kept.update({name: value for name, value in asked.items() if value})
    return str(kept.urlencode())
