"""What every template may know of the provider."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def brand(request: HttpRequest) -> dict[str, Any]:
    """Return `tenant` and `brand` of the request's host; both None on the platform's own pages."""
    tenant = getattr(request, "tenant", None)
    return {"tenant": tenant, "brand": getattr(tenant, "brand", None)}
