"""Secrets at rest, sealed with the platform's key ring.

The associated data is the tenant's UUID, model.field and the row's own UUID: a sealed value copied to another row,
field or provider does not open. Never a schema name or primary key, which change on clone and import.
The key ring is a text file, one `base64url(32 bytes)` per line; the first line seals, all of them open.
"""

from __future__ import annotations

import base64
import hashlib
import os
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from tenants.current import current_tenant

NONCE = 12
KEY_ID = 4


class SealError(RuntimeError):
    """A sealed value cannot be opened: the key is not in the ring, or the value belongs elsewhere."""


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """A sealed value; written by SealedRow.seal and read by SealedRow.reveal only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", b"")
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)


class SealedRow(models.Model):
    """A row with secrets. `uuid` is made once and never changes."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True

    def seal(self, **secrets: str) -> None:
        """Seal the given fields on this instance (it does not save). An empty text clears the field."""
        for field, text in secrets.items():
            setattr(self, field, seal_text(text, self._bound_to(field)) if text else b"")

    def reveal(self, field: str) -> str:
        """Return the plain text of a sealed field, or "". Raises SealError."""
        value = getattr(self, field)
        return open_text(bytes(value), self._bound_to(field)) if value else ""

    def _bound_to(self, field: str) -> bytes:
        return f"{current_tenant().uuid}|{self._meta.label_lower}.{field}|{self.uuid}".encode()


def seal_text(text: str, bound_to: bytes) -> bytes:
    """Seal `text` with the ring's first key, bound to `bound_to`."""
    key_id, key = next(iter(read_ring(settings.KEYRING_FILE).items()))
    nonce = os.urandom(NONCE)
    return key_id + nonce + AESGCM(key).encrypt(nonce, text.encode(), bound_to)


def open_text(token: bytes, bound_to: bytes) -> str:
    """Open what seal_text made. Raises SealError without saying anything of the value."""
    key = read_ring(settings.KEYRING_FILE).get(token[:KEY_ID])
    if key is None:
        raise SealError("the key that sealed this is not in the key ring")
    try:
        plain = AESGCM(key).decrypt(token[KEY_ID : KEY_ID + NONCE], token[KEY_ID + NONCE :], bound_to)
    except InvalidTag:
        raise SealError("the sealed value does not belong to this row") from None
    return plain.decode()


@lru_cache(maxsize=4)
def read_ring(path: str) -> dict[bytes, bytes]:
    """Return {key id: key} in the ring's order. Raises SealError when there is no usable key."""
    try:
        lines = Path(path).read_text().split()
    except OSError as error:
        raise SealError(f"the key ring cannot be read: {error.strerror}") from None
    keys = [base64.urlsafe_b64decode(line) for line in lines]
    if not keys or any(len(key) != 32 for key in keys):
        raise SealError("the key ring must hold keys of 32 bytes, one base64url line each")
    return {hashlib.sha256(key).digest()[:KEY_ID]: key for key in keys}


def new_ring_line() -> str:
    """Return a fresh key as a line of the ring."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
