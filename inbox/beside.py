"""Acts done beside a conversation come back to it: their rooms ask here before they move the page."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import Resolver404, resolve


def is_beside_conversation(request: HttpRequest) -> bool:
    """Say whether a fragment was asked for from the page of a conversation."""
    htmx = getattr(request, "htmx", None)
    path = htmx.current_url_abs_path if htmx else ""
    if not path:
        return False
    try:
        return resolve(path.partition("?")[0]).view_name == "inbox:conversation"
    except Resolver404:
        return False
