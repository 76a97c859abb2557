"""What is asked to connect a WhatsApp number at Twilio."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.phones import parse_phones
from inbox.addresses import WHATSAPP
from inbox.channels.forms import ChannelForm, ChannelValues, Held, Paste
from tenants.current import current_tenant


class TwilioForm(ChannelForm):
    """A WhatsApp number at Twilio."""

    about: ClassVar[str | Promise] = _(
        "Un número de WhatsApp contratado en Twilio. Pide el Account SID y el Auth Token."
    )
    fixed = ("number",)
    sealed: ClassVar[dict[str, str]] = {"token": "auth_token"}
    blamed = "token"

    number = forms.CharField(
        label=_("Número de WhatsApp"),
        max_length=40,
        help_text=_("Con código de país, como aparece en Twilio: +52 444 123 4567."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    account = forms.RegexField(
        label=_("Account SID"),
        regex=r"^AC[0-9a-fA-F]{32}$",
        error_messages={
            "invalid": _("Empieza con AC y sigue con 32 letras y números: cópielo de la consola de Twilio.")
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    token = forms.CharField(
        label=_("Auth Token"),
        max_length=80,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Se guarda cifrado y no vuelve a mostrarse."),
    )

    def __init__(self, *args: Any, held: Held | None = None, **kwargs: Any) -> None:
        super().__init__(*args, held=held, **kwargs)
        if held is not None:
            self.fields["token"].help_text = _(
                "Déjelo vacío para conservar el que ya está guardado. Si escribe otro, lo que Twilio firme con el "
                "anterior se acepta tres días más: alcanza para terminar el cambio allá."
            )

    def initial_of(self, held: Held) -> dict[str, Any]:
        """Return the number and the account."""
        return {"number": held.number, "account": held.account}

    def clean_number(self) -> str:
        """Return the number as a WhatsApp address."""
        raw = str(self.cleaned_data["number"]).removeprefix(WHATSAPP)
        found = parse_phones(raw, current_tenant().country)
        if len(found) != 1:
            raise forms.ValidationError(_("Eso no parece un número de teléfono: escríbalo con su código de país."))
        # A number written whole stays as it is: WhatsApp has +521… where people write +52….
        whole = re.sub(r"[^\d+]", "", raw)
        return WHATSAPP + (whole if whole.startswith("+") else found[0])

    def values(self) -> ChannelValues:
        """Return the number and its account."""
        data = self.cleaned_data
        return ChannelValues(address=data["number"], account=data["account"], secrets=self.secrets())

    def pastes(self) -> Sequence[Paste]:
        """Return the address of the webhook."""
        return [Paste(_("Dirección para «A message comes in»"), f"{self.held.base}/hooks/twilio/")] if self.held else []

    def steps(self) -> Sequence[str | Promise]:
        """Return where the address goes in Twilio's console."""
        return [
            _("En la consola de Twilio abra Messaging → Senders → WhatsApp senders y elija su número."),
            _("Pegue la dirección en «Webhook URL for incoming messages» con el método HTTP POST y guarde."),
            _("Escriba al número desde su WhatsApp: el mensaje aparece en la Bandeja en un segundo."),
        ]
