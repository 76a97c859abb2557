"""Who else has a conversation on screen."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

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
