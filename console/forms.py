"""The platform's forms."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from tenants.models import Domain, Tenant

# ISO 3166 country: its currency (ISO 4217) and the time zone most of its people live in (IANA).
COUNTRIES = {
    "MX": (_("México"), "MXN", "America/Mexico_City"),
    "AR": (_("Argentina"), "ARS", "America/Argentina/Buenos_Aires"),
    "BO": (_("Bolivia"), "BOB", "America/La_Paz"),
    "BR": (_("Brasil"), "BRL", "America/Sao_Paulo"),
    "CL": (_("Chile"), "CLP", "America/Santiago"),
    "CO": (_("Colombia"), "COP", "America/Bogota"),
    "CR": (_("Costa Rica"), "CRC", "America/Costa_Rica"),
    "DO": (_("República Dominicana"), "DOP", "America/Santo_Domingo"),
    "EC": (_("Ecuador"), "USD", "America/Guayaquil"),
    "GT": (_("Guatemala"), "GTQ", "America/Guatemala"),
    "HN": (_("Honduras"), "HNL", "America/Tegucigalpa"),
    "NI": (_("Nicaragua"), "NIO", "America/Managua"),
    "PA": (_("Panamá"), "USD", "America/Panama"),
    "PE": (_("Perú"), "PEN", "America/Lima"),
    "PY": (_("Paraguay"), "PYG", "America/Asuncion"),
    "SV": (_("El Salvador"), "USD", "America/El_Salvador"),
    "UY": (_("Uruguay"), "UYU", "America/Montevideo"),
    "VE": (_("Venezuela"), "VES", "America/Caracas"),
}
HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")
TAKEN = {"public", "pg", "information_schema", "template0", "template1", "postgres"}


class ProviderForm(forms.Form):
    """A new provider: its name, its address, its country, and its first person."""

    name = forms.CharField(label=_("Nombre del proveedor"), max_length=80)
    domain = forms.CharField(
        label=_("Dominio"), max_length=253, help_text=_("Donde entrarán sus clientes y su personal: fibra.example.mx")
    )
    country = forms.ChoiceField(
        label=_("País"),
        choices=[(code, words) for code, (words, _currency, _zone) in COUNTRIES.items()],
        help_text=_("De ahí salen la moneda y la zona horaria; la zona puede cambiarla."),
    )
    timezone = forms.ChoiceField(
        label=_("Zona horaria"),
        required=False,
        choices=[("", _("La del país")), *((z, z) for z in sorted(available_timezones()) if z.startswith("America/"))],
    )
    owner_name = forms.CharField(label=_("Nombre de quien lo dirige"), max_length=120)
    owner_email = forms.EmailField(label=_("Correo de quien lo dirige"))

    def clean_domain(self) -> str:
        """Return the host in lower case; refuse what is no host or already someone's."""
        host = self.cleaned_data["domain"].strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
        if not HOST.fullmatch(host):
            raise forms.ValidationError(_("No parece un dominio. Escríbalo como fibra.example.mx, sin puerto."))
        if Domain.objects.filter(domain=host).exists():
            raise forms.ValidationError(_("Ese dominio ya es de otro proveedor."))
        return host

    def slug(self) -> str:
        """Return a short name that nobody has, made of the provider's name."""
        base = re.sub(r"^[^a-z]+", "", slugify(self.cleaned_data["name"]))[:30].strip("-") or "proveedor"
        taken = set(Tenant.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | TAKEN
        return next(slug for n in range(1, 1000) if (slug := base if n == 1 else f"{base}-{n}") not in taken)

    def tenant_fields(self) -> dict[str, Any]:
        """Return what tenants.provision.create_tenant takes."""
        country = self.cleaned_data["country"]
        _words, currency, zone = COUNTRIES[country]
        return {
            "slug": self.slug(),
            "name": self.cleaned_data["name"],
            "domain": self.cleaned_data["domain"],
            "country": country,
            "currency": currency,
            "timezone": self.cleaned_data["timezone"] or zone,
        }


class CurrencyForm(forms.Form):
    """What a provider charges in."""

    currency = forms.CharField(
        label=_("Moneda"), max_length=3, help_text=_("Su código de tres letras: MXN, ARS, COP, CLP, PEN…")
    )
