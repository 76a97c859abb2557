"""What is asked of whoever connects a bot."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from inbox.channels.telegram.config import TOKEN


class TelegramForm(forms.Form):
    """A name and the bot's token, written and never shown again. ``kept``: a token is stored already."""

    name = forms.CharField(
        label=_("Nombre"), max_length=80, help_text=_("Cómo lo verá su equipo: «Telegram», «Soporte por Telegram».")
    )
    token = forms.CharField(
        label=_("Clave del bot"),
        max_length=100,
        help_text=_("La da @BotFather en Telegram al crear el bot: 123456:ABC… Se guarda cifrada."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: object, kept: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if kept:
            self.fields["token"].required = False
            self.fields["token"].help_text = _("Déjela vacía para conservar la que ya está guardada.")

    def clean_token(self) -> str:
        """Return the token without what was copied around it. Raises ValidationError for what is none."""
        token = str(self.cleaned_data.get("token") or "").strip()
        if token and not TOKEN.fullmatch(token):
            text = _("Eso no parece la clave de un bot: es un número, dos puntos y letras, como 123456:ABC…")
            raise forms.ValidationError(text)
        return token
