"""The chat on a provider's page: who a visitor is, what they may read, and what they say.

A visitor is a random name in a token that is signed with the provider's salt and the channel's own secret. Every line
of theirs begins its id with that name, and nothing else is ever read with it: not even what a conversation holds
that was merged into theirs.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

import redis
from django.core import signing
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext

from customers.phones import parse_phones
from inbox.addresses import VISITOR
from inbox.channels.base import Choices, Envelope
from inbox.channels.items import StatusReport
from inbox.channels.sniff import sniff_type
from inbox.channels.web_chat.carrier import UPLOAD
from inbox.domain.arrivals import apply_item
from inbox.domain.conversations import clean_text
from inbox.domain.notifications import store
from inbox.domain.presence import CUSTOMER, note_presence
from inbox.domain.uploads import bytes_in, keep_upload, place_of, web_folder
from inbox.models import Address, Attachment, Channel, Conversation, Message
from tenants.current import current_tenant, tenant_salt
from tenants.live import make_live_token
from tenants.redis import redis_client

logger = logging.getLogger(__name__)

KIND = "web_chat"
KNOWN_FOR = timedelta(days=60)  # a visitor who stays away longer begins anew
RENEWED_AFTER = timedelta(days=1)
FILE_LINK = timedelta(hours=12)
BODY_LIMIT = 4000  # characters
FILE_LIMIT = 10 * 1024 * 1024  # bytes
DAY_LIMIT = 40 * 1024 * 1024  # bytes of one visitor within a day
CHAT_BYTES = (2 * 1024**3, 24 * 3600)  # bytes of all its visitors in how many seconds
FILE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"})
PAGE = 50
OVERLAP = timedelta(seconds=10)  # a line may be committed a little after the moment it carries
OWN_ID = re.compile(r"[A-Za-z0-9-]{8,60}")
MESSAGES, CALLS, NEWCOMERS = (20, 60), (240, 60), (40, 3600)  # how many in how many seconds


class Refused(ValueError):
    """What a visitor asked cannot be; `code` is for their page, which has the words."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Visitor:
    """Who writes from a browser. `since`: when their token was made."""

    id: str
    since: datetime

    @property
    def address(self) -> str:
        """Return the channel address."""
        return VISITOR + self.id


def find_chat(hook: str) -> Channel | None:
    """Return the chat an address names, when it is on."""
    return Channel.objects.filter(hook=hook, kind=KIND, is_active=True).first()


def _salt(channel: Channel) -> str:
    own = hashlib.sha256(channel.reveal("hook_secret").encode()).hexdigest()[:24]
    return f"{tenant_salt('web-chat')}:{channel.uuid}:{own}"


def new_token(channel: Channel, visitor_id: str = "") -> str:
    """Return a token for a visitor; for a new one without an id."""
    return signing.dumps({"v": visitor_id or secrets.token_urlsafe(16)}, salt=_salt(channel))


def read_token(channel: Channel, token: str) -> Visitor:
    """Return whom a token names. Raises Refused for one that is forged, another provider's or chat's, or too old."""
    try:
        found = signing.loads(token, salt=_salt(channel), max_age=KNOWN_FOR)
        made = signing.b62_decode(token.rsplit(":", 2)[1])
    except (signing.BadSignature, ValueError, IndexError):
        raise Refused("token", 401) from None
    return Visitor(str(found["v"]), datetime.fromtimestamp(made, tz=timezone.get_current_timezone()))


def open_session(*, channel: Channel, token: str, source: str, now: datetime) -> dict[str, Any]:
    """Recognise a visitor, or greet a new one; return their token, renewed when it is old, and one for the stream.

    Raises Refused when too many new ones come from one address.
    """
    try:
        visitor = read_token(channel, token)
    except Refused:
        check_rate(f"new:{source}", NEWCOMERS)
        token = new_token(channel)
        visitor = read_token(channel, token)
    if now - visitor.since > RENEWED_AFTER:
        token = new_token(channel, visitor.id)
    return {
        "token": token,
        "topic": visitor.address,
        "live": make_live_token(user_id=0, topics=[visitor.address]),
    }


def check_rate(what: str, limit: tuple[int, int], amount: int = 1, *, code: str = "slow") -> None:
    """Count `amount` more; without Redis nobody is counted. Raises Refused: "slow" may be tried again soon."""
    most, seconds = limit
    key = f"chat:{current_tenant().uuid}:{what}"
    try:
        count = redis_client().incrby(key, amount)
        if count == amount:
            redis_client().expire(key, seconds)
    except redis.RedisError as error:
        logger.warning("visitors are not counted: %s", type(error).__name__)
        return
    if int(str(count)) > most:
        raise Refused(code, 429 if code == "slow" else 413)


def conversation_of(channel: Channel, visitor: Visitor) -> Conversation | None:
    """Return the conversation a visitor's address leads to."""
    row = (
        Address.objects.filter(channel=channel, value=visitor.address).select_related("conversation__customer").first()
    )
    return row.conversation if row else None


def take_message(*, channel: Channel, visitor: Visitor, said: dict[str, Any], upload: Any, now: datetime) -> None:
    """Keep what a visitor says as a notification; the same id again changes nothing. Raises Refused."""
    own_id, body = str(said.get("id", "")), clean_text(str(said.get("body", "")))
    if not OWN_ID.fullmatch(own_id):
        raise Refused("id")
    if len(body) > BODY_LIMIT:
        raise Refused("long")
    check_rate(f"visitor:{visitor.id}", MESSAGES)
    conversation = conversation_of(channel, visitor)
    if conversation is not None and conversation.blocked_at is not None:
        raise Refused("closed", 403)
    payload: dict[str, Any] = {"visitor": visitor.id, "id": own_id, "body": body, **_person(said)}
    if said.get("choice"):
        payload["choice"] = _choice(channel, visitor, said["choice"])
    elif upload is not None:
        payload["file"] = _keep_upload(channel, visitor, own_id, upload)
    elif not body:
        raise Refused("empty")
    envelope = Envelope(
        account=channel.account, number=channel.address, provider_id=f"{visitor.id}:{own_id}", payload=payload
    )
    store(tenant=current_tenant(), channel_id=channel.pk, envelopes=[envelope], now=now)
    if conversation is not None:
        _tell(conversation, "gone")  # what they typed is on its way


def _person(said: dict[str, Any]) -> dict[str, str]:
    """Return what a visitor says of themselves. Nobody checked it: it links them to no customer."""
    name = " ".join(clean_text(str(said.get("name", ""))).split())[:60]
    email = clean_text(str(said.get("email", "")))[:50]
    email = email if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+", email) else ""
    phones = parse_phones(str(said.get("phone", ""))[:40], current_tenant().country)
    return {"name": " · ".join(filter(None, (name, email))), "phone": phones[0] if phones else ""}


def _choice(channel: Channel, visitor: Visitor, said: Any) -> dict[str, str]:
    """Return the option that was taken, in our own words for it. Raises Refused for one that was never offered."""
    if not isinstance(said, dict):
        raise Refused("choice")
    offered = _lines(channel, visitor).filter(direction="out", uuid=_uuid(said.get("of"))).first()
    choices = Choices.of_content(offered.content) if offered else None
    option = next((o for o in choices.options if o.id == str(said.get("id"))), None) if choices else None
    if offered is None or option is None:
        raise Refused("choice")
    return {"id": option.id, "title": option.title, "of": offered.external_id}


def _uuid(text: Any) -> str | None:
    return text if isinstance(text, str) and re.fullmatch(r"[0-9a-f-]{36}", text) else None


def _keep_upload(channel: Channel, visitor: Visitor, own_id: str, upload: Any) -> dict[str, str]:
    """Store a visitor's file until its message is read. Raises Refused."""
    if (upload.size or 0) > FILE_LIMIT:
        raise Refused("large", 413)
    data = upload.read()
    kind = sniff_type(data)
    if kind not in FILE_TYPES:
        raise Refused("type", 415)
    folder = web_folder(visitor.id)
    place = place_of(folder, own_id, kind)
    if not default_storage.exists(place):
        if bytes_in(folder) + len(data) > DAY_LIMIT:
            raise Refused("full", 413)
        check_rate(f"bytes:{channel.pk}", CHAT_BYTES, len(data), code="full")
        place = keep_upload(place=place, data=data)
    return {"url": UPLOAD + place, "type": kind, "name": PurePath(upload.name or "").name[:120]}


def _lines(channel: Channel, visitor: Visitor) -> Any:
    """Return a visitor's own lines: what they wrote, and what was sent to them."""
    conversation = conversation_of(channel, visitor)
    if conversation is None:
        return Message.objects.none()
    rows = Message.objects.filter(conversation=conversation, channel=channel, external_id__startswith=f"{visitor.id}:")
    return rows.exclude(direction="note")


def read_lines(
    *, channel: Channel, visitor: Visitor, since: datetime | None, before: int | None, now: datetime
) -> dict[str, Any]:
    """Return a visitor's lines that changed `since`, or a page of them: the last, or those above `before`."""
    rows = _lines(channel, visitor)
    if since is not None:
        found = list(rows.filter(updated_at__gt=since - OVERLAP).order_by("seq").prefetch_related("attachments")[:200])
    else:
        rows = rows.filter(seq__lt=before) if before else rows
        found = list(reversed(rows.order_by("-seq").prefetch_related("attachments")[:PAGE]))
    return {
        "lines": [_line(channel, visitor, row) for row in found],
        "stamp": now.isoformat(),
        "more": since is None and len(found) == PAGE,
    }


def _line(channel: Channel, visitor: Visitor, row: Message) -> dict[str, Any]:
    mine = row.direction == "in"
    gone = row.deleted_at is not None
    choices = Choices.of_content(row.content) if row.kind == "choices" else None
    return {
        "id": row.external_id.partition(":")[2] if mine else str(row.uuid),
        "seq": row.seq,
        "mine": mine,
        "text": "" if gone else row.body,
        "at": row.created_at.isoformat(),
        "state": row.status,
        "gone": gone,
        "files": [] if gone else [_file(channel, visitor, file) for file in row.attachments.all()],
        "choices": [{"id": o.id, "title": o.title} for o in choices.options] if choices else [],
    }


def _file(channel: Channel, visitor: Visitor, file: Attachment) -> dict[str, Any]:
    link = signing.dumps({"a": file.pk, "v": visitor.id}, salt=_salt(channel) + ":file") if file.file else ""
    return {"link": link, "type": file.content_type or file.claimed_type, "name": file.filename, "size": file.size}


def file_of(*, channel: Channel, link: str) -> Attachment | None:
    """Return the file a link names, when it is still good and the file belongs to that visitor's lines."""
    try:
        found = signing.loads(link, salt=_salt(channel) + ":file", max_age=FILE_LINK)
    except signing.BadSignature:
        return None
    rows = Attachment.objects.filter(message__channel=channel, message__external_id__startswith=f"{found['v']}:")
    return rows.filter(pk=found["a"], message__deleted_at=None).exclude(file="").first()


def note_state(*, channel: Channel, visitor: Visitor, seq: int, status: str, now: datetime) -> None:
    """Note that lines up to `seq` reached the visitor's page, or were seen there."""
    if status not in {"delivered", "read"}:
        raise Refused("state")
    behind = ["sent", "delivered"] if status == "read" else ["sent"]
    rows = _lines(channel, visitor).filter(direction="out", seq__lte=seq, status__in=behind).order_by("seq")[:200]
    for row in rows:
        report = StatusReport(external_id=row.external_id, status=status, key=str(row.uuid))
        apply_item(channel=channel, item=report, now=now)


def note_typing(*, channel: Channel, visitor: Visitor) -> None:
    """Tell the agents that a visitor types. It is said and forgotten."""
    conversation = conversation_of(channel, visitor)
    if conversation is not None and conversation.blocked_at is None:
        _tell(conversation, "typing")


def _tell(conversation: Conversation, state: str) -> None:
    name = conversation.customer.name if conversation.customer else conversation.contact_name
    note_presence(conversation_id=conversation.pk, who=CUSTOMER, name=name or gettext("El cliente"), state=state)
