"""`{% navigation as nav %}`: the rail and the tabs of the signed-in person's page."""

from __future__ import annotations

from typing import Any

from django import template

from desk.navigation import navigation as build

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> dict[str, Any]:
    """Return sections, tabs and label; nothing for a stranger."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return {"sections": [], "tabs": [], "label": ""}
    return build(request)
