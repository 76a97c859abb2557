"""The lane of bank statements: looks for whose each line is, then books the ticked ones.

Killed anywhere, it goes on where it was.
"""

from __future__ import annotations

import datetime as dt
import logging
from time import monotonic

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from billing.bank.known import find_alike, find_known, reference_keys
from billing.bank.matching import Directory, Facts, judge, match_line, read_directory
from billing.bank.statements import OPEN_STATES
from billing.domain.money import BadAmount
from billing.domain.payments import record_payment
from billing.domain.references import lock_reference
from billing.domain.refusals import PaymentRefused
from billing.models import BankImport, BankLine, Payment
from customers.text import fold
from events.domain import Actor, record
from tenants.current import tenant_zone
from tenants.live import publish_live

logger = logging.getLogger(__name__)

CHUNK = 200
# A drain gives the worker back after this long; what is left is done next time.
SECONDS_A_DRAIN = 60.0
Stage, State = BankImport.Stage, BankLine.State


def drain(*, now: dt.datetime) -> dt.datetime | None:
    """Match and book what waits, statement by statement. Returns `now` when it is not done yet."""
    until = monotonic() + SECONDS_A_DRAIN
    for row in BankImport.objects.filter(stage__in=[Stage.MATCHING, Stage.BOOKING]).order_by("id"):
        step = _Matching(row.pk) if row.stage == Stage.MATCHING else _Booking(row.pk)
        while step(now):
            if monotonic() > until:
                return now
    return None


class _Matching:
    """Finds whose the lines of a statement are, a chunk and a transaction at a time."""

    def __init__(self, pk: int) -> None:
        self.pk = pk
        self.directory: Directory | None = None

    def __call__(self, now: dt.datetime) -> bool:
        """Do the next chunk; False when there is none, or another worker has it."""
        with transaction.atomic():
            row = (
                BankImport.objects.select_for_update(skip_locked=True).filter(pk=self.pk, stage=Stage.MATCHING).first()
            )
            if row is None:
                return False
            lines = list(row.lines.filter(id__gt=row.cursor, state=State.NEW).order_by("id")[:CHUNK])
            for line in lines:
                self._match(line)
            if lines:
                row.cursor = lines[-1].pk
            else:
                row.stage = Stage.REVIEW
            row.save(update_fields=["cursor", "stage"])
            publish_live("work", kind="bank", id=row.pk)
        return bool(lines)

    def _match(self, line: BankLine) -> None:
        known = find_known(line)
        if known:
            line.payment, line.customer_id, line.state = known, known.customer_id, State.KNOWN
        else:
            self.directory = self.directory or read_directory(currency=line.currency)
            text = fold(f"{line.reference} {line.description} {line.payer}")
            line.candidates = match_line(Facts(text, line.payer_key, line.amount, line.day), self.directory)
            line.state = judge(line.candidates)
            if line.state == State.CERTAIN:
                _propose(line)
        line.save(update_fields=["payment", "customer", "state", "candidates", "selected"])


def _propose(line: BankLine) -> None:
    """Tick a certain line, unless its customer has a payment that may be this one."""
    customer = line.candidates[0]["customer"]
    alike = find_alike(line, customer)
    if alike:
        day = alike.received_at.astimezone(tenant_zone()).date().isoformat()
        line.candidates[0]["reasons"].append({"code": "already", "day": day, "payment": alike.pk})
        line.state = State.DOUBTFUL
    else:
        line.customer_id, line.selected = customer, True


class _Booking:
    """Books the ticked lines of a statement, each in its own transaction."""

    def __init__(self, pk: int) -> None:
        self.pk = pk

    def __call__(self, now: dt.datetime) -> bool:
        """Book the next chunk; False when nothing ticked is left."""
        row = BankImport.objects.filter(pk=self.pk, stage=Stage.BOOKING).first()
        if row is None:
            return False
        ticked = row.lines.filter(selected=True, state__in=OPEN_STATES).order_by("id")
        ids = list(ticked.values_list("id", flat=True)[:CHUNK])
        actor = Actor("user", row.confirmed_by_id, row.confirmed_by)
        for line_id in ids:
            book_line(line_id=line_id, actor=actor, now=now)
        publish_live("work", kind="bank", id=row.pk)
        if not ids:
            _finish(row.pk, actor, now)
        return bool(ids)


def _finish(pk: int, actor: Actor, now: dt.datetime) -> None:
    with transaction.atomic():
        row = BankImport.objects.select_for_update().get(pk=pk)
        if row.stage != Stage.BOOKING or row.lines.filter(selected=True, state__in=OPEN_STATES).exists():
            return
        row.stage, row.finished_at = Stage.DONE, now
        row.save(update_fields=["stage", "finished_at"])
        booked = row.lines.filter(state=State.BOOKED).count()
        record("bank.booked", subject=row, actor=actor, at=now, file=row.file_name, booked=booked)


def book_line(*, line_id: int, actor: Actor, now: dt.datetime) -> BankLine:
    """Book a ticked line, or link the payment that somebody booked meanwhile. What cannot be booked says why.

    However many workers do it at once, and whatever a cashier books of that reference, it has one effect.
    """
    line = BankLine.objects.get(pk=line_id)
    try:
        with transaction.atomic():
            # Before the line, as a cashier takes it before the customer: no ring.
            for key in sorted(reference_keys(line)):
                lock_reference(key)
            line = BankLine.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
            if not line.selected or line.state not in OPEN_STATES or line.customer_id is None:
                return line
            known = find_known(line)
            line.payment = known or _record(line, actor, now)
            line.state, line.selected = State.KNOWN if known else State.BOOKED, False
            line.customer_id, line.outcome = line.payment.customer_id, ""
            line.save(update_fields=["payment", "customer", "state", "selected", "outcome"])
    except (PaymentRefused, BadAmount) as error:
        _fail(line, str(error))
    except DatabaseError:
        logger.exception("bank line %s", line_id)
        _fail(line, _("Algo falló de nuestro lado; se puede volver a intentar."))
    return line


def _record(line: BankLine, actor: Actor, now: dt.datetime) -> Payment:
    received = dt.datetime.combine(line.day, dt.time(12), tenant_zone())
    # A line that was booked and undone is booked anew under the next key.
    undone = Payment.objects.filter(key__startswith=f"bank:{line.fingerprint}:").exclude(voided_at=None).count()
    if line.customer_id is None:
        raise PaymentRefused(_("Elija antes de quién es."))
    return record_payment(
        customer_id=line.customer_id,
        amount=line.amount,
        method=Payment.Method.TRANSFER,
        reference=line.reference,
        received_at=min(received, now),
        account_id=line.account_id,
        actor=actor,
        key=f"bank:{line.fingerprint}:{undone}",
        now=now,
        repeated=True,
    )


def _fail(line: BankLine, sentence: str) -> None:
    BankLine.objects.filter(pk=line.pk, state__in=OPEN_STATES).update(
        state=State.FAILED, selected=False, outcome=sentence[:200]
    )
