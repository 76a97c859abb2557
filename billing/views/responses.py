"""What a finished act answers: a page for browsers, a hint for fragments."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from inbox.beside import is_beside_conversation


def done(request: HttpRequest, text: str, url: str) -> HttpResponse:
    """It worked: go to `url`, where a message says what happened; beside a conversation, stay there and say it."""
    if is_beside_conversation(request):
        return told(HttpResponse(status=204), text, accountChanged={}, closeDialogs={})
    messages.success(request, text)
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)


def told(response: HttpResponse, text: str, *, kind: str = "good", **events: object) -> HttpResponse:
    """Add a toast, and events for the page's other fragments, to a fragment's response.

    The toast is sent to the body: a live hint may have replaced the button that asked, and nobody hears that one.
    """
    toast = {"text": text, "kind": kind, "target": "body"}
    response["HX-Trigger"] = json.dumps({"toast": toast, **events})
    return response
