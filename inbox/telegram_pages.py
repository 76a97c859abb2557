"""Settings: the provider's Telegram bot, and each person's own place on call."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs, signed_in
from events.domain import Actor
from inbox.domain.channels import not_asked
from inbox.domain.telegram import (
    NotConnected,
    connect_bot,
    current_telegram,
    new_link_code,
    on_call_of,
    unlink_chat,
)
from inbox.models import OnCall
from tenants.secret_fields import AsksAgain


class TokenForm(AsksAgain, forms.Form):
    """The bot's token, written and never shown again."""

    token = forms.CharField(
        label=later("Clave del bot"),
        max_length=100,
        help_text=later("La da @BotFather en Telegram al crear el bot: 123456:ABC… Se guarda cifrada."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class HoursForm(forms.ModelForm):
    """When a person is called."""

    class Meta:
        model = OnCall
        fields = ("is_on", "since", "until")
        labels = {"is_on": later("Estoy de guardia"), "since": later("Desde"), "until": later("Hasta")}
        widgets = {
            "since": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def clean(self) -> None:
        """One hour without the other says nothing."""
        data = super().clean() or {}
        if (data.get("since") is None) != (data.get("until") is None):
            raise forms.ValidationError(later("Ponga las dos horas, o ninguna para todo el día."))


@require_GET
@signed_in
def telegram(request: HttpRequest) -> HttpResponse:
    """The bot, and the place of whoever looks."""
    return _page(request)


@sensitive_post_parameters("token")
@require_POST
@needs("settings.edit")
def connect(request: HttpRequest) -> HttpResponse:
    """Try a token at Telegram and keep it."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            bot = connect_bot(token=form.cleaned_data["token"], actor=Actor.of_user(request.user), now=timezone.now())
        except NotConnected as error:
            form.add_error("token" if error.reached else None, str(error) if error.reached else not_asked(error))
        else:
            messages.success(request, _("El bot @%(name)s quedó conectado.") % {"name": bot.username})
            return redirect("inbox:telegram")
    return _page(request, token=form, status=422)


@require_POST
@signed_in
def link(request: HttpRequest) -> HttpResponse:
    """Show the address that links the Telegram account which opens it."""
    bot = current_telegram()
    if bot is None:
        return _page(request, status=422)
    code = new_link_code(user=request.user, now=timezone.now())  # type: ignore[arg-type]
    return _page(request, address=f"https://t.me/{bot.username}?start={code}")


@require_POST
@signed_in
def unlink(request: HttpRequest) -> HttpResponse:
    """Forget the Telegram account."""
    unlink_chat(user=request.user, now=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("Su Telegram quedó desvinculado."))
    return redirect("inbox:telegram")


@require_POST
@signed_in
def hours(request: HttpRequest) -> HttpResponse:
    """Go on call, off it, or between two hours."""
    form = HoursForm(request.POST, instance=on_call_of(request.user))  # type: ignore[arg-type]
    if not form.is_valid():
        return _page(request, hours=form, status=422)
    place = form.save()
    messages.success(request, _("Guardado: está de guardia.") if place.is_on else _("Guardado: no está de guardia."))
    return redirect("inbox:telegram")


def _page(
    request: HttpRequest,
    *,
    token: TokenForm | None = None,
    hours: HoursForm | None = None,
    address: str = "",
    status: int = 200,
) -> HttpResponse:
    place = OnCall.objects.filter(user=request.user.pk).first()
    others = OnCall.objects.filter(is_on=True, chat_id__isnull=False).select_related("user").order_by("user__name")
    context = {
        "bot": current_telegram(),
        "place": place,
        "others": others,
        "token": token or TokenForm(),
        "hours": hours or HoursForm(instance=place),
        "address": address,
    }
    response = render(request, "inbox/telegram.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response
