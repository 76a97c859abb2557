"""What is done to one conversation beside answering it: joined with another, left pending, unblocked, unlinked."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import needs
from events.domain import Actor
from inbox.domain.linking import unlink_conversation
from inbox.domain.marks import set_pending, unblock_conversation
from inbox.domain.merging import CannotMerge, merge_conversations, plan_merge
from inbox.domain.searching import search
from inbox.models import Conversation

REASONS = {
    "same": gettext_lazy("Es la misma conversación."),
    "gone": gettext_lazy("Esa conversación ya se unió a otra."),
    "customers": gettext_lazy("Son de dos clientes distintos: desvincule una antes, si de verdad es la misma persona."),
    "busy": gettext_lazy("Les está llegando mucho a la vez y no se pudo: no se cambió nada. Inténtelo de nuevo."),
}
CANDIDATES = 8


@require_http_methods(["GET", "POST"])
@needs("inbox.reply")
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Join another conversation to this one: which, what would happen, then the doing."""
    found = _conversation(request, pk)
    sent = request.POST if request.method == "POST" else request.GET
    text, chosen = sent.get("buscar", "")[:80], sent.get("otra", "")
    context: dict[str, Any] = {"conversation": found, "text": text, "wrong": ""}
    if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19:
        other = _conversation(request, int(chosen))
        try:
            if request.method == "POST":
                who = Actor.of_user(request.user)
                merge_conversations(kept_id=found.pk, absorbed_id=other.pk, actor=who, now=timezone.now())
                return _go(request, found.pk, _("Las dos conversaciones son ahora una."))
            context["plan"] = plan_merge(kept_id=found.pk, absorbed_id=other.pk)
        except CannotMerge as refused:
            context["wrong"] = REASONS[refused.reason]
    context["candidates"] = _candidates(request, found, text)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context["wrong"] else HTTPStatus.OK
    return render(request, "inbox/list_merge.html", context, status=status)


@require_POST
@needs("inbox.reply")
def pending(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a conversation waiting for somebody else."""
    return _act(request, pk, set_pending, _("Quedó pendiente."))


@require_POST
@needs("inbox.reply")
def unblock(request: HttpRequest, pk: int) -> HttpResponse:
    """Hear a person again."""
    return _act(request, pk, unblock_conversation, _("Desbloqueada."))


@require_POST
@needs("inbox.reply")
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that it is not that customer's conversation."""
    found = _conversation(request, pk)
    unlink_conversation(conversation_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
    return _go(request, found.pk, _("La conversación ya no es de ese cliente."))


def _conversation(request: HttpRequest, pk: int) -> Conversation:
    found: Conversation = get_object_or_404(Conversation.objects.visible_to(request.user), pk=pk)
    return found


def _act(request: HttpRequest, pk: int, act: Callable[..., Any], said: str) -> HttpResponse:
    found = _conversation(request, pk)
    act(conversation_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
    if not getattr(request, "htmx", None):
        return redirect("inbox:conversation", pk)
    events = {"inbox:changed": {"conversation": pk}, "toast": {"text": said, "target": "body"}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})


def _go(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    messages.success(request, said)
    url = reverse("inbox:conversation", args=[pk])
    if getattr(request, "htmx", None):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _candidates(request: HttpRequest, found: Conversation, text: str) -> list[Conversation]:
    """Return what may be the same person: what is searched for, else the other conversations of the customer."""
    rows = Conversation.objects.visible_to(request.user).filter(merged_into=None).exclude(pk=found.pk)
    if text.strip():
        rows = rows.filter(pk__in=search(text).ids)
    else:
        same = Q(customer_id=found.customer_id) if found.customer_id else Q(pk__in=[])
        if found.phone:
            same |= Q(phone=found.phone)
        rows = rows.filter(same)
    return list(rows.select_related("customer", "channel").order_by("-last_message_at")[:CANDIDATES])
