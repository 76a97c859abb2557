"""Beside the composer: who answers this conversation, and what a model suggests. Asked for, never waited for."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from chatbot.domain.handing import NoBot, answers_in, hand_back, take_over
from chatbot.domain.suggesting import has_model, suggest_replies
from chatbot.engines.base import EngineError
from events.domain import Actor
from inbox.models import Conversation


def _conversation(request: HttpRequest, pk: int) -> Conversation:
    rows = Conversation.objects.visible_to(request.user).select_related("customer", "channel")
    return get_object_or_404(rows, pk=pk)


@require_GET
@needs("inbox.reply")
def beside(request: HttpRequest, pk: int) -> HttpResponse:
    """Who answers, what can be done about it, and a place for what a model suggests."""
    found = _conversation(request, pk)
    context = {
        "conversation": found,
        "why_not": answers_in(found, timezone.now()),
        "has_model": has_model(found),
        "by_bot": found.bot_active and found.status == Conversation.Status.PENDING,
    }
    return render(request, "chatbot/beside.html", context)


@require_POST
@needs("inbox.reply")
def suggest(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the model; a failure says what it was."""
    found = _conversation(request, pk)
    context: dict[str, Any] = {"conversation": found}
    try:
        context["suggestion"] = suggest_replies(
            conversation=found,
            user=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
        )
    except EngineError as error:
        context["failure"] = error.message
    return render(request, "chatbot/suggestion.html", context)


@require_POST
@needs("inbox.reply")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the conversation over: the bot falls silent."""
    found = _conversation(request, pk)
    take_over(conversation_id=found.pk, user=request.user, now=timezone.now())  # type: ignore[arg-type]
    return _done(request, pk, _("La atiende usted. El asistente calla."))


@require_POST
@needs("inbox.reply")
def back(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand it back to the bot."""
    found = _conversation(request, pk)
    try:
        answers = hand_back(conversation_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
    except NoBot as refused:
        return _done(request, pk, str(refused), kind="bad")
    if answers:
        return _done(request, pk, _("El asistente contesta lo último que escribió."))
    return _done(request, pk, _("El asistente contesta desde el próximo mensaje."))


def _done(request: HttpRequest, pk: int, said: str, **more: str) -> HttpResponse:
    if not getattr(request, "htmx", None):
        return redirect("inbox:conversation", pk)
    events = {
        "inbox:changed": {"conversation": pk},
        "toast": {"text": said, "target": "body", **more},
        "beside:done": {},
    }
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
