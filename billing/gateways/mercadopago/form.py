"""What a person types to connect Mercado Pago."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as later

from tenants.secret_fields import AsksAgain

SECRET = {"autocomplete": "off", "spellcheck": "false"}


class MercadoPagoForm(AsksAgain, forms.Form):
    """The application's token, and the secret its webhooks are signed with."""

    api_key = forms.CharField(
        label=later("Access Token"),
        help_text=later("De producción: empieza con APP_USR-. En Tus integraciones › Credenciales."),
        widget=forms.PasswordInput(attrs=SECRET),
        max_length=300,
    )
    webhook_secret = forms.CharField(
        label=later("Clave secreta de Webhooks"),
        help_text=later("En Tus integraciones › Webhooks, al guardar la dirección que verá aquí, evento «Pagos»."),
        widget=forms.PasswordInput(attrs=SECRET),
        max_length=300,
        required=False,
    )
