"""The link that says on Telegram which customer somebody is, for the staff to hand over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import needs
from customers.models import Customer
from inbox.domain.introductions import LASTS, telegram_link
from inbox.models import Channel, Conversation


@require_GET
@needs("inbox.reply")
def offer(request: HttpRequest, customer: int) -> HttpResponse:
    """The button that opens the link's dialog; nothing where no bot is connected."""
    found = get_object_or_404(Customer.objects.visible_to(request.user), pk=customer)
    connected = Channel.objects.filter(kind="telegram", is_active=True).exists()
    return render(request, "inbox/telegram_offer.html", {"customer": found, "connected": connected})


@require_GET
@needs("inbox.reply")
def invite(request: HttpRequest, customer: int) -> HttpResponse:
    """A link for each bot by which the customer is known, once and for a week."""
    found = get_object_or_404(Customer.objects.visible_to(request.user), pk=customer)
    now = timezone.now()
    channels = Channel.objects.filter(kind="telegram", is_active=True).order_by("name", "id")
    context = {
        "customer": found,
        "links": [(c, telegram_link(customer=found, channel=c, now=now)) for c in channels],
        "until": now + LASTS,
        "talks": Conversation.objects.filter(customer=found, channel__kind="telegram").order_by("-last_message_at")[:5],
    }
    response = render(request, "inbox/telegram_invite.html", context)
    response["Cache-Control"] = "private, no-store"
    return response
