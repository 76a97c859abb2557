"""The desk's forms."""

from __future__ import annotations

from typing import Any

import phonenumbers
from django import forms
from django.utils.translation import gettext_lazy as _

from desk.domain.brand import BadLogo, read_logo
from tenants.colors import parse_color
from tenants.current import current_tenant
from tenants.formats import format_phone, modern_phone
from tenants.models import Brand


class PhoneField(forms.CharField):
    """A phone as people of the provider's country write it; cleaned to E.164."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "").strip()
        if not text:
            return ""
        try:
            number = phonenumbers.parse(modern_phone(text), current_tenant().country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise forms.ValidationError(_("No parece un teléfono. Escriba los dígitos, o con + y el país."))
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def prepare_value(self, value: Any) -> Any:
        return format_phone(value, current_tenant().country) if value else value


class ColorField(forms.CharField):
    """A colour, cleaned to #rrggbb."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "").strip()
        if not text:
            return ""
        try:
            return parse_color(text)
        except ValueError as error:
            raise forms.ValidationError(_("Escriba el color como #1f6feb o elíjalo del cuadro.")) from error


class BrandForm(forms.ModelForm):
    """Name, colours, logo and where to reach the provider."""

    name = forms.CharField(label=_("Nombre"), max_length=80, help_text=_("Como lo conocen sus clientes."))
    primary_color = ColorField(label=_("Color principal"))
    accent_color = ColorField(label=_("Color de acento"), required=False)
    phone = PhoneField(label=_("Teléfono"), required=False)
    whatsapp = PhoneField(label=_("WhatsApp"), required=False)
    logo_file = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPG o WebP de hasta 2 MB. Sin logo se muestra la inicial."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    drop_logo = forms.BooleanField(label=_("Quitar el logo"), required=False)

    class Meta:
        model = Brand
        fields = ["name", "primary_color", "accent_color", "phone", "whatsapp", "email", "address"]
        labels = {"email": _("Correo"), "address": _("Domicilio")}

    def clean_logo_file(self) -> bytes | None:
        """Return the logo as a PNG, or nothing when none was chosen."""
        upload = self.cleaned_data.get("logo_file")
        if not upload:
            return None
        try:
            return read_logo(upload)
        except BadLogo as error:
            raise forms.ValidationError(str(error)) from error

    def changes(self) -> dict[str, Any]:
        """Return the cleaned fields of the brand itself."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
