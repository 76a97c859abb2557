"""The inbox: queues, conversations, the thread and what one does in it. Each fragment is also part of the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.access import needs
from accounts.models import User
from inbox.domain.conversations import mark_read
from inbox.domain.mentions import see_mentions
from inbox.domain.queries import lines_news, thread_page
from inbox.models import Conversation, Message
from inbox.views_list import filter_context, panes
from tenants.current import tenant_zone


@require_GET
@needs("inbox.view")
def home(request: HttpRequest) -> HttpResponse:
    """The panes, with no conversation chosen."""
    return render(request, "inbox/home.html", {**panes(request), "pane": "list"})


@require_GET
@needs("inbox.view")
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """The panes with one conversation; only its thread when a fragment is asked for.

    The address of one that was merged leads to where its lines are.
    """
    found = _conversation(request, pk)
    if found.merged_into_id is not None:
        return redirect("inbox:conversation", found.merged_into_id)
    _seen(request, found)
    context = {**thread_context(request, found), "pane": "thread"}
    htmx = getattr(request, "htmx", None)
    if htmx and not htmx.history_restore_request:
        return render(request, "inbox/thread.html", {**context, **filter_context(request)})
    return render(request, "inbox/home.html", {**panes(request), **context})


@require_GET
@needs("inbox.view")
def lines(request: HttpRequest, pk: int) -> HttpResponse:
    """What a page with lines from `primera` to `desde` misses: new ones, and changed ones to be put in their place."""
    found = _conversation(request, pk)
    seq, first = _number(request.GET.get("desde")), _number(request.GET.get("primera"))
    since = _moment(request.GET.get("visto", ""))
    now = timezone.now()
    fresh, changed = lines_news(conversation=found, seq=seq, since=since, first=first)
    context = {
        "conversation": found,
        "lines": _with_days(fresh, request.GET.get("dia", "")),
        "changed": changed,
        "stamp": now,
        **_state_context(request, found),
    }
    if request.GET.get("a_la_vista"):
        _seen(request, found)
    return render(request, "inbox/news.html", context)


@require_GET
@needs("inbox.view")
def older(request: HttpRequest, pk: int) -> HttpResponse:
    """The lines above the first one shown."""
    found = _conversation(request, pk)
    rows = thread_page(conversation=found, before=_number(request.GET.get("antes")))
    return render(
        request, "inbox/older.html", _thread_rows(found, rows) | {"window_open": found.window_is_open(timezone.now())}
    )


def _conversation(request: HttpRequest, pk: int) -> Conversation:
    rows = Conversation.objects.visible_to(request.user).select_related("customer", "assignee", "channel", "team")
    return get_object_or_404(rows, pk=pk)


def _seen(request: HttpRequest, found: Conversation) -> None:
    # Somebody who may not answer takes nothing off the list of those who may.
    see_mentions(user=request.user, conversation_id=found.pk, now=timezone.now())  # type: ignore[arg-type]
    if request.user.can("inbox.reply"):  # type: ignore[union-attr]
        mark_read(conversation_id=found.pk, now=timezone.now())


def thread_context(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    """Return all that the thread's pane shows."""
    line = _number(request.GET.get("linea"))  # a line that was searched for; what is below it follows as news
    rows = thread_page(conversation=found, before=line + 20 if line else None)
    context = _thread_rows(found, rows)
    context |= {"stamp": timezone.now(), "current": found.pk}
    return context | _state_context(request, found)


def _thread_rows(found: Conversation, rows: list[Message]) -> dict[str, Any]:
    above = rows[0].seq if rows and rows[0].seq > 1 else 0
    return {"conversation": found, "lines": _with_days(rows), "above": above}


def _state_context(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    can_assign = request.user.can("inbox.assign")  # type: ignore[union-attr]
    people = User.objects.filter(is_active=True).order_by("name") if can_assign else []
    now = timezone.now()
    found.late = bool(found.due_at and found.due_at <= now)  # type: ignore[attr-defined]
    return {
        "window_open": found.window_is_open(now),
        "window_closes_at": found.window_closes_at(),
        "people": [person for person in people if person.can("inbox.reply")],
        "panel_url": panel_url(found),
    }


def panel_url(found: Conversation) -> str:
    """Return where the customer's panel is, or nothing when the customer is not known."""
    if found.customer_id is None:
        return ""
    try:
        return f"{reverse('customers:panel', args=[found.customer_id])}?conversacion={found.pk}"
    except NoReverseMatch:
        return ""


def _with_days(rows: list[Message], before: str = "") -> list[dict[str, Any]]:
    """Pair each line with the day it begins, where it begins one."""
    found, zone = [], tenant_zone()
    for message in rows:
        day = message.created_at.astimezone(zone).date().isoformat()
        found.append({"message": message, "day": day, "begins": day != before})
        before = day
    return found


def _moment(text: str) -> datetime:
    """Return the moment a page says it looked; now when it says nothing sensible."""
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        moment = None
    return moment if moment and moment.tzinfo else timezone.now()


def _number(text: str | None) -> int:
    try:
        return max(int(text or 0), 0)
    except ValueError:
        return 0


def words_for(error: Exception, found: Conversation, *, with_files: bool = False) -> str:
    """Return a sentence for what kept a message from being queued."""
    can = found.channel.can
    limit = can.caption_limit if with_files else can.body_limit
    name = type(error).__name__
    return {
        "NothingToSend": _("Escriba un mensaje o adjunte un archivo."),
        "TooLong": _("El mensaje pasa de %(limit)s caracteres: divídalo en dos.") % {"limit": f"{limit:,}"},
    }.get(name, _("Ese archivo no se puede enviar por este canal: use una foto, un PDF, un audio o un video MP4."))
