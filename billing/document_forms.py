"""What the provider prints on its documents, as people type it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as later

from billing.models import DocumentSettings
from customers.tax_ids import BadTaxId, check_tax_id, show_tax_id, tax_id_name
from tenants.current import current_tenant


class DocumentSettingsForm(forms.ModelForm):
    """What the provider prints beside its brand."""

    class Meta:
        model = DocumentSettings
        fields = ["legal_name", "tax_id", "fiscal_address", "bank_data", "legal_text", "footer", "link_days"]
        labels = {
            "legal_name": later("Razón social"),
            "fiscal_address": later("Domicilio fiscal"),
            "bank_data": later("Cómo pagar"),
            "legal_text": later("Texto legal"),
            "footer": later("Pie de página"),
            "link_days": later("Días que abre un enlace"),
        }
        help_texts = {
            "fiscal_address": later("Vacío: el domicilio de su marca."),
            "bank_data": later("Banco, cuenta, titular, o dónde se paga en efectivo. Sale mientras se deba algo."),
            "legal_text": later("Al final de cada documento, en letra pequeña."),
            "link_days": later("De 1 a 365. Después, quien lo abra ve a quién pedir otro."),
        }
        widgets = {
            "bank_data": forms.Textarea(attrs={"rows": 4}),
            "legal_text": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = current_tenant().country
        self.fields["tax_id"].label = tax_id_name(country)
        self.initial["tax_id"] = show_tax_id(self.instance.tax_id, country)

    def clean_tax_id(self) -> str:
        try:
            return check_tax_id(self.cleaned_data["tax_id"], current_tenant().country)
        except BadTaxId as error:
            raise forms.ValidationError(str(error)) from error
