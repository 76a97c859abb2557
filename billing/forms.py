"""What people type into billing's pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.domain.money import BadAmount, parse_amount, round_money
from billing.models import BillingPolicy, Payment
from tenants.current import current_tenant


class AmountField(forms.CharField):
    """Money as people type it: 450, 450.50, 1,234.50, 450,5."""

    def __init__(self, *, currency: str = "", **kwargs: Any) -> None:
        self.currency = currency
        widget = forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "class": "input--money input--large"}
        )
        super().__init__(widget=widget, max_length=20, **kwargs)

    def clean(self, value: Any) -> Decimal:
        text = super().clean(value)
        try:
            return parse_amount(text, self.currency)
        except BadAmount as error:
            raise forms.ValidationError(str(error)) from error


class PaymentForm(forms.Form):
    """Money at the counter."""

    amount = AmountField(label=later("Monto"))
    method = forms.ChoiceField(label=later("Cómo pagó"), choices=Payment.Method, initial=Payment.Method.CASH)
    reference = forms.CharField(label=later("Referencia"), required=False, max_length=80)
    received_on = forms.DateField(
        label=later("Fecha"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, currency: str, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        self.today = today

    def clean_received_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["received_on"]
        if day > self.today:
            raise forms.ValidationError(_("La fecha del pago no puede estar en el futuro."))
        if day < self.today - dt.timedelta(days=366):
            raise forms.ValidationError(_("La fecha es de hace más de un año. ¿Está bien escrita?"))
        return day


class ReasonForm(forms.Form):
    """Why something is undone or refused."""

    reason = forms.CharField(label=later("Motivo"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class AcceptForm(forms.Form):
    """What a comprobante says."""

    amount = AmountField(label=later("Monto del comprobante"))
    bank = forms.CharField(label=later("Banco"), required=False, max_length=60)
    reference = forms.CharField(label=later("Referencia"), required=False, max_length=80)
    customer = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]


class PolicyForm(forms.ModelForm):
    """When the provider issues, expects payment, reminds, cuts and reconnects."""

    remind_days = forms.CharField(
        label=later("Días de aviso"),
        help_text=later("Respecto al vencimiento, separados por comas: -3, 0 avisa tres días antes y el mismo día."),
    )
    auto_issue = forms.BooleanField(label=later("Emitir las facturas por sí solo cada mes"), required=False)

    class Meta:
        model = BillingPolicy
        fields = [
            "cycle", "issue_day", "pay_day", "cut_day", "issue_hour", "remind_hour", "cut_after_days", "cut_hour",
            "cut_window_hours", "min_debt", "max_cuts", "reconnect_when", "reconnect_value", "tax_name",
            "series_prefix",
        ]  # fmt: skip
        labels = {
            "cycle": later("Tipo de cobro"),
            "issue_day": later("Día de emisión"),
            "pay_day": later("Día de pago"),
            "cut_day": later("Día de vencimiento"),
            "issue_hour": later("Hora de emisión"),
            "remind_hour": later("Hora de los avisos"),
            "cut_after_days": later("Días de gracia"),
            "cut_hour": later("Hora del corte"),
            "cut_window_hours": later("Horas para cortar"),
            "min_debt": later("Deuda mínima para cortar"),
            "max_cuts": later("Cortes por noche sin aprobación"),
            "reconnect_when": later("Cuándo se reconecta"),
            "reconnect_value": later("Porcentaje o monto"),
            "tax_name": later("Nombre del impuesto"),
            "series_prefix": later("Serie de facturas"),
        }
        help_texts = {
            "cut_after_days": later("Días después del vencimiento antes de cortar."),
            "cut_window_hours": later("Si el router no responde en ese tiempo, no se corta y se decide otra vez."),
            "max_cuts": later("Si son más, la noche espera a que una persona la apruebe. Vacío: sin límite."),
        }
        widgets = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            for name in ("issue_hour", "remind_hour", "cut_hour")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["remind_days"] = ", ".join(str(day) for day in self.instance.remind_days)
        currency = current_tenant().currency
        for name in ("min_debt", "reconnect_value"):
            self.initial[name] = round_money(Decimal(getattr(self.instance, name)), currency)
        self.initial["auto_issue"] = self.instance.auto_issue_from is not None
        self.fields["max_cuts"].required = False

    def clean_remind_days(self) -> list[int]:
        try:
            days = sorted({int(part) for part in self.cleaned_data["remind_days"].split(",") if part.strip()})
        except ValueError as error:
            raise forms.ValidationError(_("Escriba días enteros separados por comas, por ejemplo: -3, 0.")) from error
        if any(abs(day) > 60 for day in days):
            raise forms.ValidationError(_("Los avisos van de 60 días antes a 60 días después del vencimiento."))
        return days

    def clean_min_debt(self) -> Decimal:
        debt: Decimal = self.cleaned_data["min_debt"]
        if debt < 0:
            raise forms.ValidationError(_("La deuda mínima no puede ser negativa."))
        return debt

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        value = data.get("reconnect_value") or Decimal(0)
        if data.get("reconnect_when") == BillingPolicy.Reconnect.PERCENT and not 0 < value <= 100:
            self.add_error("reconnect_value", _("El porcentaje va de 1 a 100."))
        if data.get("reconnect_when") == BillingPolicy.Reconnect.AMOUNT and value <= 0:
            self.add_error("reconnect_value", _("Escriba el monto que basta para reconectar."))
        return data
