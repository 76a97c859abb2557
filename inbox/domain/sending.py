"""Messages leave: a row waits in line, a drainer takes the head of each conversation and hands it to its channel.

A row is claimed with SKIP LOCKED and its next try is pushed forward before anything is sent; no transaction is open
while the far side is talked to. When the answer is lost the message is doubtful: it is looked up on the far side,
and sent again only when it is certainly not there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from events.domain import Actor
from inbox.channels.base import Carrier, ChannelError, Choice, Choices, Outbound, Sent
from inbox.domain.carriers import carrier_of
from inbox.domain.conversations import add_line, clean_text, locked
from inbox.domain.media import KINDS, store_bytes, upload_type
from inbox.domain.outbound import fill_places, outbound_of
from inbox.domain.outcomes import LOOKS, keep_back, note_absent, note_error, note_sent
from inbox.domain.pacing import Pace
from inbox.domain.previews import preview_words
from inbox.domain.reserved import Reserved
from inbox.domain.states import note_answer
from inbox.kinds import ContentKind, Place
from inbox.models import Approval, Attachment, Channel, Conversation, Message, Template
from inbox.models.messages import PENDING
from tenants.batches import in_part, tried_whole
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
ADOPT = 300  # ids of a conversation that are certainly other messages


class TooLong(ValueError):
    """The text is longer than a message may be."""


class NothingToSend(ValueError):
    """Neither text nor file nor template."""


@dataclass(frozen=True)
class Upload:
    """A file to send with a message."""

    data: bytes
    filename: str = ""
    is_voice: bool = False


@dataclass(frozen=True)
class Job:
    """One claimed message as plain data, for a thread that knows no database."""

    message_id: int
    outbound: Outbound
    carrier: Carrier
    look: bool
    attempted_at: datetime
    known: frozenset[str]


@in_part
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
    files: Collection[Upload] = (),
    approval: Approval | None = None,
    choices: Choices | None = None,
    place: Place | None = None,
    reply_to: Message | None = None,
    channel: Channel | None = None,
    reserved: Reserved | None = None,
) -> Message:
    """Put a message in line; with a `key` that was used, return that message and change nothing.

    It leaves by `channel`, which by default is where the person wrote last.

    With `template` the words are the template's. It goes out as the approved template when `as_template`, which by
    default is: when the 24 hour window is closed. With `approval` it is that approved text, `variables` by place.
    With `reserved` that is what is sent, and `body` what the inbox shows to whoever may not read it.
    A person's message pauses the bot and ends the waiting.
    Raises NothingToSend, TooLong, ValueError for a file the channel does not carry.
    """
    conversation = locked(conversation.pk)
    # A batch that is tried whole learns it from the constraint, and is then done again one by one.
    if key is not None and not tried_whole() and (known := Message.objects.filter(key=key).first()):
        return known
    text = _words(body, template, approval, variables or {})
    if not (text or files or place):
        raise NothingToSend
    channel = channel or conversation.channel
    if len(reserved.text if reserved else text) > channel.can.body_limit:
        raise TooLong
    if as_template is None:
        as_template = template is not None and not conversation.window_is_open(now, channel)
    if author.kind in {"user", "api"}:
        note_answer(conversation, now)
    elif author.kind == "bot":
        conversation.unread = 0  # answered; what it leaves to a person, hand_over marks again
    message = add_line(
        conversation=conversation,
        author=author,
        now=now,
        channel_id=channel.pk,
        direction=Message.Direction.OUT,
        body=text,
        **_shape(choices, place, approval, files),
        **(reserved.as_fields() if reserved else {}),
        reply_to=reply_to,
        template=template,
        approval=approval,
        variables=variables or {},
        as_template=as_template or approval is not None,
        status=Message.Status.QUEUED,
        key=key,
        next_try_at=now,
    )
    for upload in files:
        kind = upload_type(upload.data)
        row = Attachment(message=message, filename=clean_text(upload.filename)[:160], is_voice=upload.is_voice)
        store_bytes(attachment=row, data=upload.data, content_type=kind, now=now)
    wake(LANE)
    return message


def _words(body: str, template: Template | None, approval: Approval | None, values: Mapping[str, Any]) -> str:
    if approval is not None:
        return fill_places(approval.body, values)
    return template.render(values) if template else clean_text(body)


def _shape(
    choices: Choices | None, place: Place | None, approval: Approval | None, files: Collection[Upload]
) -> dict[str, Any]:
    """Return the kind and content of a line of ours. Raises ValueError for a file the channel does not carry."""
    if place is not None:
        return {"kind": ContentKind.LOCATION, "content": asdict(place)}
    if choices is not None:
        return {"kind": ContentKind.CHOICES, "content": choices.as_content()}
    if approval is not None:
        return {"kind": ContentKind.TEMPLATE}
    if not files:
        return {}
    first = next(iter(files))
    family = upload_type(first.data).partition("/")[0]
    kind = family if family in KINDS else ContentKind.DOCUMENT
    return {"kind": kind} | ({"preview": preview_words(kind=kind, voice=True)} if first.is_voice else {})


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
        message.as_template = not message.conversation.window_is_open(now, message.channel)
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
    running: dict[Future[Sent | str | None], Job] = {}
    carriers: dict[int, Carrier] = {}
    pace = Pace()
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="inbox-send") as pool:
        while True:
            spent = timedelta(seconds=time.monotonic() - began)
            if spent < BUDGET:
                for job in claim_jobs(now=now + spent, limit=PARALLEL - len(running), carriers=carriers, pace=pace):
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


def claim_jobs(*, now: datetime, limit: int, carriers: dict[int, Carrier], pace: Pace) -> list[Job]:
    """Take up to `limit` messages that are due and push their next try ahead of the work.

    A channel whose far side asked for silence is left alone; one that has sent all it may in this second waits.
    What its person does not want any more is ended here, and the next of its line taken.
    """
    with transaction.atomic():
        rows = list(
            Message.objects.due(now)
            .exclude(channel__silent_until__gt=now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("conversation", "channel", "template", "approval", "reply_to")[:limit]
        )
        # A row that is «sending» past its lease was left by a worker that died: it may have been sent.
        wanted = [row for row in rows if row.status != Message.Status.QUEUED or not keep_back(row, now=now)]
        jobs = [job for row in wanted if (job := _claim(row, carriers, pace, now))]
    if len(wanted) < len(rows) and not jobs:
        return claim_jobs(now=now, limit=limit, carriers=carriers, pace=pace)
    return jobs


def _claim(message: Message, carriers: dict[int, Carrier], pace: Pace, now: datetime) -> Job | None:
    """Push a locked message's next try ahead and return its work; None when it cannot be done now."""
    look = message.status != Message.Status.QUEUED
    message.next_try_at = now + LEASE
    if pace.spent(message.channel):
        message.next_try_at = now + pace.rest(message.channel)
        message.save(update_fields=["next_try_at"])
        return None
    if not look:
        message.status, message.attempted_at = Message.Status.SENDING, now
        message.attempts += 1
    elif message.status == Message.Status.SENDING:
        message.status = Message.Status.DOUBTFUL
    job = None
    try:
        job = _job(message, look=look, carriers=carriers)
    except (SealError, KeyError, ValueError) as error:
        logger.warning("channel %s cannot be opened: %s", message.channel_id, type(error).__name__)
        message.next_try_at = now + CLOSED_CHANNEL
        message.status = Message.Status.DOUBTFUL if look else Message.Status.QUEUED
    message.save()
    return job


def _job(message: Message, *, look: bool, carriers: dict[int, Carrier]) -> Job:
    channel = message.channel
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


def carry(job: Job) -> Sent | str | None:
    """Do the outside work of a job, in a thread without a database. Raises ChannelError."""
    if job.look:
        return job.carrier.find_sent(job.outbound, since=job.attempted_at, known=job.known)
    return job.carrier.send(job.outbound)


def settle(job: Job, future: Future[Sent | str | None], *, now: datetime) -> None:
    """Write down what came of a job."""
    try:
        result = future.result()
    except ChannelError as error:
        note_error(message_id=job.message_id, error=error, looked=job.look, now=now)
        return
    except Exception:
        # The wire code met something it does not know. What was sent is unknown: look it up, do not repeat it.
        logger.exception("message %s met an unexpected error", job.message_id)
        unknown = ChannelError("", permanent=False, doubtful=True, code="unexpected")
        note_error(message_id=job.message_id, error=unknown, looked=job.look, now=now)
        return
    if result:
        sent = result if isinstance(result, Sent) else Sent(external_id=result)
        note_sent(message_id=job.message_id, sent=sent, now=now)
    else:
        note_absent(message_id=job.message_id, now=now)


__all__ = [
    "LOOKS",
    "Choice",
    "Choices",
    "NothingToSend",
    "TooLong",
    "Upload",
    "drain",
    "queue_message",
    "resend_message",
]
