"""Messages leave: a row waits in line, a drainer takes the head of each conversation and hands it to its channel.

A row is claimed with SKIP LOCKED and its next try is pushed forward before anything is sent; no transaction is open
while the far side is talked to. When the answer is lost the message is doubtful: it is looked up on the far side,
and sent again only when it is certainly not there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from events.domain import Actor
from inbox.channels.base import Carrier, ChannelError, Outbound
from inbox.domain.carriers import carrier_of, public_base
from inbox.domain.conversations import add_line, clean_text, locked
from inbox.domain.media import media_link, store_bytes, upload_type
from inbox.domain.outcomes import LOOKS, note_absent, note_error, note_sent
from inbox.models import Attachment, Conversation, Message, Template
from inbox.models.messages import PENDING
from tenants.current import current_tenant
from tenants.sealing import SealError
from tenants.wakes import wake

logger = logging.getLogger(__name__)

LANE = "inbox.send"
LEASE = timedelta(seconds=60)  # longer than a call to the far side may take
CLOSED_CHANNEL = timedelta(minutes=5)  # before a channel whose secret cannot be read is tried again
BUDGET = timedelta(seconds=10)  # then the other tenants have their turn
BUSY = timedelta(seconds=1)
SENDING = 0x53454E44  # "SEND": the family of advisory locks, one a tenant
PARALLEL = 8  # calls at once for one tenant
BODY_LIMIT = 1600  # characters; Twilio's limit for one message
ADOPT = 300  # ids of a conversation that are certainly other messages


class TooLong(ValueError):
    """The text is longer than a message may be."""


class NothingToSend(ValueError):
    """Neither text nor file nor template."""


@dataclass(frozen=True)
class Job:
    """One claimed message as plain data, for a thread that knows no database."""

    message_id: int
    outbound: Outbound
    carrier: Carrier
    look: bool
    attempted_at: datetime
    known: frozenset[str]


@transaction.atomic
def queue_message(
    *,
    conversation: Conversation,
    author: Actor,
    now: datetime,
    body: str = "",
    template: Template | None = None,
    variables: dict[str, Any] | None = None,
    as_template: bool | None = None,
    key: str | None = None,
    files: Collection[bytes] = (),
) -> Message:
    """Put a message in line; with a `key` that was used, return that message and change nothing.

    With `template` the words are the template's. It goes out as the approved template when `as_template`, which by
    default is: when the 24 hour window is closed. A person's message pauses the bot and ends the waiting.
    Raises NothingToSend, TooLong, ValueError for a file WhatsApp does not carry.
    """
    conversation = locked(conversation.pk)
    if key is not None and (known := Message.objects.filter(key=key).first()):
        return known
    text = template.render(variables or {}) if template else clean_text(body)
    if not text and not files:
        raise NothingToSend
    if len(text) > BODY_LIMIT:
        raise TooLong
    if as_template is None:
        as_template = template is not None and not conversation.window_is_open(now)
    if author.kind in {"user", "api"}:
        conversation.status, conversation.bot_active = Conversation.Status.OPEN, False
        conversation.waiting_since, conversation.unread = None, 0
    elif author.kind == "bot":
        conversation.unread = 0  # answered; what it leaves to a person, hand_over marks again
    message = add_line(
        conversation=conversation,
        author=author,
        now=now,
        direction=Message.Direction.OUT,
        body=text,
        template=template,
        variables=variables or {},
        as_template=as_template,
        status=Message.Status.QUEUED,
        key=key,
        next_try_at=now,
    )
    for data in files:
        kind = upload_type(data)
        store_bytes(attachment=Attachment(message=message), data=data, content_type=kind, now=now)
    wake(LANE)
    return message


@transaction.atomic
def resend_message(*, message_id: int, now: datetime) -> Message:
    """Send again what failed or may not have arrived; a person decided so. Other messages stay as they are."""
    message = Message.objects.select_for_update(of=("self",)).get(pk=message_id)
    if message.status not in {"failed", "doubtful"}:
        return message
    if message.external_id:
        message.past_external_ids = [*message.past_external_ids, message.external_id]
    message.external_id, message.error_code, message.error_text = "", "", ""
    message.status, message.next_try_at = Message.Status.QUEUED, now
    message.attempts, message.looks = 0, 0
    if message.template is not None:
        message.as_template = not message.conversation.window_is_open(now)
    message.save()
    wake(LANE)
    return message


def drain(*, now: datetime) -> datetime | None:
    """Send everything due, a few at a time; return when the lane next has work.

    One drain a tenant, and never for long: a provider whose far side is slow holds one worker thread and not all.
    """
    with _alone() as alone:
        if not alone:
            return now + BUSY
        left = _send_for_a_while(now)
    if left:
        return now
    due: datetime | None = Message.objects.filter(status__in=PENDING).aggregate(due=Min("next_try_at"))["due"]
    return max(due, now + timedelta(seconds=1)) if due else None


def _send_for_a_while(now: datetime) -> bool:
    """Send until nothing is due or the time is up; say whether something may be left."""
    began = time.monotonic()
    running: dict[Future[str | None], Job] = {}
    carriers: dict[int, Carrier] = {}
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="inbox-send") as pool:
        while True:
            spent = timedelta(seconds=time.monotonic() - began)
            if spent < BUDGET:
                for job in claim_jobs(now=now + spent, limit=PARALLEL - len(running), carriers=carriers):
                    running[pool.submit(carry, job)] = job
            if not running:
                return spent >= BUDGET
            # Short, so that a message written meanwhile does not wait for a slow one of somebody else's.
            done, _ = wait(running, timeout=0.3, return_when=FIRST_COMPLETED)
            for future in done:
                settle(running.pop(future), future, now=now + timedelta(seconds=time.monotonic() - began))


@contextmanager
def _alone() -> Iterator[bool]:
    """Hold this tenant's right to send, or find that another worker has it. A lost connection gives it back."""
    place = [SENDING, current_tenant().pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", place)
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", place)


def claim_jobs(*, now: datetime, limit: int, carriers: dict[int, Carrier]) -> list[Job]:
    """Take up to `limit` messages that are due and push their next try ahead of the work."""
    with transaction.atomic():
        rows = list(
            Message.objects.due(now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("conversation__channel", "template")[:limit]
        )
        jobs = []
        for message in rows:
            # A row that is «sending» past its lease was left by a worker that died: it may have been sent.
            look = message.status != Message.Status.QUEUED
            message.next_try_at = now + LEASE
            if not look:
                message.status, message.attempted_at = Message.Status.SENDING, now
                message.attempts += 1
            elif message.status == Message.Status.SENDING:
                message.status = Message.Status.DOUBTFUL
            try:
                jobs.append(_job(message, look=look, carriers=carriers))
            except (SealError, KeyError, ValueError) as error:
                logger.warning("channel %s cannot be opened: %s", message.channel_id, type(error).__name__)
                message.next_try_at = now + CLOSED_CHANNEL
                message.status = Message.Status.DOUBTFUL if look else Message.Status.QUEUED
            message.save()
    return jobs


def _job(message: Message, *, look: bool, carriers: dict[int, Carrier]) -> Job:
    channel = message.conversation.channel
    carrier = carriers.get(channel.pk) or carriers.setdefault(channel.pk, carrier_of(channel))
    known = message.conversation.messages.exclude(external_id="").order_by("-seq").values_list("external_id", flat=True)
    return Job(
        message_id=message.pk,
        outbound=outbound_of(message),
        carrier=carrier,
        look=look,
        attempted_at=message.attempted_at or message.created_at,
        known=frozenset(known[:ADOPT]) | frozenset(message.past_external_ids) if look else frozenset(),
    )


def outbound_of(message: Message) -> Outbound:
    """Return a message as its channel sends it."""
    conversation, template = message.conversation, message.template
    base = public_base(conversation.channel)
    approved = message.as_template and template is not None
    return Outbound(
        key=str(message.uuid),
        sender=conversation.channel.address,
        recipient=conversation.address,
        body=message.body,
        content_sid=template.content_sid if template and approved else "",
        content_variables=template.numbered(message.variables) if template and approved else {},
        media_urls=tuple(media_link(a, base) for a in message.attachments.all()),
        status_callback=f"{base}/hooks/twilio/status/?message={message.uuid}",
    )


def carry(job: Job) -> str | None:
    """Do the outside work of a job, in a thread without a database. Raises ChannelError."""
    if job.look:
        return job.carrier.find_sent(job.outbound, since=job.attempted_at, known=job.known)
    return job.carrier.send(job.outbound)


def settle(job: Job, future: Future[str | None], *, now: datetime) -> None:
    """Write down what came of a job."""
    try:
        external_id = future.result()
    except ChannelError as error:
        note_error(message_id=job.message_id, error=error, looked=job.look, now=now)
        return
    except Exception:
        # The wire code met something it does not know. What was sent is unknown: look it up, do not repeat it.
        logger.exception("message %s met an unexpected error", job.message_id)
        unknown = ChannelError("", permanent=False, doubtful=True, code="unexpected")
        note_error(message_id=job.message_id, error=unknown, looked=job.look, now=now)
        return
    if external_id:
        note_sent(message_id=job.message_id, external_id=external_id, now=now)
    else:
        note_absent(message_id=job.message_id, now=now)


__all__ = ["LOOKS", "NothingToSend", "TooLong", "drain", "queue_message", "resend_message"]
