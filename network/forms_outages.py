"""What is said of an outage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Zone
from network.models import Router
from tenants.current import tenant_zone


class OutageForm(forms.Form):
    """Where, what customers are told, and until when it may last."""

    zone = forms.ModelChoiceField(label=_("Zona"), required=False, queryset=Zone.objects.none(), empty_label=_("Todas"))
    router = forms.ModelChoiceField(
        label=_("Router"),
        required=False,
        queryset=Router.objects.none(),
        empty_label=_("Todos"),
        help_text=_("Una zona o un router. Sin ninguno, se le dice a todos los clientes."),
    )
    text = forms.CharField(
        label=_("Qué se les dice"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Tal como lo leerá el cliente. Vacío: que hay una falla general y se está reparando."),
    )
    expected_until = forms.DateTimeField(
        label=_("Se espera resolver"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].queryset = Zone.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["router"].queryset = Router.objects.filter(is_enabled=True)  # type: ignore[attr-defined]

    def clean_expected_until(self) -> datetime | None:
        """The moment typed, in the provider's zone; one that is past is a slip."""
        typed: datetime | None = self.cleaned_data["expected_until"]
        if typed is None:
            return None
        moment = typed.replace(tzinfo=tenant_zone())
        if moment <= timezone.now():
            raise forms.ValidationError(_("Ese momento ya pasó: ponga uno por venir, o déjelo vacío."))
        return moment

    def clean(self) -> dict[str, Any]:
        """One place at a time."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("zone") and data.get("router"):
            self.add_error("router", _("Elija una zona o un router, no los dos."))
        return data
