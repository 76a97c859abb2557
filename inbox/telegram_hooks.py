"""The door Telegram calls. For the staff's bot: a code that links a person, and buttons they press, kept as rows and
answered at once. Customers' bots go the way of every channel."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from inbox.domain.telegram import current_telegram, is_from_telegram, link_chat, note_press
from inbox.doors import door, knock
from tenants.current import current_tenant, entered
from tenants.models import Route, Tenant

logger = logging.getLogger(__name__)

BODY_LIMIT = 256 * 1024
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the header's name
# Whose lane knows what a button means, by the first letter of its data.
LANES = {"r": "receipts.pressed"}


@door
def telegram(request: HttpRequest, hook: uuid.UUID) -> HttpResponse:
    """An update for the staff's bot, or for one that customers write to.

    404 for a bot nobody has or another provider's, 403 for a wrong secret; nothing is stored then.
    """
    routes = Route.objects.select_related("tenant__brand").filter(provider="telegram", account=str(hook))
    route = routes.filter(number=str(hook), tenant__status=Tenant.Status.READY).first()
    if route is None:
        return _answered(request, knock(request, "telegram", hook))
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if not (request.META.get("CONTENT_LENGTH") or "0").isdecimal() or len(request.body) > BODY_LIMIT:
        return HttpResponse(status=413)
    here = getattr(request, "tenant", None)
    if here is not None and current_tenant().pk != route.tenant_id:
        return HttpResponse(status=404)
    with entered(route.tenant):
        return HttpResponse(status=_hear(request, hook))


def _answered(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """End the waiting sign on a button that was pressed, in the very answer to its call, once it is stored."""
    if answer.status_code != 200 or b'"callback_query"' not in request.body:
        return answer
    press = json.loads(request.body).get("callback_query")
    if not isinstance(press, dict) or "id" not in press:
        return answer
    return JsonResponse({"method": "answerCallbackQuery", "callback_query_id": str(press["id"])})


def _hear(request: HttpRequest, hook: uuid.UUID) -> int:
    """Take an update for the staff's bot; return the status to answer with."""
    bot = current_telegram()
    if bot is None or bot.hook != hook:
        return 404
    if not is_from_telegram(bot, request.headers.get(SECRET, "")):
        return 403
    try:
        _take(json.loads(request.body))
    except (ValueError, KeyError, TypeError, AttributeError):
        # Said again it would be no better: it is told apart from a failure of ours, which Telegram repeats.
        logger.warning("an update of telegram could not be read")
    return 200


def _take(update: dict[str, Any]) -> None:
    now = timezone.now()
    if press := update.get("callback_query"):
        data, sender = str(press["data"]), int(press["from"]["id"])
        lane = LANES.get(data.partition(":")[0])
        # Only in the chat of that person: a notice that was passed on to a group has no power there.
        if lane and int(press["message"]["chat"]["id"]) == sender:
            note_press(
                update_id=int(update["update_id"]),
                chat_id=sender,
                data=data,
                callback_id=str(press["id"]),
                lane=lane,
                now=now,
            )
        return
    message = update.get("message") or {}
    command, _, code = str(message.get("text") or "").partition(" ")
    if command == "/start" and code and message["chat"].get("type") == "private":
        handle = str(message["from"].get("username") or "")
        link_chat(code=code.strip()[:80], chat_id=int(message["chat"]["id"]), handle=handle, now=now)
