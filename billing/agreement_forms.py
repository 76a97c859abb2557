"""What people type when they agree something with a customer, or take a part of an invoice back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.domain.credit_notes import LineCredit
from billing.domain.creditable import LineLeft
from billing.domain.money import BadAmount, parse_amount, plain_amount
from billing.domain.plan_changes import NOW, PERIOD_END
from billing.forms import AmountField
from billing.models import Contract, Extra
from customers.models import Plan, Service
from tenants.current import current_tenant

DAY = "day"


class DayInput(forms.DateInput):
    """A day, as the browser picks it."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"}, format="%Y-%m-%d")


class Money(AmountField):
    """An amount in the provider's currency; may be left empty when it is not required."""

    def clean(self, value: Any) -> Decimal | None:  # type: ignore[override]  # an empty one is nothing, not zero
        self.currency = current_tenant().currency
        if not self.required and not str(value or "").strip():
            return None
        return super().clean(value)


class ExtraForm(forms.Form):
    """A charge beside the plan."""

    kind = forms.ChoiceField(
        label=later("Cuándo se cobra"), choices=[("once", later("Una vez")), ("recurring", later("Cada mes"))]
    )
    category = forms.ChoiceField(
        label=later("Concepto"),
        choices=[
            (value, label)
            for value, label in Extra.Category.choices
            if value not in {"late_fee", "reconnect_fee", "termination_fee"}
        ],
    )
    description = forms.CharField(label=later("Como saldrá en la factura"), max_length=120)
    amount = Money(label=later("Monto"))
    starts_on = forms.DateField(label=later("Desde"), widget=DayInput)
    ends_on = forms.DateField(
        label=later("Último día"),
        widget=DayInput,
        required=False,
        help_text=later("Sólo si se cobra cada mes. Vacío: hasta que alguien lo termine."),
    )
    taxed = forms.BooleanField(label=later("Con los impuestos del plan"), required=False, initial=True)


class DiscountForm(forms.Form):
    """Less to pay of the plan."""

    kind = forms.ChoiceField(
        label=later("Se descuenta"),
        choices=[("percent", later("Un porcentaje")), ("amount", later("Un monto por período"))],
    )
    value = forms.DecimalField(
        label=later("Cuánto"),
        max_digits=16,
        decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "input--money"}),
    )
    description = forms.CharField(label=later("Como saldrá en la factura"), max_length=120)
    starts_on = forms.DateField(label=later("Desde"), widget=DayInput)
    periods = forms.IntegerField(
        label=later("Cuántos períodos"), required=False, help_text=later("Vacío: sin límite de períodos.")
    )
    ends_on = forms.DateField(label=later("Último día"), widget=DayInput, required=False)


class ContractForm(forms.ModelForm):
    """The terms of one service."""

    class Meta:
        model = Contract
        fields = ["starts_on", "trial_days", "term_months", "termination", "termination_value"]
        labels = {
            "starts_on": later("Se cobra desde"),
            "trial_days": later("Días de prueba sin costo"),
            "term_months": later("Plazo mínimo en meses"),
            "termination": later("Baja antes del plazo"),
            "termination_value": later("Monto o porcentaje"),
        }
        help_texts = {
            "starts_on": later("Vacío: el día de la instalación."),
            "trial_days": later("Vacío: los de la política de cobro."),
            "term_months": later("0: sin plazo."),
            "termination_value": later("El porcentaje es de lo que falta del plazo."),
        }
        widgets = {
            "starts_on": DayInput,
            "termination_value": forms.TextInput(attrs={"inputmode": "decimal", "class": "input--money"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["termination_value"].required = False
        value = plain_amount(self.instance.termination_value, current_tenant().currency)
        self.initial["termination_value"] = value

    def clean_termination_value(self) -> Decimal:
        """Nothing is zero."""
        return self.cleaned_data["termination_value"] or Decimal(0)

    def _post_clean(self) -> None:
        """Leave the instance alone: the domain writes it."""


class PlanChangeForm(forms.Form):
    """To which plan, at which price, and when."""

    plan = forms.ModelChoiceField(label=later("Plan nuevo"), queryset=Plan.objects.none(), empty_label=None)
    price = Money(label=later("Precio propio"), required=False, help_text=later("Vacío: el precio del plan."))
    when = forms.ChoiceField(
        label=later("Cuándo cambia"),
        choices=[
            (NOW, later("Hoy")),
            (PERIOD_END, later("Al terminar lo ya cobrado")),
            (DAY, later("Otro día")),
        ],
    )
    day = forms.DateField(label=later("Día"), widget=DayInput, required=False)

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans = Plan.objects.filter(is_active=True) | Plan.objects.filter(pk=service.plan_id)
        self.fields["plan"].queryset = plans.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("when") == DAY and not data.get("day") and "day" not in self.errors:
            self.add_error("day", _("Diga qué día."))
        return data

    @property
    def wanted(self) -> dict[str, Any]:
        """The change as the domain takes it."""
        data = self.cleaned_data
        when: str | dt.date = data["day"] if data["when"] == DAY else data["when"]
        return {"new_plan": data["plan"], "new_price": data["price"], "when": when}


class LastDayForm(forms.Form):
    """The last day something counts."""

    ends_on = forms.DateField(label=later("Último día"), widget=DayInput)


class OptionalLastDayForm(forms.Form):
    """The last day something counts, or nothing for now."""

    ends_on = forms.DateField(
        label=later("Último día"), widget=DayInput, required=False, help_text=later("Vacío: se quita desde ahora.")
    )


class CreditForm(forms.Form):
    """How much of an invoice is taken back, and why."""

    WHOLE, AMOUNT, LINES = "whole", "amount", "lines"
    how = forms.ChoiceField(
        label=later("Qué se acredita"),
        choices=[
            (WHOLE, later("Todo lo que queda")),
            (AMOUNT, later("Un monto")),
            (LINES, later("Por línea")),
        ],
        widget=forms.RadioSelect,
    )
    amount = Money(label=later("Monto"), required=False)
    reason = forms.CharField(label=later("Motivo"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, lines: list[LineLeft], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.left.total > 0]
        for line in self.lines:
            self.fields[f"line_{line.line.pk}"] = forms.CharField(
                label=line.line.description,
                required=False,
                max_length=20,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "input--money", "autocomplete": "off"}),
            )

    def rows(self) -> list[tuple[LineLeft, forms.BoundField]]:
        """Each line with its field."""
        return [(line, self[f"line_{line.line.pk}"]) for line in self.lines]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("how") == self.AMOUNT and data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Escriba cuánto se acredita."))
        if data.get("how") == self.LINES:
            data["lines"] = self._read_lines(data)
        return data

    def _read_lines(self, data: dict[str, Any]) -> list[LineCredit]:
        found = []
        for line in self.lines:
            name = f"line_{line.line.pk}"
            text = (data.get(name) or "").strip()
            try:
                if text:
                    found.append(LineCredit(line.line.pk, parse_amount(text, line.currency)))
            except BadAmount as error:
                self.add_error(name, str(error))
        if not found and not self.errors:
            self.add_error(None, _("Escriba en alguna línea cuánto se acredita."))
        return found

    @property
    def wanted(self) -> dict[str, Any]:
        """What is credited, as the domain takes it."""
        data = self.cleaned_data
        if data["how"] == self.LINES:
            return {"lines": data["lines"]}
        return {"amount": data["amount"]} if data["how"] == self.AMOUNT else {}
