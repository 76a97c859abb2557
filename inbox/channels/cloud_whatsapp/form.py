"""What is asked to connect a number at Meta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.channels.forms import ChannelForm, ChannelValues, Held, Paste

DIGITS = r"^\d{5,30}$"


class CloudForm(ChannelForm):
    """A number of a WhatsApp Business Account."""

    about = _("Un número de WhatsApp directo con Meta. Pide los identificadores y el token de su aplicación.")
    fixed = ("phone_number_id",)
    sealed: ClassVar[dict[str, str]] = {"token": "auth_token", "app_secret": "hook_secret"}
    blamed = "token"

    phone_number_id = forms.RegexField(
        label=_("Identificador del número de teléfono"),
        regex=DIGITS,
        help_text=_("En Meta: WhatsApp → Configuración de la API. No es el número de teléfono."),
        error_messages={"invalid": _("Son solo cifras: cópielo de la configuración de la API en Meta.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    account = forms.RegexField(
        label=_("Identificador de la cuenta de WhatsApp Business"),
        regex=DIGITS,
        help_text=_("También llamado WABA ID; está en la misma página."),
        error_messages={"invalid": _("Son solo cifras: cópielo de la configuración de la API en Meta.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    token = forms.CharField(
        label=_("Token de acceso"),
        max_length=600,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("El permanente, de un usuario del sistema; el de prueba vence en un día. Se guarda cifrado."),
    )
    app_secret = forms.RegexField(
        label=_("Clave secreta de la aplicación"),
        regex=r"^[0-9a-fA-F]{32}$",
        error_messages={"invalid": _("Son 32 letras y números: cópiela de Configuración → Básica de su aplicación.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Con ella se comprueba que los avisos vienen de Meta. Se guarda cifrada."),
    )
    verify_token = forms.RegexField(
        label=_("Token de verificación"),
        regex=r"^[\w.~-]{8,100}$",
        error_messages={"invalid": _("Use de 8 a 100 letras, números o guiones, sin espacios.")},
        help_text=_("Una palabra que usted elige: escríbala igual en Meta, junto a la dirección de los avisos."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def initial_of(self, held: Held) -> dict[str, Any]:
        """Return Meta's two identifiers and the word to verify with."""
        return {
            "phone_number_id": held.address,
            "account": held.account,
            "verify_token": held.config.get("verify_token", ""),
        }

    def values(self) -> ChannelValues:
        """Return the number as Meta calls it, its account and the word to verify with."""
        data = self.cleaned_data
        return ChannelValues(
            address=data["phone_number_id"],
            account=data["account"],
            config={"phone_number_id": data["phone_number_id"], "verify_token": data["verify_token"]},
            secrets=self.secrets(),
        )

    def pastes(self) -> Sequence[Paste]:
        """Return the address of the webhook and the word that goes with it."""
        if self.held is None:
            return []
        return [
            Paste(_("URL de devolución de llamada"), f"{self.held.base}/hooks/cloud_whatsapp/"),
            Paste(_("Token de verificación"), str(self.held.config.get("verify_token", ""))),
        ]

    def steps(self) -> Sequence[str | Promise]:
        """Return where both go at Meta."""
        return [
            _("En developers.facebook.com abra su aplicación → WhatsApp → Configuración → Webhook → Editar."),
            _("Pegue la dirección y el token de verificación, y guarde: Meta los comprueba en el momento."),
            _("En «Campos del webhook» suscríbase a messages y a message_template_status_update."),
            _("Escriba al número desde su WhatsApp: el mensaje aparece en la Bandeja en un segundo."),
        ]
