"""What is asked of whoever connects a bot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.channels.forms import ChannelForm, ChannelValues
from inbox.channels.telegram.config import PREFIX, TOKEN, bot_id


class TelegramForm(ChannelForm):
    """A bot's token, written and never shown again."""

    about = _("Un bot propio: sus clientes le escriben por Telegram. Solo pide la clave que da @BotFather.")
    sealed: ClassVar[dict[str, str]] = {"token": "auth_token"}
    blamed = "token"

    token = forms.CharField(
        label=_("Clave del bot"),
        max_length=100,
        help_text=_("La da @BotFather en Telegram al crear el bot: 123456:ABC… Se guarda cifrada."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_token(self) -> str:
        """Return the token without what was copied around it. Raises ValidationError for what is none."""
        token = str(self.cleaned_data.get("token") or "").strip()
        if token and not TOKEN.fullmatch(token):
            text = _("Eso no parece la clave de un bot: es un número, dos puntos y letras, como 123456:ABC…")
            raise forms.ValidationError(text)
        return token

    def values(self) -> ChannelValues:
        """Return the bot's number, which begins its token, and the token."""
        token = self.cleaned_data["token"]
        number = bot_id(token) if token else (self.held.account if self.held else "")
        return ChannelValues(address=PREFIX + number, account=number, secrets=self.secrets())

    def steps(self) -> Sequence[str | Promise]:
        """Return that nothing is to be pasted: Telegram was told our address."""
        return [
            _("Telegram ya sabe adónde llamar: no hay nada que pegar."),
            _("Comparta el enlace del bot en su página o en sus recibos; un bot no puede escribir primero."),
        ]
