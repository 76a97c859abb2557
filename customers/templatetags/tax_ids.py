"""Tax ids as the current provider's country writes them."""

from __future__ import annotations

from django import template

from customers.tax_ids import show_tax_id, tax_id_name
from tenants.current import current_tenant

register = template.Library()


@register.filter
def tax_id(value: str) -> str:
    """`{{ customer.tax_id|tax_id }}`: GODE 561231 GR8."""
    return show_tax_id(value, current_tenant().country)


@register.simple_tag(name="tax_id_name")
def name_of_tax_ids() -> str:
    """`{% tax_id_name %}`: RFC."""
    return tax_id_name(current_tenant().country)
