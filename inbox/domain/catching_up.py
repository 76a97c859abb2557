"""What no webhook told us: messages that came in meanwhile, which Twilio does not repeat, and what messages cost.

The sweep visits this lane of each tenant every ten minutes. What was stored already is dropped by its id.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from inbox.channels.base import ChannelError
from inbox.domain.carriers import carrier_of
from inbox.domain.pricing import ask_prices
from inbox.domain.receiving import receive_message
from inbox.models import Channel, Message
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
# A webhook may be on its way while we ask, and the far side's clock may be off; ids drop what comes twice.
OVERLAP = timedelta(minutes=15)


def drain(*, now: datetime) -> datetime | None:
    """Catch up each channel whose turn it is. The sweep comes again by itself."""
    for channel in Channel.objects.filter(is_active=True):
        ask_prices(channel=channel, now=now)
        if channel.caught_up_at is None:
            # A number just connected: what was said before is not ours to bring in.
            Channel.objects.filter(pk=channel.pk).update(caught_up_at=now)
        elif now - channel.caught_up_at >= EVERY:
            catch_up(channel=channel, now=now)
    return None


def catch_up(*, channel: Channel, now: datetime) -> int:
    """Receive what the far side has and we have not; return how many. One that is off is asked again later."""
    since = (channel.caught_up_at or now) - OVERLAP
    try:
        found = carrier_of(channel).list_inbound(recipient=channel.address, since=since)
    except (ChannelError, SealError, KeyError, ValueError) as error:
        logger.warning("channel %s cannot catch up: %s", channel.pk, type(error).__name__)
        return 0
    ids = [inbound.external_id for inbound in found]
    known = set(Message.objects.filter(channel=channel, external_id__in=ids).values_list("external_id", flat=True))
    missed = [inbound for inbound in found if inbound.external_id not in known]
    for inbound in missed:
        receive_message(channel=channel, inbound=inbound, now=now)
    if missed:
        logger.warning("channel %s had missed %s messages", channel.pk, len(missed))
    Channel.objects.filter(pk=channel.pk).update(caught_up_at=now)
    return len(missed)
