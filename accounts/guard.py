"""Slow down guessing: after some failures an address and an e-mail wait. Counted in Redis, per tenant."""

from __future__ import annotations

from django.core.cache import cache

LIMIT = 8
WINDOW_SECONDS = 15 * 60


def may_try(*, email: str, address: str) -> bool:
    """Say whether another attempt is allowed now."""
    return all((cache.get(key) or 0) < LIMIT for key in _keys(email, address))


def note_failure(*, email: str, address: str) -> None:
    """Count a failed attempt."""
    for key in _keys(email, address):
        cache.add(key, 0, WINDOW_SECONDS)
        cache.incr(key)


def _keys(email: str, address: str) -> list[str]:
    # The pair and the e-mail alone; not the address alone, which a whole office shares.
    return [f"guess:{email.lower()}:{address}", f"guess:{email.lower()}"]
