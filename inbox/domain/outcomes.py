"""What came of a message: accepted, refused, doubtful, delivered, read. States never go backwards."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Contact
from events.domain import Actor, record
from inbox.addresses import phone_of, phone_variants
from inbox.channels.base import ChannelError, Sent
from inbox.channels.items import Action, Price, StatusReport
from inbox.domain.conversations import hint, locked
from inbox.domain.refusals import why_kept_back
from inbox.domain.templates import approval_for
from inbox.models import Channel, Conversation, Message
from inbox.models.conversations import OptOut
from inbox.models.messages import UNSENT
from tenants.wakes import wake

LANE = "inbox.send"
ATTEMPTS = 8
LOOKS = 2  # looks at the far side that must agree before a message counts as never sent
SETTLE = timedelta(seconds=60)  # after this a request cannot still be on its way
GIVE_UP = timedelta(minutes=30)  # then a doubtful message is left to a person
SILENCE = timedelta(seconds=30)  # where the far side asks to go slower and does not say for how long

RANK = {"queued": 0, "doubtful": 1, "sending": 1, "sent": 2, "delivered": 3, "read": 4}
WHEN = {"sent": "sent_at", "delivered": "delivered_at", "read": "read_at"}


def _locked(message_id: int) -> Message:
    rows = Message.objects.select_for_update(of=("self",)).select_related("conversation", "channel", "template")
    # One that was moved to another conversation while its lock was waited for falls out of the join: asked again.
    return rows.filter(pk=message_id).first() or rows.get(pk=message_id)


def _locked_for(message_id: int, action: Action) -> Message:
    """Return a message under its lock; the conversation's comes first, as everywhere, where it is to be changed too."""
    if action is Action.OPT_OUT:
        locked(Message.objects.values_list("conversation_id", flat=True).get(pk=message_id))
    return _locked(message_id)


def keep_back(message: Message, *, now: datetime) -> bool:
    """Put an end to a claimed message that its person does not want any more; say whether it was one."""
    code, why = why_kept_back(message)
    if code:
        message.error_code, message.error_text = code, why
        _fail(message, Action.STOP, now)
        message.save()
        hint(message.conversation, tick=True)
        wake(LANE)  # the next in its line may go
    return bool(code)


@transaction.atomic
def note_sent(*, message_id: int, sent: Sent, now: datetime) -> None:
    """The far side accepted a message. Its delivery state may have come before this."""
    message = _locked(message_id)
    if message.external_id and message.external_id != sent.external_id:
        return
    _note_price(message, sent.price)
    _advance(message, sent.status, sent.external_id, now)


@transaction.atomic
def note_error(*, message_id: int, error: ChannelError, looked: bool, now: datetime) -> None:
    """A send failed, or the far side could not be asked about a doubtful one."""
    message = _locked_for(message_id, error.action)
    if message.status not in {"sending", "doubtful"}:
        return  # a delivery state told us meanwhile
    message.error_code, message.error_text = error.code[:20], error.message[:255]
    message.error_action = error.action
    if error.slow_down:
        _silence(message.channel, error, now)
    if error.doubtful and error.permanent:
        _leave_doubtful(message, now)
    elif looked or error.doubtful:
        _stay_doubtful(message, now)
    elif error.action is Action.TEMPLATE and _can_be_template(message):
        _again_as_template(message, now)
    elif error.permanent or message.attempts >= ATTEMPTS:
        _fail(message, error.action, now)
    else:
        _again_later(message, now, error.after)
    message.save()
    hint(message.conversation, tick=True)


@transaction.atomic
def note_absent(*, message_id: int, now: datetime) -> None:
    """A doubtful message is not on the far side. Said often and late enough, it was never sent."""
    message = _locked(message_id)
    if message.status != "doubtful":
        return
    message.looks += 1
    since = message.attempted_at or message.created_at
    if message.looks >= LOOKS and now - since >= SETTLE:
        if message.attempts >= ATTEMPTS:
            _fail(message, Action.STOP, now)
        else:
            message.status, message.next_try_at, message.looks = "queued", now, 0
            wake(LANE)
    else:
        message.next_try_at = max(now + timedelta(seconds=10), since + SETTLE)
        wake(LANE, message.next_try_at)
    message.save()
    hint(message.conversation, tick=True)


@transaction.atomic
def apply_status(*, channel: Channel, report: StatusReport, now: datetime) -> bool:
    """Apply a delivery state; False when it belongs to no message of ours. Repeating it changes nothing."""
    found = Message.objects.filter(channel=channel, direction="out")
    row = found.filter(uuid=report.key).first() if report.key else None
    row = row or found.filter(external_id=report.external_id).first()
    if row is None:
        return False
    message = _locked_for(row.pk, report.action)
    stale = message.external_id not in {"", report.external_id}
    if stale or report.external_id in message.past_external_ids:
        return True
    _note_price(message, report.price)
    if report.status != "failed":
        held_the_line = message.status in UNSENT
        _advance(message, report.status, report.external_id, now)
        if held_the_line and message.status not in UNSENT:
            wake(LANE)  # its sender may have died; the next in line may go
    elif RANK.get(message.status, 9) <= RANK["sent"]:
        _bounce(message, report, now)
    elif report.price is not None:
        message.save()
    return True


def _note_price(message: Message, price: Price | None) -> None:
    """Keep what the far side says a message costs; a later word without an amount takes none away."""
    if price is None:
        return
    if price.amount is not None:
        message.price, message.price_currency = price.amount, price.currency[:3]
    message.price_billable = price.billable if price.billable is not None else message.price_billable
    message.price_category = price.category[:40] or message.price_category


def _silence(channel: Channel, error: ChannelError, now: datetime) -> None:
    """The far side asked the whole number to go slower."""
    until = now + (error.after or SILENCE)
    Channel.objects.filter(pk=channel.pk).exclude(silent_until__gt=until).update(silent_until=until)


def _advance(message: Message, status: str, external_id: str, now: datetime) -> None:
    before = message.status
    message.external_id = external_id
    if status in WHEN:
        for name, field in WHEN.items():
            if RANK[name] <= RANK[status] and getattr(message, field) is None:
                setattr(message, field, now)
    if before != "failed" and RANK[status] > RANK[before]:
        message.status = status
        message.next_try_at = None if RANK[status] >= RANK["sent"] else message.next_try_at
        message.error_code, message.error_text, message.error_action = "", "", ""
    try:
        with transaction.atomic():
            message.save()
    except IntegrityError:
        return  # the id belongs to another message: a look-up took it first
    if message.status != before:
        _tell_timeline(message, before, now)
        hint(message.conversation, tick=True)


def _bounce(message: Message, report: StatusReport, now: datetime) -> None:
    """The far side had accepted it and could not deliver."""
    message.external_id = report.external_id
    message.error_code, message.error_text = report.error_code[:20], report.error_text[:255]
    message.error_action = report.action
    if report.action is Action.TEMPLATE and _can_be_template(message):
        _forget_external(message)
        _again_as_template(message, now)
    elif report.action is Action.RETRY and message.attempts < ATTEMPTS:
        _forget_external(message)
        _again_later(message, now)
    else:
        _fail(message, report.action, now)
    message.save()
    hint(message.conversation, tick=True)


def _forget_external(message: Message) -> None:
    message.past_external_ids = [*message.past_external_ids, message.external_id]
    message.external_id = ""


def _can_be_template(message: Message) -> bool:
    if message.as_template or message.template is None:
        return False
    return approval_for(message.template, message.channel) is not None


def _again_as_template(message: Message, now: datetime) -> None:
    message.as_template, message.status, message.next_try_at = True, "queued", now
    wake(LANE)


def _again_later(message: Message, now: datetime, after: timedelta | None = None) -> None:
    seconds = min(2.0 ** (message.attempts + 1), 900) * random.uniform(0.8, 1.2)  # noqa: S311 -- jitter, no secret
    seconds = max(seconds, after.total_seconds() if after else 0)
    message.status, message.next_try_at = "queued", now + timedelta(seconds=seconds)
    wake(LANE, message.next_try_at)


def _stay_doubtful(message: Message, now: datetime) -> None:
    since = message.attempted_at or message.created_at
    first = message.status != "doubtful"
    message.status = "doubtful"
    if now - since >= GIVE_UP:
        _leave_doubtful(message, now)
        return
    message.next_try_at = now + timedelta(seconds=5 if first else 30)
    wake(LANE, message.next_try_at)


def _leave_doubtful(message: Message, now: datetime) -> None:
    """Nobody can be asked whether it arrived: only a delivery state or a person settles it now."""
    message.status, message.next_try_at = "doubtful", None
    message.error_text = _("No se sabe si llegó: la respuesta se perdió. Revise antes de reenviar.")
    record("message.doubtful", subject=message, customer_id=message.conversation.customer_id, actor=_us(), at=now)
    wake(LANE)  # the next in its line may go


def _fail(message: Message, action: Action, now: datetime) -> None:
    message.status, message.next_try_at = "failed", None
    customer_id = message.conversation.customer_id
    phone = phone_of(message.conversation.address)
    message.error_action = action
    if action is Action.OPT_OUT:
        rows = Conversation.objects.filter(pk=message.conversation_id, opted_out_at=None)
        rows.update(opted_out_at=now, opted_out_by=OptOut.REFUSED)
    if action is Action.OPT_OUT and customer_id and phone:
        contacts = Contact.objects.filter(customer_id=customer_id, value__in=phone_variants(phone), opted_out=False)
        if contacts.update(opted_out=True):
            record("contact.opted_out", subject=message, customer_id=customer_id, actor=_us(), at=now, phone=phone)
    if message.template is not None:
        facts = {"template": message.template.name, "reason": message.error_text, "code": message.error_code}
        record("notice.failed", subject=message, customer_id=customer_id, actor=_us(), at=now, **facts)


def _tell_timeline(message: Message, before: str, now: datetime) -> None:
    """Notices tell the customer's timeline when they leave and when they are read; chat lines do not."""
    if message.template is None:
        return
    facts = {"template": message.template.name, "key": message.template.key, "text": message.body[:200]}
    customer_id = message.conversation.customer_id
    if RANK[message.status] >= RANK["sent"] > RANK[before]:
        record("notice.sent", subject=message, customer_id=customer_id, actor=message.author, at=now, **facts)
    if message.status == "read":
        record("notice.read", subject=message, customer_id=customer_id, actor=_us(), at=now, **facts)


def _us() -> Actor:
    return Actor.system(_("Bandeja"))
