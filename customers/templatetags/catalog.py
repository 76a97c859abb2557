"""Speeds, rates and taxes of the catalogue, in words."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from customers.domain.taxes import say_rate
from customers.models import Plan

register = template.Library()


@register.simple_tag
def speed(plan: Plan) -> str:
    """`{% speed plan %}`: 50 / 10 Mbps; download first."""
    if not plan.download_kbps:
        return _("Sin velocidad escrita")
    rates = [plan.download_kbps, plan.upload_kbps] if plan.upload_kbps else [plan.download_kbps]
    return " / ".join(f"{Decimal(rate) / 1000:g}" for rate in rates) + " Mbps"


@register.filter
def percent(rate: Decimal) -> str:
    """`{{ tax.rate|percent }}`: 16 %."""
    return say_rate(rate)


@register.simple_tag
def plan_taxes(plan: Plan) -> str:
    """`{% plan_taxes plan %}`: IVA 16 %, incluido. Its taxes are fetched."""
    named = ", ".join(f"{tax.name} {say_rate(tax.rate)}" for tax in plan.taxes.all())
    if not named and not plan.tax_rate:
        return _("Sin impuestos")
    said = {"taxes": named or say_rate(plan.tax_rate)}
    return (_("%(taxes)s, ya incluido") if plan.tax_included else _("Más %(taxes)s")) % said
