"""What messages cost, asked of the far sides that tell no price with a delivery state.

A channel is asked a few times a day for all that was sent since shortly before the last look, so that each message is
met again when its price has been reckoned. One call brings a thousand of them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.utils.dateparse import parse_datetime

from inbox.channels.base import ChannelError, PricesLater
from inbox.channels.items import Price
from inbox.domain.carriers import carrier_of
from inbox.models import Channel, Message
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=6)
BACK = timedelta(hours=18)  # how long a price may take to be reckoned
LAST = "priced_at"  # in the channel's configuration: when it was asked last
CHUNK = 500  # messages a transaction


def ask_prices(*, channel: Channel, now: datetime) -> int:
    """Ask for prices where it is time to; return how many were new. One that cannot be asked is asked again later."""
    last = parse_datetime(str(channel.config.get(LAST) or ""))
    if not channel.can.prices_later or (last is not None and now - last < EVERY):
        return 0
    try:
        carrier = cast("PricesLater", carrier_of(channel))
        found = carrier.list_prices(sender=channel.address, since=(last or now - EVERY) - BACK)
    except (ChannelError, SealError, KeyError, ValueError) as error:
        logger.warning("channel %s does not tell its prices: %s", channel.pk, type(error).__name__)
        return 0
    ids = sorted(found)
    new = sum(_keep(channel, ids[at : at + CHUNK], found) for at in range(0, len(ids), CHUNK))
    with transaction.atomic():
        held = Channel.objects.select_for_update().get(pk=channel.pk)
        held.config = {**held.config, LAST: now.isoformat()}
        held.save(update_fields=["config"])
    return new


@transaction.atomic
def _keep(channel: Channel, ids: list[str], found: Mapping[str, Price]) -> int:
    unknown = Message.objects.filter(channel=channel, external_id__in=ids, direction="out", price=None)
    rows = list(unknown.select_for_update().order_by("id"))
    for row in rows:
        price = found[row.external_id]
        row.price, row.price_currency = price.amount, price.currency[:3]
    Message.objects.bulk_update(rows, ["price", "price_currency"])
    return len(rows)
