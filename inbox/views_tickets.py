"""One ticket: opened in a dialog, read, changed, commented; and a customer's open ones as a fragment."""

from __future__ import annotations

import json
import secrets
from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from customers.domain.search import find_customers
from customers.models import Customer
from events.domain import Actor
from events.models import Event
from events.sentences import reading
from inbox.domain.ticket_list import open_tickets_of
from inbox.domain.tickets import NewTicket, change_ticket, comment_ticket, open_ticket
from inbox.models import Conversation, Ticket, TicketComment
from inbox.tickets_forms import CommentForm, EditTicketForm, NewTicketForm

SHOWN = 5


def _ticket(request: HttpRequest, pk: int) -> Ticket:
    rows = Ticket.objects.visible_to(request.user).select_related("customer", "conversation", "assignee", "team")
    found: Ticket = get_object_or_404(rows, pk=pk)
    return found


@require_http_methods(["GET", "POST"])
@needs("tickets.edit")
def new(request: HttpRequest) -> HttpResponse:
    """The dialog «Nuevo ticket», of a conversation, of a customer or of nobody yet; opens the ticket."""
    asked = request.POST if request.method == "POST" else request.GET
    talk, customer = _talk(request, asked.get("conversation", "")), _person(request, asked.get("customer", ""))
    customer = customer or (talk.customer if talk else None)
    if request.method == "GET":
        if not getattr(request, "htmx", None):
            return redirect(f"{reverse('inbox:tickets')}?nuevo=1")
        return _dialog(request, NewTicketForm(initial={"key": secrets.token_urlsafe(16)}), talk, customer)
    form = NewTicketForm(request.POST)
    if not form.is_valid():
        return _dialog(request, form, talk, customer, status=422)
    values = form.cleaned_data
    ticket = open_ticket(
        NewTicket(
            **{name: values[name] for name in ("subject", "details", "category", "priority", "assignee", "team")},
            customer=customer,
            conversation=talk,
            source="conversation" if talk else "staff",
            key=f"user:{request.user.pk}:{values['key']}",
        ),
        actor=Actor.of_user(request.user),
        now=timezone.now(),
    )
    said = _("Ticket %(number)s abierto.") % {"number": ticket.number}
    if getattr(request, "htmx", None) and (talk or request.POST.get("stay")):
        return _changed(said)
    messages.success(request, said)
    return _go(request, ticket)


def _talk(request: HttpRequest, pk: str) -> Conversation | None:
    rows = Conversation.objects.visible_to(request.user).select_related("customer", "channel")
    return get_object_or_404(rows, pk=int(pk)) if pk.isdecimal() else None


def _person(request: HttpRequest, pk: str) -> Customer | None:
    return get_object_or_404(Customer.objects.visible_to(request.user), pk=int(pk)) if pk.isdecimal() else None


def _dialog(
    request: HttpRequest, form: NewTicketForm, talk: Conversation | None, customer: Customer | None, status: int = 200
) -> HttpResponse:
    stays = request.POST.get("stay") or (customer is not None and "stay" in request.GET)
    context = {"form": form, "conversation": talk, "customer": customer, "stay": stays}
    return render(request, "inbox/ticket_dialog.html", context, status=status)


def _changed(said: str) -> HttpResponse:
    """Close the dialog by putting nothing in its place, say so, and let the page's other parts fetch."""
    response = HttpResponse("")
    toast = {"text": said, "target": "body"}
    response["HX-Trigger"] = json.dumps({"toast": toast, "tickets:changed": {"target": "body"}})
    return response


def _go(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    url = reverse("inbox:ticket", args=[ticket.pk])
    if not getattr(request, "htmx", None):
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


@require_GET
@needs("tickets.edit")
def find_person(request: HttpRequest) -> HttpResponse:
    """Customers that match, to say whose ticket it is."""
    text = request.GET.get("buscar", "")[:80]
    rows = find_customers(text, user=request.user, limit=6) if len(text.strip()) > 1 else []
    return render(request, "inbox/ticket_people.html", {"customers": rows, "text": text})


@require_GET
@needs("inbox.view")
def ticket(request: HttpRequest, pk: int) -> HttpResponse:
    """A ticket: what was said and done, and what it is now."""
    return _page(request, _ticket(request, pk))


def _page(request: HttpRequest, found: Ticket, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "ticket": found,
        "late": _is_late(found),
        "entries": _history(found),
        "form": EditTicketForm.of(found),
        "comment": CommentForm(),
        **forms,
    }
    return render(request, "inbox/ticket.html", context, status=status)


def _is_late(found: Ticket) -> bool:
    return found.state != Ticket.State.CLOSED and found.due_at is not None and found.due_at < timezone.now()


def _history(found: Ticket) -> list[dict[str, Any]]:
    """Return comments and changes as one line of time, the last on top."""
    events = Event.objects.filter(subject_kind="inbox.ticket", subject_id=found.pk).exclude(type="ticket.commented")
    changes = [{"at": e.at, "icon": reading(e).icon, "sentence": reading(e).sentence(e)} for e in events]
    comments = [{"at": c.created_at, "comment": c} for c in TicketComment.objects.filter(ticket=found)]
    return sorted(chain(changes, comments), key=lambda entry: entry["at"], reverse=True)


@require_POST
@needs("tickets.edit")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what the ticket says: its state, whose it is, until when."""
    found = _ticket(request, pk)
    form = EditTicketForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, form=form)
    wanted = dict(form.cleaned_data)
    # The page shows minutes: what was not touched is not cut to them.
    if found.due_at and wanted["due_at"] == found.due_at.replace(second=0, microsecond=0):
        del wanted["due_at"]
    change_ticket(ticket_id=pk, actor=Actor.of_user(request.user), now=timezone.now(), **wanted)
    messages.success(request, _("Ticket guardado."))
    return redirect("inbox:ticket", pk)


@require_POST
@needs("tickets.edit")
def settle(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Close a ticket, or open it again."""
    found = _ticket(request, pk)
    state = Ticket.State.CLOSED if verb == "cerrar" else Ticket.State.OPEN
    change_ticket(ticket_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now(), state=state)
    messages.success(request, _("Ticket cerrado.") if verb == "cerrar" else _("Ticket reabierto."))
    return redirect("inbox:ticket", pk)


@require_POST
@needs("tickets.edit")
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Write under a ticket, for the staff or for the customer too."""
    found = _ticket(request, pk)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, comment=form)
    values = form.cleaned_data
    comment_ticket(
        ticket_id=pk,
        body=values["body"],
        is_public=values["is_public"],
        actor=Actor.of_user(request.user),
        now=timezone.now(),
    )
    said = _("Comentario enviado al cliente.") if values["is_public"] else _("Comentario guardado.")
    messages.success(request, said)
    return redirect("inbox:ticket", pk)


@require_GET
@needs("inbox.view")
def of_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A customer's open tickets, for their page and for the panel beside a conversation."""
    customer = _person(request, str(customer_id))
    talk = request.GET.get("conversacion", "")
    now = timezone.now()
    rows = list(open_tickets_of(customer_id, user=request.user)[: SHOWN + 1])
    for row in rows:
        row.late = bool(row.due_at and row.due_at < now)
    context = {
        "customer": customer,
        "tickets": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "conversation_id": talk if talk.isdecimal() else "",
    }
    return render(request, "inbox/tickets_of.html", context)
