"""What WhatsApp by the Cloud API can do (Meta's documentation of messages and limits, read in 2026)."""

from datetime import timedelta

from inbox.channels.base import Capabilities

CLOUD = Capabilities(
    window=timedelta(hours=24),
    templates=True,
    body_limit=4096,
    caption_limit=1024,
    buttons=3,
    rows=10,
    files_at_once=1,
    location=True,
    replies=True,
    reactions=True,
    read_receipts=True,
    per_second=80,
)
