"""Who else has a conversation on screen."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from inbox.domain.presence import STATES, may_show_typing, note_presence, who_is_here
from inbox.domain.read_marks import mark_shown
from inbox.models import Conversation


@require_POST
@needs("inbox.view")
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that I look, type or went, and hear who else is here."""
    found = get_object_or_404(Conversation.objects.visible_to(request.user).select_related("channel"), pk=pk)
    state = request.POST.get("state", "")
    me = f"user:{request.user.pk}"
    if state not in STATES:
        return JsonResponse({"error": "state"}, status=400)
    note_presence(conversation_id=found.pk, who=me, name=str(request.user.name), state=state)  # type: ignore[union-attr]
    # Only an answer shows the customer that somebody types; a note does not.
    answers = request.POST.get("answer") == "1" and request.user.can("inbox.reply")  # type: ignore[union-attr]
    if state == "typing" and answers and may_show_typing(found):
        mark_shown(conversation=found, now=timezone.now(), typing=True)
    others = who_is_here(conversation_id=found.pk, but=me)
    return JsonResponse({"me": me, "others": [vars(one) for one in others]})


@require_GET
@never_cache
@needs("inbox.view")
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether a conversation's news are worth a sound for me, and what to say: mine or nobody's, and not put away."""
    found = get_object_or_404(Conversation.objects.visible_to(request.user).select_related("customer"), pk=pk)
    mine = found.assignee_id in {None, request.user.pk}
    awake = found.blocked_at is None and found.waiting_since is not None
    awake = awake and found.status in {Conversation.Status.OPEN, Conversation.Status.PENDING}
    return JsonResponse(
        {
            "tell": mine and awake,
            "title": found.customer.name if found.customer else str(found),
            "text": found.last_message_text,
            "url": reverse("inbox:conversation", args=[found.pk]),
        }
    )
