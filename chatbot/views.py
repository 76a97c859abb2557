"""The bot's settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.access import needs
from chatbot.domain.bots import BotRefused, change_bot, current_bot
from chatbot.domain.trying import try_phrase
from chatbot.forms import BotForm, SampleForm
from events.domain import Actor


@sensitive_post_parameters("api_key")
@needs("bot.edit")
def settings(request: HttpRequest) -> HttpResponse:
    """Show and take the settings; what was typed stays when something is wrong, except the key."""
    form = BotForm(request.POST or None, instance=current_bot())
    if request.method == "POST" and form.is_valid():
        try:
            bot = change_bot(actor=Actor.of_user(request.user), now=timezone.now(), **form.changes())
        except BotRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            said = _("Guardado. El asistente contesta.") if bot.enabled else _("Guardado. El asistente está apagado.")
            messages.success(request, said)
            return redirect("chatbot:settings")
    context = {"form": form, "current": current_bot(), "sample": SampleForm()}
    return render(request, "chatbot/settings.html", context, status=422 if form.errors else 200)


@require_POST
@needs("bot.edit")
def sample(request: HttpRequest) -> HttpResponse:
    """Say what a phrase is taken to mean, with the settings that are saved."""
    form = SampleForm(request.POST)
    trial = try_phrase(bot=current_bot(), text=form.cleaned_data["text"]) if form.is_valid() else None
    context = {"sample": form, "trial": trial}
    return render(request, "chatbot/settings.html#trial", context, status=422 if form.errors else 200)
