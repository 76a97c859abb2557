"""Plans, taxes and zones as people type them: percentages, megabits, money."""

from __future__ import annotations

import hashlib
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Plan, Tax
from tenants.current import current_tenant
from tenants.money import BadAmount, parse_amount, round_money

HUNDRED = Decimal(100)
KILO = 1000


class NumberField(forms.CharField):
    """A number typed with a point or a comma; `what` is what the sentence asks for."""

    def __init__(self, *, what: Any, **kwargs: Any) -> None:
        self.what = what
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs)

    def to_python(self, value: Any) -> Any:
        """Return a Decimal, or None when blank. Raises ValidationError."""
        text = str(super().to_python(value) or "").replace("%", "").replace(",", ".").strip()
        if not text:
            return None
        try:
            found = Decimal(text)
        except InvalidOperation:
            raise forms.ValidationError(self.what) from None
        if not found.is_finite() or abs(found) >= Decimal("1e9"):
            raise forms.ValidationError(self.what)
        return found


class PriceField(forms.CharField):
    """Money in the provider's currency; whether it can be a price is the domain's to say."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "input--money"}
        super().__init__(widget=forms.TextInput(attrs=attrs), max_length=20, **kwargs)

    def clean(self, value: Any) -> Decimal:
        """Return the price. Raises ValidationError for what is no number."""
        text = super().clean(value).strip()
        minus = text.startswith(("-", "−"))
        if text.strip("-−$ 0.,") == "" and any(digit in text for digit in "0"):
            return Decimal(0)
        try:
            found = parse_amount(text.lstrip("-−"), current_tenant().currency)
        except BadAmount as error:
            raise forms.ValidationError(str(error)) from error
        return -found if minus else found


class Confirmed(forms.Form):
    """A form whose page may ask «are you sure?»: the yes holds only for what was shown."""

    confirm = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def mark(self) -> str:
        """A name for what is typed now; a different one for anything else."""
        values = sorted((k, str(v)) for k, v in self.cleaned_data.items() if k != "confirm")
        return hashlib.sha256(repr(values).encode()).hexdigest()

    @property
    def confirmed(self) -> bool:
        """Whether the yes was said to exactly this."""
        return bool(self.cleaned_data.get("confirm") == self.mark())


class TaxForm(Confirmed):
    """A tax or a withholding."""

    name = forms.CharField(label=gettext_lazy("Nombre"), help_text=gettext_lazy("Como lo dirá la factura: IVA, IEPS…"))
    kind = forms.ChoiceField(label=gettext_lazy("Tipo"), choices=Tax.Kind)
    rate = NumberField(
        label=gettext_lazy("Tasa (%)"), what=gettext_lazy("Escriba la tasa como número, por ejemplo 16 o 1.25.")
    )
    base = forms.ChoiceField(
        label=gettext_lazy("Se calcula"),
        choices=Tax.Base,
        required=False,
        help_text=gettext_lazy("Sólo para retenciones."),
    )

    def __init__(self, *args: Any, tax: Tax | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if tax:
            self.initial = {"name": tax.name, "kind": tax.kind, "rate": _plain(tax.rate * HUNDRED), "base": tax.base}

    @property
    def changes(self) -> dict[str, Any]:
        """Return the fields as the domain takes them."""
        data = {name: self.cleaned_data[name] for name in ("name", "kind", "rate")}
        data["base"] = self.cleaned_data["base"] or Tax.Base.NET
        data["rate"] = data["rate"] / HUNDRED
        return data


class PlanForm(Confirmed):
    """A plan."""

    name = forms.CharField(
        label=gettext_lazy("Nombre"), error_messages={"required": gettext_lazy("Escriba el nombre del plan.")}
    )
    price = PriceField(label=gettext_lazy("Precio"), error_messages={"required": gettext_lazy("Escriba el precio.")})
    price_unit = forms.ChoiceField(label=gettext_lazy("Se cobra"), choices=Plan.PriceUnit)
    download = NumberField(
        label=gettext_lazy("Bajada (Mbps)"), required=False, what=gettext_lazy("Escriba la velocidad en Mbps.")
    )
    upload = NumberField(
        label=gettext_lazy("Subida (Mbps)"), required=False, what=gettext_lazy("Escriba la velocidad en Mbps.")
    )
    taxes = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Impuestos"),
        queryset=Tax.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    tax_rate = NumberField(
        label=gettext_lazy("Tasa sin nombre propio (%)"),
        required=False,
        what=gettext_lazy("Escriba la tasa como número, por ejemplo 16."),
        help_text=gettext_lazy("La factura le pone el nombre de la política de cobro."),
    )
    tax_included = forms.TypedChoiceField(
        label=gettext_lazy("Los impuestos"),
        choices=[("1", gettext_lazy("Ya van en el precio")), ("0", gettext_lazy("Se suman al precio"))],
        coerce=lambda value: value == "1",
    )

    def __init__(self, *args: Any, plan: Plan | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        mine = list(plan.taxes.all()) if plan else []
        added = Tax.objects.filter(kind=Tax.Kind.ADDED)
        offered = added.filter(is_active=True) | added.filter(pk__in=[tax.pk for tax in mine])
        self.fields["taxes"].queryset = offered  # type: ignore[attr-defined]
        unnamed = bool(plan and plan.tax_rate and not mine)
        if not unnamed and offered.exists():
            del self.fields["tax_rate"]
        self.initial = {"price_unit": Plan.PriceUnit.MONTH, "tax_included": "1"}
        if plan:
            self.initial |= {
                "name": plan.name,
                "price": round_money(plan.price, current_tenant().currency),
                "price_unit": plan.price_unit,
                "download": _plain(Decimal(plan.download_kbps) / KILO) if plan.download_kbps else "",
                "upload": _plain(Decimal(plan.upload_kbps) / KILO) if plan.upload_kbps else "",
                "taxes": [tax.pk for tax in mine],
                "tax_rate": _plain(plan.tax_rate * HUNDRED) if unnamed else "",
                "tax_included": "1" if plan.tax_included else "0",
            }

    def clean_download(self) -> int:
        """Return kbit/s."""
        return self._kbps("download")

    def clean_upload(self) -> int:
        """Return kbit/s."""
        return self._kbps("upload")

    def _kbps(self, name: str) -> int:
        speed: Decimal = self.cleaned_data[name] or Decimal(0)
        if speed < 0:
            raise forms.ValidationError(_("La velocidad no puede ser negativa."))
        return int(speed * KILO)

    @property
    def changes(self) -> dict[str, Any]:
        """Return the fields as the domain takes them."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "price": data["price"],
            "price_unit": data["price_unit"],
            "download_kbps": data["download"],
            "upload_kbps": data["upload"],
            "taxes": list(data["taxes"]),
            "tax_rate": (data.get("tax_rate") or Decimal(0)) / HUNDRED,
            "tax_included": data["tax_included"],
        }


class ZoneForm(forms.Form):
    """A zone."""

    name = forms.CharField(label=gettext_lazy("Nombre"), help_text=gettext_lazy("Un barrio, un pueblo, una torre…"))


# The domain's names of what the forms call otherwise.
FORM_NAMES = {"download_kbps": "download", "upload_kbps": "upload"}


def show_errors(form: forms.Form, errors: dict[str, str]) -> None:
    """Put the domain's sentences at the form's fields; one without a field above them all."""
    for field, sentence in errors.items():
        name = FORM_NAMES.get(field, field)
        form.add_error(name if name in form.fields else None, sentence)


def _plain(value: Decimal) -> str:
    """Without zeros at its end, never in powers of ten."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
