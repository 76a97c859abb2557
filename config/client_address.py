"""Who is asking: the front's word, since every connection comes from the front."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ClientAddress:
    """Sets REMOTE_ADDR from X-Forwarded-For, where the front (Caddy, or bin/demo's) puts the client last.

    The web process is never reached but through the front, which drops what clients claim; the same
    assumption as SECURE_PROXY_SSL_HEADER makes. Without it all people of the world would share one
    address, and one of them guessing passwords would lock all out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        claimed = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
        if claimed:
            request.META["REMOTE_ADDR"] = claimed
        return self.get_response(request)
