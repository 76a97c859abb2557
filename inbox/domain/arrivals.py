"""What a far side told us, one thing at a time: each kind of item has the one function that applies it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from inbox.channels import items
from inbox.domain.changes import (
    NotHereYet,
    apply_block,
    apply_deletion,
    apply_edit,
    apply_reaction,
    change_address,
)
from inbox.domain.introductions import introduce
from inbox.domain.outcomes import apply_status
from inbox.domain.receiving import receive_message
from inbox.domain.reports import note_channel, note_template
from inbox.models import Channel


def apply_item(*, channel: Channel, item: items.Item, now: datetime) -> str:
    """Apply one item, once however often it comes; return in words what came of it.

    Inside the caller's transaction or its own. Raises what the item's function raises: the row stays to be read again.
    """
    return APPLY[type(item)](channel, item, now)


def _receive(channel: Channel, item: items.Inbound, now: datetime) -> str:
    message = receive_message(channel=channel, inbound=item, now=now)
    return f"{message.kind} {message.conversation.display_address}"


def _status(channel: Channel, item: items.StatusReport, now: datetime) -> str:
    if not apply_status(channel=channel, report=item, now=now):
        # It may have outrun the commit of our own send, where it comes without our key.
        raise NotHereYet(item.external_id)
    return item.status


APPLY: dict[type, Callable[[Channel, Any, datetime], str]] = {
    items.Inbound: _receive,
    items.StatusReport: _status,
    items.Edited: lambda channel, item, now: apply_edit(channel=channel, item=item, now=now),
    items.Deleted: lambda channel, item, now: apply_deletion(channel=channel, item=item, now=now),
    items.Reacted: lambda channel, item, now: apply_reaction(channel=channel, item=item, now=now),
    items.AddressChanged: lambda channel, item, now: change_address(channel=channel, item=item, now=now),
    items.Blocked: lambda channel, item, now: apply_block(channel=channel, item=item, now=now),
    items.Introduced: lambda channel, item, now: introduce(channel=channel, item=item, now=now),
    items.TemplateReport: lambda channel, item, now: note_template(channel=channel, item=item, now=now),
    items.ChannelReport: lambda channel, item, now: note_channel(channel=channel, item=item, now=now),
    items.Ignored: lambda _channel, item, _now: f"ignored: {item.why}",
}
