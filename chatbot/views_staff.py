"""From where each person of the staff may ask the bot: their own numbers, and everybody's for whoever manages staff."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import signed_in
from chatbot.domain.staff_addresses import LASTS, VOUCHED, forget_address, new_code
from chatbot.domain.staff_questions import what_staff_may_ask
from chatbot.models import StaffAddress
from events.domain import Actor
from inbox.addresses import phone_of
from inbox.models import Channel


@require_GET
@signed_in
def numbers(request: HttpRequest) -> HttpResponse:
    """Show the numbers of whoever looks, and those of the others to whoever manages staff."""
    return _page(request)


@require_POST
@signed_in
def ask_code(request: HttpRequest) -> HttpResponse:
    """Show what to send from the phone that is to be theirs."""
    code = new_code(user=request.user, now=timezone.now())  # type: ignore[arg-type]
    return _page(request, code=code)


@require_POST
@signed_in
def forget(request: HttpRequest, address_id: int) -> HttpResponse:
    """Take a number from oneself, or from anybody for whoever manages staff."""
    only = None if request.user.can("staff.edit") else request.user  # type: ignore[union-attr]
    try:
        forget_address(
            address_id=address_id,
            actor=Actor.of_user(request.user),
            now=timezone.now(),
            only=only,  # type: ignore[arg-type]
        )
    except StaffAddress.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Desde ese número ya no se puede preguntar."))
    return redirect("chatbot:numbers")


def _page(request: HttpRequest, *, code: str = "") -> HttpResponse:
    rows = StaffAddress.objects.exclude(address="").select_related("user").order_by("user__name", "pk")
    mine = [row for row in rows if row.user_id == request.user.pk]
    others = [row for row in rows if row.user_id != request.user.pk]
    channels = Channel.objects.filter(is_active=True, kind__in=VOUCHED).order_by("name", "pk")
    context = {
        "code": code,
        "minutes": int(LASTS.total_seconds() // 60),
        "channels": [(channel, _link(channel, code)) for channel in channels],
        "mine": mine,
        "others": others if request.user.can("staff.edit") else [],  # type: ignore[union-attr]
        "may_ask": what_staff_may_ask(request.user).splitlines()[1:],  # type: ignore[arg-type]
    }
    response = render(request, "chatbot/numbers.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _link(channel: Channel, code: str) -> str:
    """Return the address that opens WhatsApp with the code written; "" where there is none."""
    phone = phone_of(channel.address)
    return f"https://wa.me/{phone.removeprefix('+')}?{urlencode({'text': code})}" if phone and code else ""
