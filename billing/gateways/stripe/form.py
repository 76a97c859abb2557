"""What a person types to connect Stripe."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as later

from tenants.secret_fields import AsksAgain

SECRET = {"autocomplete": "off", "spellcheck": "false"}


class StripeForm(AsksAgain, forms.Form):
    """The secret key; the webhook's secret comes by itself, or is typed where Stripe cannot reach the address."""

    api_key = forms.CharField(
        label=later("Clave secreta"),
        help_text=later("Empieza con sk_live_. En Stripe: Desarrolladores › Claves de API."),
        widget=forms.PasswordInput(attrs=SECRET),
        max_length=300,
    )
    webhook_secret = forms.CharField(
        label=later("Secreto del webhook"),
        help_text=later("Empieza con whsec_. Déjelo vacío y lo creamos en Stripe por usted."),
        widget=forms.PasswordInput(attrs=SECRET),
        max_length=300,
        required=False,
    )
