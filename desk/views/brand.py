"""The brand as files a browser asks for: colours, icon, logo."""

from __future__ import annotations

import mimetypes

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from tenants.colors import brand_css, light_shades, parse_color
from tenants.current import current_tenant
from tenants.models import Brand

A_YEAR = 60 * 60 * 24 * 365  # the address carries the brand's version


@cache_control(max_age=A_YEAR, public=True, immutable=True)
def stylesheet(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- the tenant is the host's
    """The custom properties of the provider's colours, legible in both themes."""
    brand = _brand()
    return HttpResponse(brand_css(brand.primary_color, brand.accent_color), content_type="text/css; charset=utf-8")


@cache_control(max_age=A_YEAR, public=True, immutable=True)
def icon(request: HttpRequest) -> HttpResponse:
    """A square of the brand's colour with its initial, for the browser's tab."""
    brand = _brand()
    shades = light_shades(parse_color(brand.primary_color))
    return render(request, "desk/icon.svg", {"name": brand.name, "shades": shades}, content_type="image/svg+xml")


@cache_control(max_age=A_YEAR, public=True, immutable=True)
def logo(request: HttpRequest) -> FileResponse:  # noqa: ARG001
    """The logo, for anyone: the sign-in page shows it."""
    brand = _brand()
    if not brand.logo:
        raise Http404
    kind = mimetypes.guess_type(brand.logo.name or "")[0] or "application/octet-stream"
    return FileResponse(brand.logo.open("rb"), content_type=kind)


def _brand() -> Brand:
    brand: Brand | None = getattr(current_tenant(), "brand", None)
    if brand is None:
        raise Http404
    return brand
