"""How the lines of a conversation are written on a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import escape, format_html, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from inbox.domain.previews import preview_words
from inbox.domain.reserved import reserved_words
from inbox.models import Message
from tenants.current import current_tenant
from tenants.formats import format_number

register = template.Library()

LINKS = re.compile(r"(<a .*?</a>)", re.DOTALL)

FILE_WORDS = {"application/pdf": "PDF", "audio/amr": "AMR"}
FILE_ICONS = {"application/pdf": "file-text", "audio": "file-music", "video": "file-play", "image": "file-image"}


@register.filter
def line_words(message: Message) -> str:
    """`{{ message.reply_to|line_words }}`: a line in a few words."""
    files = list(message.attachments.all())
    kind = files[0].kind if files and message.kind == "text" else message.kind
    voice, name = (files[0].is_voice, files[0].filename) if files else (False, "")
    words = preview_words(kind=kind, body=message.body, content=message.content, voice=voice, filename=name)
    return words or _("Mensaje")


@register.filter
def as_place(content: Mapping[str, Any]) -> dict[str, str]:
    """Return a point on the map with the address that opens it; no address where the coordinates make no sense."""
    words = {"name": str(content.get("name") or ""), "address": str(content.get("address") or "")}
    try:
        latitude, longitude = float(content["latitude"]), float(content["longitude"])
    except (KeyError, TypeError, ValueError):
        return words
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return words
    north, east = f"{latitude:.6f}", f"{longitude:.6f}"
    link = f"https://www.openstreetmap.org/?mlat={north}&mlon={east}#map=17/{north}/{east}"
    return {**words, "latitude": north, "longitude": east, "link": link}


@register.simple_tag(takes_context=True)
def line_html(context: template.Context, message: Message) -> SafeString:
    """Return a line's words: escaped, links are links, and the people a note names are set apart.

    Where they are reserved they are only told to whoever may read them.
    """
    request = context.get("request")
    told = reserved_words(message, request.user) if request is not None else ""
    text = urlize(told or message.body, autoescape=True)
    named = message.content.get("mentions", []) if message.direction == "note" else []
    if named:
        # The longest name first: «@Ana Ruiz» is not «@Ana». What stands in a link is part of it.
        names = "|".join(re.escape(escape(name)) for name in sorted(named, key=len, reverse=True))
        pattern = re.compile(rf"(?<!\w)@(?:{names})(?!\w)", re.IGNORECASE)
        parts = LINKS.split(text)
        parts[::2] = [pattern.sub(_set_apart, part) for part in parts[::2]]
        text = "".join(parts)
    return mark_safe(text)  # noqa: S308 -- the words were escaped by urlize, and are only set apart here


def _set_apart(found: re.Match[str]) -> str:
    return format_html('<span class="mention">{}</span>', mark_safe(found[0]))  # noqa: S308 -- escaped by urlize


@register.filter
def plain_price(value: Decimal) -> str:
    """Return what a channel asks for a message, without the zeros that say nothing."""
    text = f"{value:.6f}".rstrip("0")
    return text + "0" * max(0, 2 - len(text.partition(".")[2]))


@register.filter
def file_icon(content_type: str) -> str:
    """Return the icon of a kind of file."""
    return FILE_ICONS.get(content_type) or FILE_ICONS.get(content_type.partition("/")[0], "file")


@register.filter
def file_size(size: int) -> str:
    """Return a file's size in words: 29 KB, 1.4 MB."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{format_number(round(size / (1024 * 1024), 1), current_tenant().currency)} MB"


@register.filter
def file_word(content_type: str) -> str:
    """Return how people call a kind of file."""
    return FILE_WORDS.get(content_type) or content_type.partition("/")[2].split(".")[-1].upper() or _("Archivo")
