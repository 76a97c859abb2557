"""The picked invoices by WhatsApp: what it would do, then doing it."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import needs
from billing.documents.bulk import MOST, plan_invoices, send_invoices
from billing.documents.sending import DocumentRefused
from billing.views.responses import done, told
from events.domain import Actor


@require_http_methods(["GET", "POST"])
@needs("billing.view")
@needs("inbox.reply")
def send(request: HttpRequest) -> HttpResponse:
    """Ask whether to send the invoices of `?id=`, naming who gets one and why others do not; then send, once a key."""
    typed = request.POST if request.method == "POST" else request.GET
    ids = [int(pk) for pk in typed.getlist("id")[: MOST + 1] if pk.isdecimal() and len(pk) < 19]
    now, key = timezone.now(), request.POST.get("key", "")[:60] or secrets.token_urlsafe(16)
    context: dict[str, Any] = {"key": key}
    try:
        if request.method == "POST":
            actor = Actor.of_user(request.user)
            sent, stayed = send_invoices(ids, key=f"user:{request.user.pk}:{key}", actor=actor, now=now)
            return _answer(request, sent, stayed)
        context["plan"] = plan_invoices(ids, now=now)
    except DocumentRefused as error:
        context["refused"] = str(error)
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/invoices_send.html", context, status=status)


def _answer(request: HttpRequest, sent: int, stayed: int) -> HttpResponse:
    text = ngettext("%(n)s factura va en camino por WhatsApp.", "%(n)s facturas van en camino por WhatsApp.", sent)
    text %= {"n": sent}
    if stayed:
        text += " " + ngettext("%(n)s no se pudo enviar.", "%(n)s no se pudieron enviar.", stayed) % {"n": stayed}
    if getattr(request, "htmx", None):
        return told(HttpResponse(), text, kind="good" if sent else "bad")
    return done(request, text, reverse("billing:invoices"))
