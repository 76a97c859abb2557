"""Files that visitors of the page and players of the phone give us, until the message they came with is read.

A lane copies them to their messages within the second; what lies here longer belongs to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from inbox.channels.sniff import EXTENSIONS

WEB, PHONE = "inbox/web", "inbox/phone"
KEPT = timedelta(days=1)  # longer than a lane may be stopped


def web_folder(visitor_id: str) -> str:
    """Return where a visitor's files lie; their name is not told."""
    return f"{WEB}/{_short(visitor_id)}"


def place_of(folder: str, own_id: str, kind: str) -> str:
    """Return where the file of a message lies: the same id is the same file."""
    return f"{folder}/{_short(own_id)}{EXTENSIONS[kind]}"


def keep_upload(*, place: str, data: bytes) -> str:
    """Store a file at a place, unless it lies there already; return where it lies."""
    return place if default_storage.exists(place) else default_storage.save(place, ContentFile(data))


def bytes_in(folder: str) -> int:
    """Return how much lies in a folder: what was given within the last day."""
    return sum(default_storage.size(f"{folder}/{name}") for name in _listed(folder)[1])


def forget_uploads(*, now: datetime, most: int) -> int:
    """Remove up to `most` files that were given over a day ago, used or not, and folders left empty."""
    gone = 0
    for place in _old(now - KEPT):
        default_storage.delete(place)
        gone += 1
        if gone == most:
            break
    for name in _listed(WEB)[0]:
        if not any(_listed(f"{WEB}/{name}")):
            with suppress(OSError):  # a file came meanwhile
                default_storage.delete(f"{WEB}/{name}")
    return gone


def _old(before: datetime) -> Iterator[str]:
    for folder in (PHONE, *(f"{WEB}/{name}" for name in _listed(WEB)[0])):
        for name in _listed(folder)[1]:
            if default_storage.get_modified_time(f"{folder}/{name}") < before:
                yield f"{folder}/{name}"


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return folders, files


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
