"""The provider as its documents show it: brand, legal data, and a logo that may have gone bad."""

from __future__ import annotations

from billing.documents.sheet import Issuer
from billing.models import DocumentSettings
from customers.tax_ids import COUNTRIES, show_tax_id
from tenants.colors import light_shades, mix, parse_color
from tenants.current import current_tenant
from tenants.models import Brand, Tenant
from tenants.typesetting.letterhead import contact_line, read_logo

WHITE = "#ffffff"
TINT = 0.07  # of the brand in the ground of the headline
# What it is called where customers.tax_ids knows no rules.
TAX_ID_NAMES = {
    "PY": "RUC", "PA": "RUC", "NI": "RUC", "GT": "NIT", "BO": "NIT", "SV": "NIT", "UY": "RUT", "VE": "RIF",
    "DO": "RNC", "HN": "RTN",
}  # fmt: skip


def read_issuer(texts: DocumentSettings) -> Issuer:
    """The current tenant's brand with `texts`, saved or not."""
    tenant = current_tenant()
    brand = Brand.objects.filter(tenant=tenant).first() or Brand(tenant=tenant, name=tenant.name)
    shades = light_shades(parse_color(brand.primary_color))
    lines = (
        texts.legal_name if texts.legal_name != brand.name else "",
        tax_id_line(tenant, texts.tax_id),
        texts.fiscal_address or brand.address,
    )
    return Issuer(
        name=brand.name,
        lines=tuple(line for line in lines if line),
        fill=shades.fill,
        tint=mix(shades.fill, WHITE, TINT),
        ink=shades.text,
        logo=read_logo(brand),
        footer=texts.footer,
        contact=contact_line(tenant, brand),
    )


def tax_id_line(tenant: Tenant, tax_id: str) -> str:
    """`RFC GODE 561231 GR8`, named by its length where a country has several; nothing without a number."""
    if not tax_id:
        return ""
    kinds = [kind.name for kind in COUNTRIES.get(tenant.country, ()) if len(tax_id) in kind.lengths]
    name = kinds[0] if kinds else TAX_ID_NAMES.get(tenant.country, "")
    return f"{name} {show_tax_id(tax_id, tenant.country)}".strip().replace(" ", "\N{NO-BREAK SPACE}")
