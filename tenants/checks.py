"""Settings that are wrong are said at start, each with its remedy."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from tenants.sealing import SealError, read_ring


@register()
def secrets_can_be_sealed(**_: Any) -> list[CheckMessage]:
    """The key ring is there. (Django itself refuses to start without SECRET_KEY.)"""
    found: list[CheckMessage] = []
    try:
        read_ring(settings.KEYRING_FILE)
    except SealError as error:
        hint = "Run `manage.py new_key >> FILE`, chmod 600 it and point ENLACE_KEYRING at it."
        found.append(Error(f"Secrets cannot be sealed: {error}.", hint=hint, id="enlace.E001"))
    return found


@register(deploy=True)
def media_is_set(**_: Any) -> list[CheckMessage]:
    """A production installation says where files go."""
    if settings.DEBUG or settings.MEDIA_ROOT.is_absolute():
        return []
    return [
        checks.Warning("ENLACE_MEDIA is relative.", hint="Give an absolute folder with a backup.", id="enlace.W001")
    ]
