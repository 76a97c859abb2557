"""Meta's door: the handshake when its address is set, and everything it tells afterwards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from inbox.domain.handshakes import is_verify_token
from inbox.doors import door, knock

LONGEST = 200  # characters of a challenge


@door
def cloud_webhook(request: HttpRequest) -> HttpResponse:
    """GET: the handshake, answered with the challenge when the word is a channel's own, else 403. POST: see `knock`."""
    if request.method not in {"GET", "HEAD"}:
        return knock(request, kind="cloud_whatsapp")
    asked = request.GET
    challenge, token = asked.get("hub.challenge", ""), asked.get("hub.verify_token", "")
    fits = asked.get("hub.mode") == "subscribe" and 0 < len(challenge) <= LONGEST and len(token) <= LONGEST
    if not fits or not is_verify_token(token, here=getattr(request, "tenant", None)):
        return HttpResponse(status=403)
    # Plain, and never sniffed as anything else: the words are the caller's.
    return HttpResponse(
        challenge, content_type="text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"}
    )
