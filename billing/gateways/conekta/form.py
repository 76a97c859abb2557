"""What a person types to connect Conekta."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as later

from tenants.secret_fields import AsksAgain

SECRET = {"autocomplete": "off", "spellcheck": "false"}


class ConektaForm(AsksAgain, forms.Form):
    """The private key; what checks its notifications is fetched with it."""

    api_key = forms.CharField(
        label=later("Llave privada"),
        help_text=later("Empieza con key_. En el panel de Conekta: Desarrolladores › Llaves API."),
        widget=forms.PasswordInput(attrs=SECRET),
        max_length=300,
    )
    email = forms.EmailField(
        label=later("Correo para clientes sin correo"),
        help_text=later("Conekta pide uno en cada cobro; los avisos de esos pagos llegarán aquí."),
        required=False,
    )
