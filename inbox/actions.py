"""What one does in a conversation: answer, note, assign, close, send again, say whose it is."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from accounts.models import User
from customers.domain.search import find_customers
from customers.models import Customer
from events.domain import Actor
from inbox.domain.conversations import (
    CannotReply,
    assign_conversation,
    close_conversation,
    reopen_conversation,
)
from inbox.domain.linking import link_conversation, second_phone, suggest_customer
from inbox.domain.sending import resend_message
from inbox.models import Conversation, Message


def _conversation(request: HttpRequest, pk: int) -> Conversation:
    return get_object_or_404(Conversation.objects.visible_to(request.user), pk=pk)


def _done(request: HttpRequest, pk: int, **events: Any) -> HttpResponse:
    """Answer a fragment's request with events for the page, and a plain one by going back to the conversation."""
    if not getattr(request, "htmx", None):
        return redirect("inbox:conversation", pk)
    return HttpResponse(
        status=204, headers={"HX-Trigger": json.dumps({"inbox:changed": {"conversation": pk}, **events})}
    )


@require_POST
@needs("inbox.reply")
def resend(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """Send again what failed or may not have arrived."""
    found = get_object_or_404(Message, pk=message, conversation_id=pk, direction="out")
    resend_message(message_id=found.pk, now=timezone.now())
    return _done(request, pk)


@require_POST
@needs("inbox.assign")
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the conversation to a person; to nobody without one."""
    found = _conversation(request, pk)
    wanted = request.POST.get("person", "")
    person = get_object_or_404(User, pk=wanted, is_active=True) if wanted.isdecimal() else None
    actor = Actor.of_user(request.user)
    try:
        assign_conversation(conversation_id=found.pk, assignee=person, actor=actor, now=timezone.now())
    except CannotReply:
        refused = {"text": _("Esa persona no puede responder."), "kind": "bad", "target": "body"}
        return _done(request, pk, toast=refused)
    said = _("Conversación asignada a %(name)s.") % {"name": person.name} if person else _("Quedó sin asignar.")
    return _done(request, pk, toast={"text": said, "target": "body"})


@require_POST
@needs("inbox.reply")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the conversation, or open it again."""
    found = _conversation(request, pk)
    act = reopen_conversation if request.POST.get("reopen") else close_conversation
    act(conversation_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
    said = _("Conversación reabierta.") if request.POST.get("reopen") else _("Conversación cerrada.")
    return _done(request, pk, toast={"text": said, "target": "body"})


@require_GET
@needs("inbox.reply")
def find_customer(request: HttpRequest, pk: int) -> HttpResponse:
    """Customers that match, to say whose conversation this is."""
    found = _conversation(request, pk)
    text = request.GET.get("buscar", "")[:80]
    rows = find_customers(text, user=request.user, limit=8) if len(text.strip()) > 1 else []
    return render(request, "inbox/found_customers.html", {"conversation": found, "customers": rows, "text": text})


@require_GET
@needs("inbox.reply")
def suggested(request: HttpRequest, pk: int) -> HttpResponse:
    """Whose conversation this may be by what was written in it, and a number that its customer's record lacks."""
    found = _conversation(request, pk)
    guess = suggest_customer(found)
    visible = Customer.objects.visible_to(request.user)
    customer = visible.filter(pk=guess.pk if guess else found.customer_id).first()
    context = {
        "conversation": found,
        "suggested": customer if guess else None,
        "phone": second_phone(found, customer) if customer else "",
    }
    return render(request, "inbox/suggested.html", context)


@require_POST
@needs("inbox.reply")
def set_customer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whose conversation this is; with `add_phone` its number becomes one more of theirs."""
    found = _conversation(request, pk)
    rows = Customer.objects.visible_to(request.user)
    customer = get_object_or_404(rows, pk=request.POST.get("customer") or 0)
    link_conversation(
        conversation_id=found.pk,
        customer=customer,
        add_phone=bool(request.POST.get("add_phone")),
        actor=Actor.of_user(request.user),
        now=timezone.now(),
    )
    response = _done(request, pk)
    if getattr(request, "htmx", None):
        response["HX-Redirect"] = reverse("inbox:conversation", args=[pk])
    return response
