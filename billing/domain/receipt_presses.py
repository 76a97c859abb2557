"""Buttons pressed on Telegram: the lane `receipts.pressed`. Each does at most once what the page would have done."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.money import BadAmount
from billing.domain.payments import PaymentRefused
from billing.domain.receipt_calls import (
    REASONS,
    buttons_of,
    certain_amount,
    close_calls,
    describe,
    reason_buttons,
    subject_of,
)
from billing.domain.receipt_filing import ReceiptRefused
from billing.domain.receipt_matching import known_of
from billing.domain.receipts import accept_receipt, reject_receipt
from billing.models import Receipt
from events.domain import Actor
from inbox.domain.telegram import answer_press, change_posts
from inbox.models import TelegramPress

logger = logging.getLogger(__name__)

Status = Receipt.Status


def drain(*, now: dt.datetime) -> dt.datetime | None:
    """Do what was pressed, in the order it was."""
    while True:
        with transaction.atomic():
            press = (
                TelegramPress.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("by__user")
                .filter(settled_at=None, data__startswith="r:")
                .order_by("id")
                .first()
            )
            if press is None:
                return None
            # What is done and that it was done are one transaction: a worker that dies leaves neither.
            answer_press(press, text=_do(press, now), now=now)


def _do(press: TelegramPress, now: dt.datetime) -> str:
    """Do one press and return the line its presser sees."""
    # What they may do is asked now: the notice may be older than their role.
    if not press.by.user.can("receipts.review"):
        return _("Ya no tiene permiso de revisar comprobantes.")
    _letter, number, verb, value = (*press.data.split(":", 3), "", "", "")[:4]
    receipt = None
    if number.isdecimal() and len(number) < 18:
        rows = Receipt.objects.select_related("customer", "attachment", "picture", "reading")
        receipt = rows.filter(pk=number).first()
    if receipt is None:
        return _("Ese comprobante ya no está.")
    if receipt.status != Status.WAITING:
        close_calls(receipt, now)
        return _("Ya lo resolvió %(who)s.") % {"who": receipt.reviewed_by or _("otra persona")}
    try:
        with transaction.atomic():
            return _act(receipt, press, verb, value, now)
    except (ReceiptRefused, PaymentRefused, BadAmount) as error:
        return str(error)


def _act(receipt: Receipt, press: TelegramPress, verb: str, value: str, now: dt.datetime) -> str:
    actor = Actor.of_user(press.by.user)
    if verb == "a":
        return _accept(receipt, value, actor, now)
    if verb == "x" and value.isdecimal() and int(value[:3]) < len(REASONS):
        reject_receipt(receipt_id=receipt.pk, reason=str(REASONS[int(value)]), actor=actor, now=now)
        return _("Rechazado; se le avisa al cliente.")
    buttons = reason_buttons(receipt) if verb == "x" else buttons_of(receipt)
    change_posts(subject=subject_of(receipt), text=describe(receipt), buttons=buttons, only=press.by, now=now)
    return _("¿Por qué se rechaza?") if verb == "x" else ""


def _accept(receipt: Receipt, value: str, actor: Actor, now: dt.datetime) -> str:
    known = known_of(receipt)
    try:
        shown = Decimal(value)
    except InvalidOperation:
        shown = None
    if shown is None or shown != certain_amount(receipt, known):
        change_posts(subject=subject_of(receipt), text=describe(receipt), buttons=buttons_of(receipt), now=now)
        return _("Algo cambió desde este aviso: ábralo para revisarlo.")
    accept_receipt(
        receipt_id=receipt.pk,
        amount=shown,
        bank=known.bank,
        reference=known.reference,
        paid_on=known.paid_on,
        actor=actor,
        now=now,
    )
    return _("Pago registrado.")
