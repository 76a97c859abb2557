"""Signing in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class SignInForm(forms.Form):
    """E-mail and password; one answer for both mistakes, so that nobody learns who works here."""

    email = forms.EmailField(
        label=_("Correo"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Contraseña"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Check the pair."""
        data = super().clean() or self.cleaned_data
        if data.get("email") and data.get("password"):
            found = authenticate(self.request, username=data["email"], password=data["password"])
            if not isinstance(found, User):
                raise forms.ValidationError(
                    _("El correo o la contraseña no coinciden. Revise que no estén activadas las mayúsculas.")
                )
            self.user = found
        return data
