"""What WhatsApp by Twilio can do (https://www.twilio.com/docs/whatsapp, read in 2026)."""

from datetime import timedelta

from inbox.channels.base import Capabilities

TWILIO = Capabilities(
    window=timedelta(hours=24),
    templates=True,
    body_limit=1600,
    caption_limit=1600,
    files_at_once=1,
    looks_up=True,
    catches_up=True,
    per_second=80,
)
