"""Customers and services as people type them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.domain.tax_terms import TaxTermsRefused, check_tax_terms
from customers.models import Customer, Plan, Service, Tax, Zone
from customers.phones import parse_phones
from customers.tax_ids import show_tax_id, tax_id_name
from tenants.current import current_tenant

_PHONE_BREAK = re.compile(r"[\n/;,|]")


class PhonesField(forms.CharField):
    """Phones in one box, one a line (or as they were glued before); gives E.164."""

    widget = forms.Textarea(attrs={"rows": 2, "inputmode": "tel", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        """Return the numbers. Raises ValidationError naming the first that is none."""
        pieces = [piece.strip() for piece in _PHONE_BREAK.split(super().to_python(value) or "") if piece.strip()]
        numbers: list[str] = []
        for piece in pieces:
            found = parse_phones(piece, current_tenant().country)
            if not found:
                raise forms.ValidationError(
                    _("«%(piece)s» no es un teléfono completo: escriba todos sus dígitos, o + y el país.")
                    % {"piece": piece[:40]}
                )
            numbers.extend(number for number in found if number not in numbers)
        return numbers


class PlaceField(forms.CharField):
    """Latitude and longitude in one box, as maps give them to copy."""

    def to_python(self, value: Any) -> Any:
        """Return (latitude, longitude), or None when blank. Raises ValidationError."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            latitude, longitude = (Decimal(part.strip()) for part in text.split(","))
        except (InvalidOperation, ValueError):
            raise forms.ValidationError(
                _("Escriba latitud y longitud con una coma, como 21.5042, -104.8946.")
            ) from None
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise forms.ValidationError(_("Ese lugar no está en la Tierra: revise latitud y longitud."))
        six = Decimal("0.000001")
        return latitude.quantize(six), longitude.quantize(six)


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """A customer's data and phones."""

    phones = PhonesField(
        label=gettext_lazy("Teléfonos"),
        required=False,
        help_text=gettext_lazy("Uno por renglón; el primero es el principal."),
    )
    place = PlaceField(
        label=gettext_lazy("Coordenadas"),
        required=False,
        help_text=gettext_lazy("Cópielas del mapa: latitud, longitud."),
    )

    class Meta:
        model = Customer
        fields = [
            "name", "national_id", "email", "address", "locality", "city", "zone", "notes", "tax_id", "tax_exempt",
            "tax_exempt_reason", "withholdings",
        ]  # fmt: skip
        labels = {
            "name": gettext_lazy("Nombre"),
            "national_id": gettext_lazy("Documento"),
            "email": gettext_lazy("Correo"),
            "address": gettext_lazy("Dirección"),
            "locality": gettext_lazy("Localidad"),
            "city": gettext_lazy("Ciudad"),
            "zone": gettext_lazy("Zona"),
            "notes": gettext_lazy("Notas"),
            "tax_exempt": gettext_lazy("No paga impuestos (exento)"),
            "tax_exempt_reason": gettext_lazy("Por qué está exento"),
            "withholdings": gettext_lazy("Retiene"),
        }
        help_texts = {
            "tax_exempt_reason": gettext_lazy("Por ejemplo: escuela pública, oficio 123/2026."),
        }
        widgets = {"notes": forms.Textarea(attrs={"rows": 3}), "withholdings": forms.CheckboxSelectMultiple}
        error_messages = {
            "name": {"required": gettext_lazy("Escriba el nombre: así se le busca y se le factura.")},
            "email": {"invalid": gettext_lazy("Eso no es un correo. Déjelo vacío si no tiene.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = current_tenant().country
        self.fields["zone"].empty_label = _("Sin zona")
        # Separators make it longer than what is kept.
        self.fields["tax_id"] = forms.CharField(label=tax_id_name(country), required=False, max_length=40)
        if self.instance.pk:
            self.initial["tax_id"] = show_tax_id(self.instance.tax_id, country)
        else:  # what only the database fills in is not there yet
            self.initial.update(tax_id="", tax_exempt=False, tax_exempt_reason="")
        withheld = Tax.objects.filter(kind=Tax.Kind.WITHHELD)
        chosen = self.instance.withholdings.values("pk") if self.instance.pk else []
        self.fields["withholdings"].queryset = withheld.filter(is_active=True) | withheld.filter(pk__in=chosen)
        if self.instance.pk:
            contacts = self.instance.contacts.exclude(kind="email")
            self.initial["phones"] = "\n".join(contact.value for contact in contacts)
            if self.instance.latitude is not None:
                self.initial["place"] = f"{self.instance.latitude}, {self.instance.longitude}"

    def clean(self) -> dict[str, Any]:
        """Refuse tax terms that make no sense, each at its field."""
        data = super().clean() or {}
        try:
            return check_tax_terms(data, self.instance)
        except TaxTermsRefused as refused:
            for field, sentence in refused.errors.items():
                self.add_error(field, sentence)
        return data

    @property
    def changes(self) -> dict[str, Any]:
        """Return the fields as the domain takes them."""
        data = {field: self.cleaned_data[field] for field in self.Meta.fields}
        data["latitude"], data["longitude"] = self.cleaned_data["place"] or (None, None)
        return data


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a customer contracts."""

    class Meta:
        model = Service
        fields = ["plan", "zone", "price", "status", "installed_on", "never_cut_until", "address", "notes"]
        labels = {
            "plan": gettext_lazy("Plan"),
            "zone": gettext_lazy("Zona"),
            "price": gettext_lazy("Precio propio al mes"),
            "status": gettext_lazy("Cobro"),
            "installed_on": gettext_lazy("Instalado el"),
            "never_cut_until": gettext_lazy("No cortar hasta"),
            "address": gettext_lazy("Dirección de la instalación"),
            "notes": gettext_lazy("Notas"),
        }
        help_texts = {
            "price": gettext_lazy("Vacío: el precio del plan."),
            "never_cut_until": gettext_lazy("Hasta ese día la política no lo corta aunque deba."),
        }
        widgets = {
            "installed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "never_cut_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea(attrs={"rows": 3}),
            "price": forms.TextInput(attrs={"inputmode": "decimal", "class": "input--money"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # Another plan or price moves money: it has a dialog that says how much (billing's).
            del self.fields["plan"], self.fields["price"]
        else:
            self.fields["plan"].queryset = Plan.objects.filter(is_active=True)
            self.fields["plan"].empty_label = _("Elija un plan")
        self.fields["zone"].empty_label = _("La del cliente")
        self.fields["status"].choices = [
            (Service.Status.ACTIVE, _("Se cobra cada mes")),
            (Service.Status.FREE, _("Gratis")),
        ]

    def clean_price(self) -> Decimal | None:
        """Refuse a price below zero."""
        price: Decimal | None = self.cleaned_data["price"]
        if price is not None and price < 0:
            raise forms.ValidationError(_("El precio no puede ser menor que cero."))
        return price

    @property
    def changes(self) -> dict[str, Any]:
        """Return the fields as the domain takes them."""
        return {field: self.cleaned_data[field] for field in self.Meta.fields if field in self.fields}


class FirstServiceForm(forms.Form):
    """The plan of a new customer, if they contract one at once."""

    plan = forms.ModelChoiceField(
        label=gettext_lazy("Plan"),
        queryset=Plan.objects.none(),
        required=False,
        empty_label=gettext_lazy("Ninguno por ahora"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = Plan.objects.filter(is_active=True)


def zones_and_plans() -> dict[str, Any]:
    """Return the choices above the list."""
    return {"zones": list(Zone.objects.all()), "plans": list(Plan.objects.all())}
