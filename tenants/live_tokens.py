"""What the live process shares with the pages: the token and the stream's name. Nothing here touches a model."""

from __future__ import annotations

from typing import Any

from django.core import signing

TOKEN_SECONDS = 300
SALT = "live"
# A hint on this topic ends the streams of a user, who must then show that their session still holds.
REVOKED = "revoked"


def stream_key(tenant_uuid: str) -> str:
    """Return the Redis stream that carries one tenant's hints."""
    return f"live:{tenant_uuid}"


def sign_live_token(*, tenant: str, user_id: int, topics: list[str]) -> str:
    """Return a token for the current minute and a few more."""
    return signing.dumps({"tenant": tenant, "user": user_id, "topics": topics}, salt=SALT, compress=False)


def read_live_token(token: str) -> dict[str, Any]:
    """Return the payload. Raises signing.BadSignature, SignatureExpired."""
    payload: dict[str, Any] = signing.loads(token, salt=SALT, max_age=TOKEN_SECONDS)
    return payload


def issued_at(token: str) -> int:
    """Return when a valid token was signed, in milliseconds, as stream ids count (whole seconds)."""
    return signing.b62_decode(token.rsplit(":", 2)[1]) * 1000
