"""The provider as its documents show it: brand, legal data, and a logo that may have gone bad."""

from __future__ import annotations

import io
import logging

from django.utils.translation import gettext as _
from PIL import Image

from billing.documents.sheet import Issuer
from billing.models import DocumentSettings
from customers.tax_ids import COUNTRIES, show_tax_id
from tenants.colors import light_shades, mix, parse_color
from tenants.current import current_tenant
from tenants.formats import format_phone
from tenants.models import Brand, Tenant

logger = logging.getLogger(__name__)

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


def contact_line(tenant: Tenant, brand: Brand) -> str:
    """How to reach the provider, on one line."""
    phone = format_phone(brand.phone, tenant.country) if brand.phone else ""
    whatsapp = format_phone(brand.whatsapp, tenant.country) if brand.whatsapp else ""
    parts = [
        _("Tel. %(phone)s") % {"phone": phone} if phone and phone != whatsapp else "",
        f"WhatsApp {whatsapp}" if whatsapp else "",
        brand.email,
    ]
    return " · ".join(part for part in parts if part)


def read_logo(brand: Brand) -> bytes | None:
    """The stored logo as a PNG the typesetter can read; None, with a line in the log, when the file is gone or bad."""
    if not brand.logo:
        return None
    out = io.BytesIO()
    try:
        with brand.logo.open("rb") as file, Image.open(file) as picture:
            picture.load()
            picture.convert("RGBA").save(out, "PNG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        logger.warning("the logo cannot be printed: %s", type(error).__name__)
        return None
    return out.getvalue()
