"""What a picture says, as somebody above reads it: a queue of pictures, and values checked before they are kept.

Billing knows no model: whoever reads takes a picture with `claim_reading` and hands back plain texts, of which nothing
is believed that could not stand on a proof of payment. What is kept is a suggestion in a form, never a payment.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from billing.domain.ledger import receivable
from billing.domain.money import ZERO, BadAmount, check_amount, parse_amount
from billing.domain.receipt_calls import call_staff
from billing.models import ReceiptPicture, ReceiptReading
from tenants.current import current_tenant, tenant_today
from tenants.live import publish_live

State = ReceiptReading.State
LEASE = dt.timedelta(seconds=90)  # longer than a reader may take
LONGEST = {"bank": 60, "reference": 80, "payer": 120}
TIMES = 12  # a payment of more than so many times the debt is looked at twice
LOW = 0.5  # what is left of a confidence that was not believed


@dataclass(frozen=True)
class ReadingJob:
    """One picture to read: the small JPEG of its first page. `attempt` says whose turn it is."""

    receipt_id: int
    attempt: int
    picture: bytes


@dataclass(frozen=True)
class ReadValues:
    """What a reader says it saw, each as plain text, and how sure it is of each (0 to 1). Empty: not seen."""

    amount: str = ""
    paid_on: str = ""
    bank: str = ""
    reference: str = ""
    payer: str = ""
    confidence: dict[str, float] = field(default_factory=dict)
    is_proof: bool = True
    reader: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None


@transaction.atomic
def claim_reading(*, now: dt.datetime) -> ReadingJob | None:
    """Take one picture that waits for a reader, pushing its next try ahead of the work.

    What has no picture, or waits no longer, is left to a person at once.
    """
    due = (
        ReceiptReading.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=State.WAITING, next_try_at__lte=now)
        .select_related("receipt__picture")
        .order_by("next_try_at", "id")
    )
    for reading in due[:50]:
        receipt = reading.receipt
        picture: ReceiptPicture | None = getattr(receipt, "picture", None)
        if receipt.status != "waiting":
            _leave(reading, "", now)
        elif picture is None or not picture.previews or not default_storage.exists(picture.previews[0]):
            _leave(reading, picture.error if picture else "", now)
        else:
            reading.attempts += 1
            reading.next_try_at = now + LEASE
            reading.save(update_fields=["attempts", "next_try_at"])
            with default_storage.open(picture.previews[0]) as file:
                return ReadingJob(receipt.pk, reading.attempts, file.read())
    return None


def next_reading() -> dt.datetime | None:
    """When the next picture is due to be read."""
    due: dt.datetime | None = ReceiptReading.objects.filter(state=State.WAITING).aggregate(due=Min("next_try_at"))[
        "due"
    ]
    return due


def read_since(moment: dt.datetime) -> int:
    """How many pictures were read since then."""
    return ReceiptReading.objects.filter(state=State.READ, settled_at__gte=moment).count()


@transaction.atomic
def note_reading(*, receipt_id: int, attempt: int, values: ReadValues, now: dt.datetime) -> bool:
    """Keep what a reader saw, as far as it can be so. False when the claim is no longer the caller's."""
    reading = _mine(receipt_id, attempt)
    if reading is None:
        return False
    found, doubts = _believed(reading, values, now)
    reading.confidence = {name: round(sure, 3) for name, (_value, sure) in found.items()}
    for name, (value, _sure) in found.items():
        setattr(reading, name, value)
    reading.doubts = doubts
    reading.reader = values.reader[:80]
    reading.input_tokens, reading.output_tokens, reading.cost = values.input_tokens, values.output_tokens, values.cost
    if not values.is_proof:
        reading.note = _("La imagen no parece un comprobante de pago.")
    elif doubts:
        reading.note = " ".join(doubts)[:255]
    _settle(reading, State.READ, now)
    return True


@transaction.atomic
def note_unread(*, receipt_id: int, attempt: int, note: str, now: dt.datetime, again_at: dt.datetime | None) -> bool:
    """The picture was not read: try again then, or leave it to a person. False when the claim is not the caller's."""
    reading = _mine(receipt_id, attempt)
    if reading is None:
        return False
    if again_at is not None:
        reading.next_try_at, reading.note = again_at, note[:255]
        reading.save(update_fields=["next_try_at", "note"])
    else:
        _leave(reading, note, now)
    return True


def _mine(receipt_id: int, attempt: int) -> ReceiptReading | None:
    return (
        ReceiptReading.objects.select_for_update(of=("self",))
        .select_related("receipt")
        .filter(receipt=receipt_id, attempts=attempt, state=State.WAITING)
        .first()
    )


def _leave(reading: ReceiptReading, note: str, now: dt.datetime) -> None:
    reading.note = note[:255]
    _settle(reading, State.BY_HAND, now)


def _settle(reading: ReceiptReading, state: str, now: dt.datetime) -> None:
    reading.state, reading.settled_at, reading.next_try_at = state, now, None
    reading.save()
    call_staff(reading.receipt, now)
    publish_live("receipts", receipt=reading.receipt_id)


def _believed(
    reading: ReceiptReading, values: ReadValues, now: dt.datetime
) -> tuple[dict[str, tuple[Any, float]], list[str]]:
    """Each value that can be so, with how sure it is; and sentences about those that cannot."""
    found: dict[str, tuple[Any, float]] = {}
    doubts: list[str] = []
    if values.amount:
        amount = _amount(values.amount)
        if amount is None:
            doubts.append(_("El monto que se leyó no puede ser."))
        else:
            sure = _sure(values, "amount")
            if _is_far_from_debt(reading, amount):
                sure = min(sure, LOW)
                doubts.append(_("El monto es mucho mayor que lo que debe."))
            found["amount"] = (amount, sure)
    if values.paid_on:
        day = _day(values.paid_on)
        if day and tenant_today(now) - dt.timedelta(days=366) <= day <= tenant_today(now):
            found["paid_on"] = (day, _sure(values, "paid_on"))
        else:
            doubts.append(_("La fecha que se leyó no puede ser."))
    for name, longest in LONGEST.items():
        text = _plain(getattr(values, name))[:longest]
        if text and (name != "reference" or any(c.isalnum() for c in text)):
            found[name] = (text, _sure(values, name))
    return found, doubts


def _sure(values: ReadValues, name: str) -> float:
    sure = values.confidence.get(name, 0.0)
    return min(max(sure, 0.0), 1.0) if sure == sure else 0.0  # noqa: PLR0124 -- not a number


def _amount(text: str) -> Decimal | None:
    currency = current_tenant().currency
    try:
        amount = parse_amount(text.strip(" $"), currency)
        check_amount(amount, currency)
    except BadAmount:
        return None
    return amount


def _is_far_from_debt(reading: ReceiptReading, amount: Decimal) -> bool:
    customer_id = reading.receipt.customer_id
    owed = receivable(customer_id).get(current_tenant().currency, ZERO) if customer_id else ZERO
    return owed > 0 and amount > owed * TIMES


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _plain(text: str) -> str:
    """One line without anything that is not to be seen."""
    seen = "".join(" " if c in "\r\n\t" else c for c in text if c in "\r\n\t" or unicodedata.category(c)[0] != "C")
    return " ".join(seen.split())
