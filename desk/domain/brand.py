"""Change how a provider looks: name, colours, logo, and where to reach it."""

from __future__ import annotations

import io
import warnings
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from events.domain import Actor, record
from tenants.current import current_tenant
from tenants.models import Brand

LOGO_BYTES = 2 * 1024 * 1024
LOGO_PIXELS = 24_000_000  # decoded; a small file can hold a picture that fills the memory
LOGO_SIDE = 640  # what is kept; twice the largest size it is shown at
LOGO_LEAST = 32
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class BadLogo(ValueError):
    """The file cannot be a logo; the text says why, to the person who chose it."""


def read_logo(upload: UploadedFile[bytes]) -> bytes:
    """Return the logo as a PNG of our own making: nothing hidden in the file survives. Raises BadLogo."""
    if not upload.size:
        raise BadLogo(_("El archivo está vacío. Elija otra vez el logo."))
    if upload.size > LOGO_BYTES:
        raise BadLogo(_("El logo pesa más de 2 MB. Guárdelo más pequeño, por ejemplo de 600 píxeles de ancho."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(upload, formats=FORMATS)
            width, height = picture.size
            if width * height > LOGO_PIXELS:
                raise BadLogo(_("El logo mide demasiado. Guárdelo de unos 600 píxeles de ancho."))
            picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise BadLogo(
            _("No es una imagen que se pueda usar. Sirven PNG, JPG y WebP; un SVG guárdelo como PNG.")
        ) from error
    if min(width, height) < LOGO_LEAST:
        raise BadLogo(_("El logo es muy pequeño: necesita al menos 32 píxeles de alto y de ancho."))
    picture.thumbnail((LOGO_SIDE, LOGO_SIDE))
    out = io.BytesIO()
    picture.convert("RGBA").save(out, "PNG", optimize=True)
    return out.getvalue()


def change_brand(*, changes: dict[str, Any], logo: bytes | None, drop_logo: bool, actor: Actor) -> Brand:
    """Save `changes` (fields of Brand) and the logo, and let browsers know by a new version.

    `logo` is a PNG from `read_logo`; None keeps the present one unless `drop_logo`.
    """
    with transaction.atomic():
        brand = Brand.objects.select_for_update().get(tenant=current_tenant())
        before = {name: getattr(brand, name) for name in changes}
        for name, value in changes.items():
            setattr(brand, name, value)
        old = brand.logo.name
        if logo is not None:
            brand.logo.save(f"logo-{uuid4().hex[:12]}.png", ContentFile(logo), save=False)
        elif drop_logo:
            brand.logo = ""
        brand.version += 1
        brand.save()
        changed = sorted(name for name in changes if before[name] != changes[name])
        if brand.logo.name != old:
            changed.append("logo")
            if old:
                transaction.on_commit(lambda: brand.logo.storage.delete(old))
        if changed:
            record("brand.changed", subject=brand, actor=actor, fields=changed)
    return brand
