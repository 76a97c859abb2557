"""A line in a few words, for where there is no room for it: the list, a quote, a notification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from inbox.kinds import ContentKind


def preview_words(
    *, kind: str, body: str = "", content: Mapping[str, Any] | None = None, voice: bool = False, filename: str = ""
) -> str:
    """Return a line as one row of words: what it is where it has no words of its own."""
    held = content or {}
    text = " ".join(body.split())
    named = {
        ContentKind.IMAGE: _("Foto"),
        ContentKind.AUDIO: _("Nota de voz") if voice else _("Audio"),
        ContentKind.VIDEO: _("Video"),
        ContentKind.DOCUMENT: filename or _("Documento"),
        ContentKind.STICKER: _("Sticker"),
        ContentKind.LOCATION: _("Ubicación"),
        ContentKind.CONTACTS: _("Contacto"),
        ContentKind.UNSUPPORTED: _("Mensaje que no se puede mostrar"),
    }
    if kind == ContentKind.CHOICE:
        return text or str(held.get("title", "")) or _("Una opción")
    if kind not in named:
        return text
    word = str(named[ContentKind(kind)])
    detail = text or _place(held) or _names(held)
    return f"{word}: {detail}" if detail else word


def _place(held: Mapping[str, Any]) -> str:
    return str(held.get("name") or held.get("address") or "")


def _names(held: Mapping[str, Any]) -> str:
    people = held.get("contacts") or []
    return ", ".join(str(one.get("name", "")) for one in people if isinstance(one, Mapping) and one.get("name"))
