"""What is in a message: words, files, a place, a choice that was made, or what we cannot show."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from inbox.channels.cloud_whatsapp.raw import mapping, rows, text
from inbox.channels.items import InboundMedia
from inbox.kinds import ContentKind

FILES = {
    "image": ContentKind.IMAGE,
    "video": ContentKind.VIDEO,
    "audio": ContentKind.AUDIO,
    "voice": ContentKind.AUDIO,
    "document": ContentKind.DOCUMENT,
    "sticker": ContentKind.STICKER,
}
MOST = 50  # contacts of a card, lines of an order


@dataclass(frozen=True)
class Contents:
    """The part of an `Inbound` that its type decides."""

    kind: ContentKind
    body: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    media: tuple[InboundMedia, ...] = ()


def contents_of(row: Mapping[str, Any], kind: str) -> Contents:
    """Read a message by its type; a type we do not know is kept as one that cannot be shown."""
    read = _file if kind in FILES else READERS.get(kind)
    try:
        found = read(row, kind) if read else None
    except (ValueError, TypeError):
        found = None
    return found or _unsupported(row, kind)


def _text(row: Mapping[str, Any], _kind: str) -> Contents | None:
    part = mapping(row, "text")
    return Contents(ContentKind.TEXT, text(part, "body")) if "body" in part else None


def _file(row: Mapping[str, Any], kind: str) -> Contents | None:
    part = mapping(row, kind)
    if not text(part, "id"):
        return None
    media = InboundMedia(
        url=text(part, "id"),
        content_type=text(part, "mime_type").partition(";")[0],
        filename=text(part, "filename"),
        voice=part.get("voice") is True or kind == "voice",
    )
    return Contents(FILES[kind], text(part, "caption"), media=(media,))


def _location(row: Mapping[str, Any], _kind: str) -> Contents | None:
    part = mapping(row, "location")
    latitude, longitude = float(text(part, "latitude")), float(text(part, "longitude"))
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    content = {
        "latitude": latitude,
        "longitude": longitude,
        "name": text(part, "name"),
        "address": text(part, "address"),
    }
    return Contents(ContentKind.LOCATION, content=content)


def _contacts(row: Mapping[str, Any], _kind: str) -> Contents | None:
    cards = []
    for card in rows(row, "contacts")[:MOST]:
        name = mapping(card, "name")
        named = text(name, "formatted_name") or f"{text(name, 'first_name')} {text(name, 'last_name')}".strip()
        phones = [text(one, "phone") or text(one, "wa_id") for one in rows(card, "phones")]
        cards.append({"name": named, "phones": [phone for phone in phones if phone]})
    return Contents(ContentKind.CONTACTS, content={"contacts": cards}) if cards else None


def _interactive(row: Mapping[str, Any], _kind: str) -> Contents | None:
    part = mapping(row, "interactive")
    for name in ("button_reply", "list_reply"):
        if reply := mapping(part, name):
            content = {"id": text(reply, "id"), "title": text(reply, "title")}
            return Contents(ContentKind.CHOICE, text(reply, "title"), content)
    if form := mapping(part, "nfm_reply"):
        return _form(form)
    return None


def _form(form: Mapping[str, Any]) -> Contents:
    """A form (Flow) that was filled in: its answers come as JSON within a string."""
    try:
        answers = json.loads(text(form, "response_json") or "{}")
    except (ValueError, RecursionError):
        answers = {}
    told = {str(k): v for k, v in answers.items() if k != "flow_token"} if isinstance(answers, dict) else {}
    lines = [f"{name}: {value}" for name, value in told.items() if isinstance(value, str | int | float)]
    title = text(form, "body") or _("Formulario enviado")
    content = {"id": text(form, "name") or "flow", "title": title, "answers": told}
    return Contents(ContentKind.CHOICE, "\n".join([title, *lines]), content)


def _button(row: Mapping[str, Any], _kind: str) -> Contents | None:
    """A quick reply of a template."""
    part = mapping(row, "button")
    words = text(part, "text")
    return Contents(ContentKind.CHOICE, words, {"id": text(part, "payload"), "title": words}) if part else None


def _order(row: Mapping[str, Any], _kind: str) -> Contents | None:
    part = mapping(row, "order")
    lines = [
        f"{text(item, 'quantity') or '1'} × {text(item, 'product_retailer_id')}"
        for item in rows(part, "product_items")[:MOST]
    ]
    if not lines:
        return None
    return Contents(ContentKind.TEXT, "\n".join(filter(None, [_("Pedido del catálogo:"), *lines, text(part, "text")])))


def _unsupported(row: Mapping[str, Any], kind: str) -> Contents:
    """Told by Meta without its contents, or of a type that is newer than we are: a person asks for it otherwise."""
    errors = rows(row, "errors")
    why = ""
    if errors:
        why = text(mapping(errors[0], "error_data"), "details") or text(errors[0], "title")
    told = text(mapping(row, "unsupported"), "type") if kind == "unsupported" else kind
    return Contents(ContentKind.UNSUPPORTED, content={"type": (told or "?")[:60], "why": why[:300]})


READERS: dict[str, Callable[[Mapping[str, Any], str], Contents | None]] = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "order": _order,
}
