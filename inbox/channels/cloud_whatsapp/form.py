"""What is asked to connect a number at Meta."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

DIGITS = r"^\d{5,30}$"


class CloudForm(forms.Form):
    """A number of a WhatsApp Business Account. Secrets are asked for once and never shown again."""

    name = forms.CharField(
        label=_("Nombre"), max_length=80, help_text=_("Cómo lo verá su equipo: «Ventas», «Soporte».")
    )
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
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("El permanente, de un usuario del sistema; el de prueba vence en un día. Se guarda cifrado."),
    )
    app_secret = forms.RegexField(
        label=_("Clave secreta de la aplicación"),
        regex=r"^[0-9a-fA-F]{32}$",
        required=False,
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

    def __init__(self, *args: Any, channel: Any = None, **kwargs: Any) -> None:
        if channel is not None:
            kwargs["initial"] = {
                "name": channel.name,
                "phone_number_id": channel.address,
                "account": channel.account,
                "verify_token": channel.config.get("verify_token", ""),
            }
        super().__init__(*args, **kwargs)
        self.channel = channel
        for field in ("token", "app_secret"):
            if channel is not None:
                self.fields[field].help_text = _("Déjelo vacío para conservar el que ya está guardado.")
            else:
                self.fields[field].required = True
        # The number is what routes and conversations hang on; another number is another channel.
        self.fields["phone_number_id"].disabled = channel is not None

    def channel_fields(self) -> dict[str, Any]:
        """Return what a channel keeps of a valid form, its secrets among it; an empty secret is the one it has."""
        data = self.cleaned_data
        kept = dict(self.channel.config) if self.channel is not None else {}
        return {
            "name": data["name"],
            "address": data["phone_number_id"],
            "account": data["account"],
            "auth_token": data["token"],
            "hook_secret": data["app_secret"],
            "config": kept | {"phone_number_id": data["phone_number_id"], "verify_token": data["verify_token"]},
        }
