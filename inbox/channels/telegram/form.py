"""What is asked of whoever connects a bot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.channels.forms import ChannelForm, ChannelValues, Paste
from inbox.channels.telegram.config import PREFIX, PUBLIC, TOKEN, bot_id, why_unreachable


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

    def pastes(self) -> Sequence[Paste]:
        """Return the bot's own address, to be shared, and ours where Telegram was told it."""
        if self.held is None:
            return []
        share = Paste(_("Enlace del bot, para compartir"), f"https://t.me/{self.held.number.removeprefix('@')}")
        if self._why():
            return [share]
        known = _("Telegram ya la conoce: no hay que pegarla.")
        return [share, Paste(_("Dirección a la que llama Telegram"), self._hook(), known)]

    def steps(self) -> Sequence[str | Promise]:
        """Return what is left to do: nothing, or asking where Telegram cannot call us."""
        share = _("Comparta el enlace del bot en su página o en sus recibos: un bot no puede escribir primero.")
        if why := self._why():
            ask = _("%(why)s Aquí no puede llamar: deje corriendo «manage.py channels run telegram», que le pregunta.")
            return [ask % {"why": why}, share]
        return [_("Escriba al bot desde su Telegram: el mensaje aparece en la Bandeja en un segundo."), share]

    def _why(self) -> str:
        """Say why Telegram cannot call us; a Bot API server of one's own calls any address."""
        own = (self.held.config.get("api_base") if self.held else "") or settings.TELEGRAM_API_BASE
        return why_unreachable(self._hook()) if own == PUBLIC else ""

    def _hook(self) -> str:
        return f"{self.held.base}/hooks/telegram/{self.held.hook}/" if self.held else ""
