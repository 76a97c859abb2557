"""What the far sides told us, as it came: a list, one of them opened, and reading again."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from events.domain import Actor
from inbox.domain.replaying import replay_failed, replay_notification
from inbox.models import Channel, Notification, Policy
from inbox.outcome_words import outcome_words
from tenants.paging import page_by

TONES = {"pending": "waiting", "done": "active", "ignored": "paused", "failed": "cut"}
STATES = {
    "pending": (gettext_lazy("Por leer"), "clock"),
    "done": (gettext_lazy("Leído"), "check"),
    "ignored": (gettext_lazy("Sin nada que hacer"), "minus"),
    "failed": (gettext_lazy("No se pudo leer"), "circle-alert"),
}


def _dress(row: Notification) -> Notification:
    """Give a row the words a page shows."""
    row.tone = TONES[row.state]  # type: ignore[attr-defined]
    row.word, row.icon = STATES[row.state]  # type: ignore[attr-defined]
    row.said = outcome_words(row.outcome)  # type: ignore[attr-defined]
    return row


@require_GET
@needs("settings.edit")
def notifications(request: HttpRequest) -> HttpResponse:
    """The list, newest first; its rows alone for a filter or the next page."""
    page = page_by(_wanted(request), request, field="received_at")
    for row in page.rows:
        _dress(row)
    narrow = any(request.GET.get(name) for name in ("q", "state", "channel"))
    context: dict[str, Any] = {"page": page, "narrow": narrow, "asked": request.GET}
    if request.htmx and request.GET.get("after"):  # type: ignore[attr-defined]
        return render(request, "inbox/notification_rows.html", context)
    policy = Policy.objects.filter(key="main").first() or Policy()
    context |= {
        "states": [(code, word) for code, (word, _icon) in STATES.items()],
        "channels": Channel.objects.order_by("name", "id"),
        "failed": Notification.objects.filter(state=Notification.State.FAILED).count(),
        "days": policy.keep_notifications_days,
    }
    template = "inbox/notifications.html#list" if request.htmx else "inbox/notifications.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _wanted(request: HttpRequest) -> QuerySet[Notification]:
    rows = Notification.objects.select_related("channel").order_by("-received_at", "-id")
    if (state := request.GET.get("state", "")) in Notification.State.values:
        rows = rows.filter(state=state)
    if (channel := request.GET.get("channel", "")).isdecimal() and len(channel) < 10:
        rows = rows.filter(channel_id=int(channel))
    if text := request.GET.get("q", "").replace("\x00", "").strip()[:100]:
        rows = rows.annotate(told=Cast("payload", TextField())).filter(told__icontains=text)
    return rows


@require_GET
@needs("settings.edit")
def notification(request: HttpRequest, pk: int) -> HttpResponse:
    """One row whole."""
    row = get_object_or_404(Notification.objects.select_related("channel"), pk=pk)
    told = json.dumps(row.payload, indent=2, ensure_ascii=False, sort_keys=True)
    return render(request, "inbox/notification.html", {"row": _dress(row), "told": told})


@require_POST
@needs("settings.edit")
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Read one again."""
    get_object_or_404(Notification, pk=pk)
    replay_notification(notification_id=pk, actor=Actor.of_user(request.user), now=timezone.now())
    messages.success(request, _("Se está leyendo otra vez. Lo que ya se hizo no se repite."))
    return redirect("inbox:notification", pk)


@require_POST
@needs("settings.edit")
def replay_all(request: HttpRequest) -> HttpResponse:
    """Read all that failed again."""
    count = replay_failed(actor=Actor.of_user(request.user), now=timezone.now())
    said = ngettext("Se está leyendo otra vez %(n)s aviso.", "Se están leyendo otra vez %(n)s avisos.", count)
    messages.success(request, said % {"n": count} if count else _("No hay ningún aviso sin leer."))
    return redirect("inbox:notifications")
