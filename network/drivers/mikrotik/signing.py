"""The mark in a row's comment that says it is ours, beside the text that people wrote there."""

from __future__ import annotations

import re

from network.drivers.base import Wanted
from network.drivers.mikrotik.connection import Row

_MARK = re.compile(r"\s*\[crm:[^\]]*\]")
# What a profile or a list made for many is marked with.
SHARED = "[crm:comun]"


def is_ours(row: Row, wanted: Wanted) -> bool:
    """Whether a row carries the signature of this very account."""
    return bool(wanted.signature) and f"[{wanted.signature}]" in row.get("comment", "")


def signed(comment: str, wanted: Wanted) -> str:
    """Return the comment with the signature: the text stays, an older signature goes, an empty one gets the name."""
    if not wanted.signature:
        return comment
    text = _MARK.sub("", comment).strip() or wanted.comment
    return f"{text} [{wanted.signature}]".strip()


def is_marked(row: Row) -> bool:
    """Whether a row carries any signature of ours."""
    return _MARK.search(row.get("comment", "")) is not None
