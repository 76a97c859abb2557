"""Fetching a file that came with a message at Twilio."""

from __future__ import annotations

import base64

from inbox.channels.base import FetchedMedia
from inbox.channels.downloads import download, origin
from inbox.channels.sniff import sniff_type

SIZE_LIMIT = 16 * 1024 * 1024  # bytes; WhatsApp's ceiling for media


def fetch(url: str, *, api_base: str, credentials: tuple[str, str]) -> FetchedMedia:
    """Download ``url``. The credentials go to the API's own host and nowhere else.

    Raises ChannelError: permanent for a foreign address, a missing file or one over the limit.
    """
    basic = base64.b64encode(":".join(credentials).encode()).decode()
    data = download(
        url,
        trusted=lambda where: origin(where) == origin(api_base),
        headers={"Authorization": f"Basic {basic}"},
        limit=SIZE_LIMIT,
    )
    return FetchedMedia(data, sniff_type(data))
