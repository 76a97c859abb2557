"""The bots' settings, each with a place to try it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.access import needs
from chatbot.domain.bots import BotRefused, change_bot, current_bot, retirement_of
from chatbot.domain.rehearsing import MOST
from chatbot.domain.several_bots import ChannelTaken, MainStays, create_bot, delete_bot, give_channels
from chatbot.domain.tracing import trace_talk
from chatbot.forms import BotForm, ChannelsForm, NewBotForm, SampleForm
from chatbot.models import Bot
from events.domain import Actor


def bot_named(bot_id: int | None) -> Bot:
    """Return a bot, the main one without an id. Raises Http404."""
    return current_bot() if bot_id is None else get_object_or_404(Bot, pk=bot_id)


@sensitive_post_parameters("api_key", "audio_key")
@needs("bot.edit")
def settings(request: HttpRequest, bot_id: int | None = None) -> HttpResponse:
    """Show and take a bot's settings; what was typed stays when something is wrong, except the key."""
    bot = bot_named(bot_id)
    form = BotForm(request.POST or None, instance=bot)
    if request.method == "POST" and form.is_valid():
        try:
            bot = change_bot(bot_id=bot_id, actor=Actor.of_user(request.user), now=timezone.now(), **form.changes())
        except BotRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            said = _("Guardado. El asistente contesta.") if bot.enabled else _("Guardado. El asistente está apagado.")
            messages.success(request, said)
            return redirect(request.path)
    return _page(request, bot_id, form=form)


def _page(request: HttpRequest, bot_id: int | None, **forms: Any) -> HttpResponse:
    current = bot_named(bot_id)
    context = {
        "form": BotForm(instance=bot_named(bot_id)),
        "current": current,
        "retirement": retirement_of(current, now=timezone.now()),
        "bots": list(Bot.objects.order_by("pk")),
        "sample": SampleForm(),
        "new": NewBotForm(),
        "channels": None if current.pk is None or current.is_main else ChannelsForm(bot=current),
    } | forms
    wrong = any(form.errors for form in forms.values())
    return render(request, "chatbot/settings.html", context, status=422 if wrong else 200)


@require_POST
@needs("bot.edit")
def add(request: HttpRequest) -> HttpResponse:
    """Make a bot like the main one and show it."""
    form = NewBotForm(request.POST)
    if form.is_valid():
        try:
            bot = create_bot(
                name=form.cleaned_data["new_name"], actor=Actor.of_user(request.user), now=timezone.now(), enabled=False
            )
        except BotRefused as refused:
            form.add_error("new_name", refused.message)
        else:
            messages.success(request, _("Asistente creado, apagado todavía. Elija en qué canales contesta."))
            return redirect("chatbot:bot", bot.pk)
    return _page(request, None, new=form)


@require_POST
@needs("bot.edit")
def channels(request: HttpRequest, bot_id: int) -> HttpResponse:
    """Say on which channels a bot answers."""
    bot = get_object_or_404(Bot, pk=bot_id)
    form = ChannelsForm(request.POST, bot=bot)
    if form.is_valid():
        ids = [row.pk for row in form.cleaned_data["channels"]]
        try:
            give_channels(bot_id=bot.pk, channel_ids=ids, actor=Actor.of_user(request.user), now=timezone.now())
        except ChannelTaken as taken:
            form.add_error("channels", taken.message)
        else:
            messages.success(request, _("Canales guardados."))
            return redirect("chatbot:bot", bot.pk)
    return _page(request, bot_id, channels=form)


@require_POST
@needs("bot.edit")
def remove(request: HttpRequest, bot_id: int) -> HttpResponse:
    """Take a bot away; its channels go back to the main one."""
    get_object_or_404(Bot, pk=bot_id)
    try:
        delete_bot(bot_id=bot_id, actor=Actor.of_user(request.user), now=timezone.now())
    except MainStays as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Asistente borrado. En sus canales contesta el principal."))
    return redirect("chatbot:settings")


@require_POST
@needs("bot.edit")
def sample(request: HttpRequest, bot_id: int | None = None) -> HttpResponse:
    """Say something to the bot as it is saved, in the talk so far, and tell each step of what came of it."""
    bot = bot_named(bot_id)
    before = [line[:500] for line in request.POST.getlist("asked")][:MOST]
    begins_anew = "again" in request.POST
    said = request.POST.get("option") or request.POST.get("text", "")
    form = SampleForm({"text": said, "who": request.POST.get("who", "")})
    lines = before
    if begins_anew:
        form, lines = SampleForm(initial={"who": request.POST.get("who")}), []
    elif form.is_valid():
        lines = [*before, form.cleaned_data["text"]][:MOST]
    is_customer = request.POST.get("who") != SampleForm.STRANGER
    trace = trace_talk(bot=bot, lines=lines, is_customer=is_customer, now=timezone.now()) if lines else None
    status = 422 if form.errors else 200
    if not form.errors:
        form = SampleForm(initial={"who": request.POST.get("who")})
    context = {"sample": form, "trace": trace, "full": len(lines) >= MOST, "current": bot}
    return render(request, "chatbot/settings.html#trial", context, status=status)
