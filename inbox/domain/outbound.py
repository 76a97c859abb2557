"""A stored message as its channel sends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from inbox.channels.base import Choices, Outbound, OutboundMedia, Place, TemplateCall
from inbox.domain.carriers import public_base
from inbox.domain.media import media_link
from inbox.kinds import ContentKind
from inbox.models import Attachment, Message

PLACES = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def outbound_of(message: Message) -> Outbound:
    """Return a message as its channel sends it. What a kind has no form for becomes words."""
    channel, base = message.channel, public_base(message.channel)
    choices = Choices.of_content(message.content) if message.kind == ContentKind.CHOICES else None
    body = message.body
    if choices is not None and not channel.can.buttons:
        body, choices = "\n".join([body, *(f"{n}. {o.title}" for n, o in enumerate(choices.options, 1))]), None
    return Outbound(
        key=str(message.uuid),
        sender=channel.address,
        recipient=message.conversation.address,
        body=body,
        template=template_call(message) if message.as_template else None,
        media=tuple(outbound_media(a, base) for a in message.attachments.all()),
        choices=choices,
        place=Place(**message.content) if message.kind == ContentKind.LOCATION else None,
        reply_to=message.reply_to.external_id if message.reply_to and channel.can.replies else "",
        status_callback=f"{base}/hooks/twilio/status/?message={message.uuid}",
    )


def template_call(message: Message) -> TemplateCall | None:
    """Return the approved text of a message with its values; None when none is approved for its channel."""
    approval = message.approval
    if approval is not None:
        return TemplateCall(
            external_id=approval.external_id,
            language=approval.language,
            values={str(name): str(value) for name, value in message.variables.items()},
            components=approval.components,
        )
    template = message.template
    if template is None or not template.content_sid:
        return None
    return TemplateCall(
        external_id=template.content_sid, language=template.language, values=template.numbered(message.variables)
    )


def outbound_media(attachment: Attachment, base: str) -> OutboundMedia:
    """Return a file as a channel takes it. Its bytes are read later, in a thread that knows no tenant."""
    return OutboundMedia(
        url=media_link(attachment, base),
        content_type=attachment.content_type,
        filename=attachment.filename or Path(attachment.file.name or "archivo").name,
        size=attachment.size,
        read=partial(Path.read_bytes, Path(attachment.file.path)),
    )


def fill_places(body: str, values: Mapping[str, Any]) -> str:
    """Return an approved text with its values in its places; a place without one stays as it is."""
    return PLACES.sub(lambda place: str(values.get(place[1]) or place[0]), body)
