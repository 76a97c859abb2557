"""A message of ours in Graph's form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from inbox.channels.base import ChannelError, Choices, Outbound, OutboundMedia, TemplateCall
from inbox.channels.cloud_whatsapp.addresses import recipient_fields
from inbox.channels.items import Action
from inbox.kinds import Place

BUTTONS = 3
BUTTON_TITLE, ROW_TITLE, ROW_DESCRIPTION, LABEL = 20, 24, 72, 20  # characters
PLACES = re.compile(r"\{\{\s*(\w+)\s*\}\}")
PLAYED = frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"})
FILMS = frozenset({"video/mp4", "video/3gpp"})
PICTURES = frozenset({"image/jpeg", "image/png"})

Upload = Callable[[OutboundMedia], str]


def body_of(message: Outbound, upload: Upload) -> dict[str, Any]:
    """Return the JSON of a message; `upload` brings a file to Meta and returns its id. Raises ChannelError."""
    head: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **recipient_fields(message.recipient),
        "biz_opaque_callback_data": message.key,
    }
    if message.reply_to and message.template is None:
        head["context"] = {"message_id": message.reply_to}
    kind, content = _content(message, upload)
    return {**head, "type": kind, kind: content}


def _content(message: Outbound, upload: Upload) -> tuple[str, dict[str, Any]]:
    if message.template is not None:
        return "template", template_of(message.template, upload)
    if message.choices is not None:
        return "interactive", choices_of(message.choices, message.body)
    if message.place is not None:
        return "location", place_of(message.place)
    if message.media:
        return media_of(message.media[0], message.body, upload)
    if not message.body:
        raise refused(_("El mensaje está vacío."))
    return "text", {"body": message.body, "preview_url": "https://" in message.body}


def media_of(media: OutboundMedia, caption: str, upload: Upload) -> tuple[str, dict[str, Any]]:
    """Return a file with its caption: what WhatsApp does not show is sent as a document."""
    kind = family_of(media.content_type)
    if kind == "audio" and caption:
        raise refused(_("WhatsApp no admite texto junto a un audio: envíelos por separado."))
    content: dict[str, Any] = {"id": upload(media)}
    if caption:
        content["caption"] = caption
    if kind == "document":
        content["filename"] = media.filename
    if media.content_type == "audio/ogg":
        content["voice"] = True
    return kind, content


def family_of(content_type: str) -> str:
    """Return as what WhatsApp takes a file."""
    if content_type in PICTURES:
        return "image"
    if content_type in FILMS:
        return "video"
    return "audio" if content_type in PLAYED else "document"


def choices_of(choices: Choices, body: str) -> dict[str, Any]:
    """Return buttons, or a list where there are more than buttons can be, or they need words of their own."""
    options = choices.options
    text = {"text": body or choices.label or _("Elija una opción:")}
    if len(options) <= BUTTONS and not any(option.description for option in options):
        buttons = [
            {"type": "reply", "reply": {"id": option.id[:256], "title": cut(option.title, BUTTON_TITLE)}}
            for option in options
        ]
        return {"type": "button", "body": text, "action": {"buttons": buttons}}
    rows = [
        {"id": option.id[:200], "title": cut(option.title, ROW_TITLE)}
        | ({"description": cut(option.description, ROW_DESCRIPTION)} if option.description else {})
        for option in options
    ]
    action = {"button": cut(choices.label or _("Ver opciones"), LABEL), "sections": [{"rows": rows}]}
    return {"type": "list", "body": text, "action": action}


def place_of(place: Place) -> dict[str, Any]:
    """Return a point on the map."""
    named = {"name": place.name, "address": place.address}
    return {"latitude": place.latitude, "longitude": place.longitude} | {k: v for k, v in named.items() if v}


def template_of(call: TemplateCall, upload: Upload) -> dict[str, Any]:
    """Return an approved text with its values, as its own description says they go."""
    parts = {str(part.get("type", "")).upper(): part for part in call.components}
    components = [*_header(call, parts.get("HEADER", {}), upload), *_texts(call, parts.get("BODY"))]
    components += _buttons(call, parts.get("BUTTONS", {}))
    language = {"policy": "deterministic", "code": call.language}
    return {"name": call.external_id, "language": language, "components": components}


def _header(call: TemplateCall, part: Mapping[str, Any], upload: Upload) -> Iterator[dict[str, Any]]:
    form = str(part.get("format") or ("TEXT" if part else "")).lower()
    if form in {"image", "video", "document"}:
        yield {"type": "header", "parameters": [{"type": form, form: _header_file(call, part, form, upload)}]}
    elif places := list(dict.fromkeys(PLACES.findall(str(part.get("text", ""))))):
        yield {"type": "header", "parameters": [_text(place, call.values.get(f"header_{place}")
                or call.values.get("header") or call.values.get(place)) for place in places]}  # fmt: skip


def _header_file(call: TemplateCall, part: Mapping[str, Any], form: str, upload: Upload) -> dict[str, str]:
    """The file of a header: what was attached, else the one that is always sent with this text."""
    if call.header is None:
        if not part.get("link"):
            raise refused(_("La plantilla lleva un archivo en el encabezado: adjúntelo."))
        return {"link": str(part["link"])}
    return {"id": upload(call.header)} | ({"filename": call.header.filename} if form == "document" else {})


def _texts(call: TemplateCall, part: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The values of the body: by place in the order of its text; by number where the text is not known."""
    if part is None:
        places = sorted((name for name in call.values if name.isdecimal()), key=int)
    else:
        places = list(dict.fromkeys(PLACES.findall(str(part.get("text", "")))))
        if all(place.isdecimal() for place in places):
            places.sort(key=int)
    if places:
        given = [call.values.get(place) or call.values.get(str(at)) for at, place in enumerate(places, 1)]
        yield {"type": "body", "parameters": [_text(p, value) for p, value in zip(places, given, strict=True)]}


def _text(place: str, value: str | None) -> dict[str, str]:
    # WhatsApp refuses an empty value, a line break and more than four spaces in a row.
    text = re.sub(r"\s+", " ", value or "").strip() or "—"
    return {"type": "text", "text": text} | ({} if place.isdecimal() else {"parameter_name": place})


def _buttons(call: TemplateCall, part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    values = iter(call.button_values)
    for index, button in enumerate(part.get("buttons") or []):
        kind = str(button.get("type", "")).upper()
        if kind == "URL" and "{{" in str(button.get("url", "")):
            row = {"type": "text", "text": next(values, "") or "-"}
            yield {"type": "button", "sub_type": "url", "index": str(index), "parameters": [row]}
        elif kind == "COPY_CODE":
            code = {"type": "coupon_code", "coupon_code": next(values, "") or "-"}
            yield {"type": "button", "sub_type": "copy_code", "index": str(index), "parameters": [code]}


def cut(text: str, limit: int) -> str:
    """Return a text that is no longer than a button's may be."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def refused(text: str) -> ChannelError:
    """What we do not send, since WhatsApp would not take it."""
    return ChannelError(text, permanent=True, code="invalid", action=Action.STOP)
