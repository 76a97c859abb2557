"""What an act on the network's pages answers."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse


def toast(text: str, *, kind: str = "good", close: bool = False) -> HttpResponse:
    """Nothing to swap, a word to the person, and the page's live parts fetch."""
    response = HttpResponse(status=204)
    triggers: dict[str, Any] = {"toast": {"text": text, "kind": kind, "target": "body"}, "live:network": {}}
    if close:
        triggers["closeDialogs"] = {}
    response["HX-Trigger"] = json.dumps(triggers)
    return response


def go(url: str) -> HttpResponse:
    """Move the whole page, from a dialog or a form."""
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response
