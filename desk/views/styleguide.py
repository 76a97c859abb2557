"""/styleguide: every component in both themes, with the longest names and amounts there are. It knows no customer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

LONGEST_NAME = "María Guadalupe Hernández Ñaupari"
LARGEST_AMOUNT = Decimal("1234567.89")


class Specimen(forms.Form):
    """A field of each kind, one of them wrong."""

    name = forms.CharField(label="Nombre", initial=LONGEST_NAME)
    phone = forms.CharField(label="Teléfono", help_text="Diez dígitos, o con + y el país.")
    plan = forms.ChoiceField(label="Plan", choices=[("a", "Hogar 30 Mbps"), ("b", "Hogar 60 Mbps")])
    notes = forms.CharField(label="Notas", required=False, widget=forms.Textarea(attrs={"rows": 3}))


PARTS = ("colours", "words", "buttons", "fields", "figures", "rows", "work", "timeline", "chat", "surfaces", "chart")


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the components, each in the light and in the dark theme."""
    now = timezone.now()
    wrong = Specimen({"name": LONGEST_NAME, "phone": "55 12", "plan": "b", "notes": ""})
    wrong.add_error("phone", "Faltan dígitos: escriba los diez del número.")
    context = {
        "parts": [f"desk/styleguide/{part}.html" for part in PARTS],
        "themes": ["light", "dark"],
        "longest": LONGEST_NAME,
        "amount": LARGEST_AMOUNT,
        "form": wrong,
        "now": now,
        "earlier": now - timedelta(minutes=5),
        "yesterday": now - timedelta(days=1),
        "month": now - timedelta(days=18),
    }
    return render(request, "desk/styleguide.html", context)
