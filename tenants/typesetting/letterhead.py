"""The provider's brand on paper: how to reach it, and a logo that may have gone bad."""

from __future__ import annotations

import io
import logging

from django.utils.translation import gettext as _
from PIL import Image

from tenants.formats import format_phone
from tenants.models import Brand, Tenant

logger = logging.getLogger(__name__)


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
