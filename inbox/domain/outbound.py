"""A stored message as its channel sends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from inbox.channels.base import Choices, Outbound, OutboundMedia, TemplateCall
from inbox.domain.carriers import public_base
from inbox.domain.media import media_link
from inbox.domain.templates import approval_for
from inbox.kinds import ContentKind, Place
from inbox.models import Address, Attachment, Conversation, Message

PLACES = re.compile(r"\{\{\s*(\w+)\s*\}\}")
BUTTON = "button_"


def outbound_of(message: Message) -> Outbound:
    """Return a message as its channel sends it. What a kind has no form for becomes words."""
    channel, base = message.channel, public_base(message.channel)
    choices = Choices.of_content(message.content) if message.kind == ContentKind.CHOICES else None
    body = message.reserved or message.body
    if choices is not None and not channel.can.buttons:
        body, choices = "\n".join([body, *(f"{n}. {o.title}" for n, o in enumerate(choices.options, 1))]), None
    template = template_call(message, base) if message.as_template else None
    return Outbound(
        key=str(message.uuid),
        sender=channel.address,
        recipient=recipient_of(message),
        body=body,
        template=template,
        # With an approved text the file is its header.
        media=() if template else tuple(outbound_media(a, base) for a in message.attachments.all()),
        choices=choices,
        place=Place(**message.content) if message.kind == ContentKind.LOCATION else None,
        reply_to=message.reply_to.external_id if message.reply_to and channel.can.replies else "",
        status_callback=f"{base}/hooks/twilio/status/?message={message.uuid}",
    )


def recipient_of(message: Message) -> str:
    """Return where on its own channel a message goes: the person may be writing to us on another one by now."""
    conversation: Conversation = message.conversation
    if message.channel_id == conversation.channel_id:
        return conversation.address
    known = Address.objects.filter(conversation=conversation, channel=message.channel_id).order_by("-id").first()
    return known.value if known else conversation.address


def template_call(message: Message, base: str = "") -> TemplateCall | None:
    """Return the approved text of a message with its values; None when none is approved for its channel.

    A message of its own approval keeps its values by place, those of buttons as `button_1`…; its file is the header.
    """
    approval, notice = message.approval, message.template
    if approval is not None:
        places = {str(name): str(value) for name, value in message.variables.items()}
        buttons = sorted(
            (name for name in places if name.startswith(BUTTON)), key=lambda name: int(name[len(BUTTON) :])
        )
        header = next(iter(message.attachments.all()), None)
        return TemplateCall(
            external_id=approval.external_id,
            language=approval.language,
            values={name: value for name, value in places.items() if not name.startswith(BUTTON)},
            components=approval.components,
            header=outbound_media(header, base) if header is not None else None,
            button_values=[places[name] for name in buttons],
        )
    carried = approval_for(notice, message.channel) if notice is not None else None
    if carried is None or notice is None:
        return None
    return TemplateCall(
        external_id=carried.external_id,
        language=carried.language,
        values=notice.numbered(message.variables),
        components=carried.components,
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
