"""Files: fetched once from the far side, typed by their bytes, stored under the tenant."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime, timedelta

from django.core import signing
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Min

from inbox.channels.base import ChannelError
from inbox.channels.sniff import EXTENSIONS, sniff_type
from inbox.domain.carriers import carrier_of
from inbox.domain.conversations import hint
from inbox.models import Attachment
from tenants.current import tenant_salt

BUDGET = 10.0  # seconds; then the other tenants have their turn
LEASE = timedelta(seconds=90)  # longer than a download may take
ATTEMPTS = 6
LINK_SECONDS = 24 * 60 * 60  # how long the far side may fetch a file of ours
KINDS = ("image", "audio", "video")


def drain(*, now: datetime) -> datetime | None:
    """Fetch what is due; return when the next is."""
    began = time.monotonic()
    while (attachment := claim_attachment(now=now)) is not None:
        fetch_attachment(attachment=attachment, now=now)
        if time.monotonic() - began > BUDGET:
            return now
    due: datetime | None = Attachment.objects.filter(next_try_at__isnull=False).aggregate(due=Min("next_try_at"))["due"]
    return due


@transaction.atomic
def claim_attachment(*, now: datetime, attachment_id: int | None = None) -> Attachment | None:
    """Take one attachment that is due (or this one), pushing its next try ahead of the work."""
    due = Attachment.objects.select_for_update(skip_locked=True, of=("self",)).filter(next_try_at__lte=now)
    if attachment_id is not None:
        due = due.filter(pk=attachment_id)
    attachment = due.select_related("message__channel", "message__conversation").order_by("next_try_at", "id").first()
    if attachment is not None:
        attachment.attempts += 1
        attachment.next_try_at = now + LEASE
        attachment.save(update_fields=["attempts", "next_try_at"])
    return attachment


def fetch_attachment(*, attachment: Attachment, now: datetime) -> None:
    """Download a claimed attachment and store it, or note why not. No transaction is open meanwhile."""
    try:
        fetched = carrier_of(attachment.message.channel).fetch_media(attachment.remote_url)
    except ChannelError as error:
        again = not error.permanent and attachment.attempts < ATTEMPTS
        attachment.next_try_at = now + timedelta(seconds=5 * 3**attachment.attempts) if again else None
        attachment.error = error.message[:255]
        attachment.save(update_fields=["next_try_at", "error"])
    else:
        store_bytes(attachment=attachment, data=fetched.data, content_type=fetched.content_type, now=now)
    with transaction.atomic():
        attachment.message.save(update_fields=["updated_at"])
        hint(attachment.message.conversation)


def store_bytes(*, attachment: Attachment, data: bytes, content_type: str, now: datetime) -> None:
    """Store a file's bytes and what they are."""
    family = content_type.partition("/")[0]
    attachment.kind = family if family in KINDS else Attachment.Kind.DOCUMENT
    attachment.content_type, attachment.size = content_type, len(data)
    attachment.sha256 = hashlib.sha256(data).hexdigest()
    attachment.fetched_at, attachment.next_try_at, attachment.error = now, None, ""
    attachment.file.save(EXTENSIONS.get(content_type, ".bin"), ContentFile(data), save=False)
    attachment.save()


def upload_type(data: bytes) -> str:
    """Return the type an uploaded file's bytes show. Raises ValueError for what WhatsApp does not carry."""
    kind = sniff_type(data)
    if kind not in EXTENSIONS:
        raise ValueError("not a file WhatsApp carries")
    return kind


def media_link(attachment: Attachment, base: str) -> str:
    """Return an address at which the far side can fetch a file of ours for a day."""
    token = signing.dumps(attachment.pk, salt=tenant_salt("inbox-media"))
    return f"{base}/hooks/media/{token}/"


def attachment_for_link(token: str) -> Attachment | None:
    """Return the attachment a link names, or None when it is forged, of another provider or too old."""
    try:
        pk = signing.loads(token, salt=tenant_salt("inbox-media"), max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    return Attachment.objects.filter(pk=pk).exclude(file="").first()
