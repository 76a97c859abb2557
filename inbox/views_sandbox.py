"""The phone for trying things, as a page: who writes, what they see, and the switches."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from customers.domain.search import find_customers
from customers.models import Customer
from inbox.domain import sandbox
from inbox.domain.sandbox import CannotWrite
from inbox.models import Channel, Conversation

OUTCOMES = {
    "read": later("Llegan y se leen"),
    "delivered": later("Llegan, nadie los lee"),
    "sent": later("Salen y no llegan"),
    "blocked": later("La persona bloqueó el número"),
    "failed": later("El proveedor da un error"),
}


def _phone(pk: int) -> Channel:
    return get_object_or_404(Channel, pk=pk, kind=sandbox.KIND)


def _chosen(channel: Channel, wanted: str | None) -> Conversation | None:
    rows = Conversation.objects.filter(channel=channel).select_related("channel", "customer")
    return rows.filter(pk=wanted).first() if (wanted or "").isdecimal() else None


@require_GET
@needs("settings.edit")
def phone(request: HttpRequest, pk: int) -> HttpResponse:
    """The phone, with somebody who writes; only its screen when a fragment is asked for."""
    channel = _phone(pk)
    chosen = _chosen(channel, request.GET.get("quien"))
    context: dict[str, Any] = {"channel": channel, "chosen": chosen, "own_id": uuid.uuid4().hex}
    if chosen is not None:
        context |= {"lines": sandbox.screen_of(chosen), "open": chosen.window_is_open(timezone.now())}
    if getattr(request, "htmx", None):
        return render(request, "inbox/sandbox_screen.html", context)
    text = request.GET.get("buscar", "")[:80]
    found = find_customers(text, user=request.user, limit=6) if len(text.strip()) > 1 else []
    return render(
        request,
        "inbox/sandbox.html",
        {
            **context,
            "people": sandbox.people_of(channel),
            "text": text,
            "found": found,
            "outcomes": OUTCOMES.items(),
            "outcome": channel.config.get("outcome") or "read",
            "code": channel.config.get("code") or "63016",
            "codes": sandbox.CODES,
        },
    )


def _back(channel: Channel, chosen: Conversation | None = None) -> HttpResponse:
    answer = redirect("inbox:sandbox", channel.pk)
    if chosen is not None:
        answer["Location"] += f"?quien={chosen.pk}"
    return answer


@require_POST
@needs("settings.edit")
def play(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the phone as somebody: made up, or a customer."""
    channel, now = _phone(pk), timezone.now()
    wanted = request.POST.get("customer", "")
    if wanted.isdecimal():
        customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=wanted)
        return _back(channel, sandbox.play_customer(channel=channel, customer=customer, now=now))
    try:
        made = sandbox.play_somebody(channel=channel, name=request.POST.get("name", ""), now=now)
    except CannotWrite:
        messages.error(request, _("Escriba un nombre para la persona."))
        return _back(channel)
    return _back(channel, made)


@require_POST
@needs("settings.edit")
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Write from the phone."""
    channel = _phone(pk)
    chosen = _chosen(channel, request.POST.get("quien"))
    if chosen is None:
        return _back(channel)
    try:
        sandbox.write(
            conversation=chosen,
            body=request.POST.get("body", ""),
            own_id=request.POST.get("own_id") or uuid.uuid4().hex,
            choice=request.POST.get("choice", ""),
            upload=request.FILES.get("file"),
            now=timezone.now(),
        )
    except CannotWrite:
        messages.error(request, _("Escriba un mensaje, o elija una foto, un PDF o un audio de hasta 10 MB."))
    return _back(channel, chosen)


@require_POST
@needs("settings.edit")
def switches(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide what becomes of what is sent to the phone."""
    channel = _phone(pk)
    chosen = _chosen(channel, request.POST.get("quien"))
    if request.POST.get("window") and chosen is not None:
        sandbox.close_window(conversation_id=chosen.pk, now=timezone.now())
        messages.success(request, _("Pasó un día: hasta que escriba de nuevo solo se le puede mandar una plantilla."))
        return _back(channel, chosen)
    try:
        code = request.POST.get("code", "")
        sandbox.set_outcome(channel_id=channel.pk, outcome=request.POST.get("outcome", ""), code=code)
    except CannotWrite:
        messages.error(request, _("Elija qué pasa con los mensajes."))
    else:
        messages.success(request, _("Vale desde el próximo mensaje."))
    return _back(channel, chosen)
