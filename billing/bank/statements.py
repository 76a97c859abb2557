"""A statement from upload to confirmation: kept, read by its bank's format, matched, looked at by a person."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from billing.bank.mapping import BankMapping, guess_mapping, read_lines
from billing.bank.reading import Table, UnreadableStatement, read_table
from billing.models import BankFormat, BankImport, BankLine, LedgerAccount, Payment
from customers.models import Customer
from customers.text import fold
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today
from tenants.sealing import SealError, open_text, seal_text
from tenants.wakes import wake

LANE = "bank"
Stage, State = BankImport.Stage, BankLine.State
OPEN_STATES = (State.CERTAIN, State.DOUBTFUL, State.UNKNOWN)
PROBLEMS_KEPT = 200
BATCH = 1000


class StatementRefused(Exception):
    """It cannot be done now; the message is for people, nothing was written."""


@dataclass(frozen=True, slots=True)
class FormatChoice:
    """How a person says a bank's files read."""

    bank: str
    account_id: int
    columns: Mapping[str, str]
    day_format: str
    decimals: str

    @property
    def mapping(self) -> BankMapping:
        """As the reader takes it."""
        return BankMapping(self.columns, self.day_format, self.decimals)


def receive_statement(*, name: str, content: bytes, actor: Actor, now: dt.datetime) -> BankImport:
    """Keep a file, sealed, until its lines are read.

    Raises UnreadableStatement, or StatementRefused for the same file again.
    """
    table = read_table(name, content)
    digest = hashlib.sha256(content).hexdigest()
    first = BankImport.objects.filter(sha256=digest).exclude(stage=Stage.DISCARDED).order_by("id").first()
    if first:
        raise StatementRefused(
            _("Ese archivo ya se trajo: «%(name)s», por %(who)s.") % {"name": first.file_name, "who": first.actor_label}
        )
    with transaction.atomic():
        row = BankImport(
            file_name=name[:200], sha256=digest, actor_id=actor.id, actor_label=actor.label, created_at=now
        )
        row.format = BankFormat.objects.filter(signature=table.signature).order_by("-updated_at").first()
        packed = base64.b85encode(zlib.compress(content, 6)).decode()
        row.content.save(f"bank/{row.uuid}.sealed", ContentFile(seal_text(packed, _bound_to(row))), save=False)
        row.save()
        record("bank.read", subject=row, actor=actor, at=now, file=row.file_name)
    return row


def open_table(row: BankImport) -> Table:
    """The file again. Raises StatementRefused when it is gone or cannot be opened."""
    try:
        with row.content.open("rb") as stored:
            content = zlib.decompress(base64.b85decode(open_text(stored.read(), _bound_to(row))))
    except (OSError, ValueError, SealError) as error:
        raise StatementRefused(_("El archivo ya no está. Tráigalo otra vez.")) from error
    return read_table(row.file_name, content)


def _bound_to(row: BankImport) -> bytes:
    return f"{current_tenant().uuid}|billing.bankimport.content|{row.uuid}".encode()


def proposed_mapping(row: BankImport, table: Table) -> BankMapping:
    """How the file most likely reads: as its bank's last one did, or by its titles."""
    known = row.format
    if known and not (found := BankMapping(known.columns, known.day_format, known.decimals)).problems(table.titles):
        return found
    return guess_mapping(table)


def read_statement(*, import_id: int, choice: FormatChoice, now: dt.datetime) -> BankImport:
    """Write the file's lines once and start looking for whose they are; remembers the format for the bank's next file.

    A line an earlier file had is left out. Raises StatementRefused with what is wrong with the mapping.
    """
    account = LedgerAccount.objects.filter(
        pk=choice.account_id, kind=LedgerAccount.Kind.BANK, currency=current_tenant().currency, is_active=True
    ).first()
    if account is None:
        raise StatementRefused(_("Elija a qué cuenta de banco corresponde."))
    if not choice.bank.strip():
        raise StatementRefused(_("Escriba el nombre del banco."))
    table = open_table(BankImport.objects.get(pk=import_id))
    if wrong := choice.mapping.problems(table.titles):
        raise StatementRefused(" ".join(wrong))
    found = read_lines(table, choice.mapping, currency=account.currency, today=tenant_today(now))
    if not found.lines:
        raise StatementRefused(
            _("Con esas columnas no hay ningún depósito: %(debits)s salidas y %(wrong)s renglones que no se entienden.")
            % {"debits": found.debits, "wrong": len(found.problems)}
        )
    with transaction.atomic():
        row = BankImport.objects.select_for_update().get(pk=import_id)
        if row.stage != Stage.READ:
            raise StatementRefused(_("Este archivo ya se leyó."))
        row.format = _remember(choice, account, table, now)
        before = BankLine.objects.filter(brought=row).count()
        BankLine.objects.bulk_create(
            [
                BankLine(
                    brought=row,
                    account=account,
                    row=line.row,
                    day=line.day,
                    amount=line.amount,
                    currency=account.currency,
                    reference=line.reference,
                    description=line.description,
                    payer=line.payer,
                    payer_key=fold(line.payer)[:120],
                    occurrence=line.occurrence,
                    fingerprint=line.fingerprint(account.pk),
                )
                for line in found.lines
            ],
            ignore_conflicts=True,
            batch_size=BATCH,
        )
        new = BankLine.objects.filter(brought=row).count() - before
        row.stage, row.cursor, row.debits, row.repeated = Stage.MATCHING, 0, found.debits, len(found.lines) - new
        row.problems, row.problem_count = list(found.problems[:PROBLEMS_KEPT]), len(found.problems)
        row.save()
        transaction.on_commit(lambda: row.content.delete(save=True))
        wake(LANE)
    return row


def _remember(choice: FormatChoice, account: LedgerAccount, table: Table, now: dt.datetime) -> BankFormat:
    values = {
        "account": account,
        "columns": dict(choice.columns),
        "day_format": choice.day_format,
        "decimals": choice.decimals,
        "signature": table.signature,
        "updated_at": now,
    }
    return BankFormat.objects.update_or_create(name=choice.bank.strip()[:60], defaults=values)[0]


def _line(line_id: int) -> BankLine:
    """The line, locked, of a statement that waits for a person. Raises StatementRefused."""
    line = BankLine.objects.select_for_update(no_key=True, of=("self",)).select_related("brought").get(pk=line_id)
    if line.brought.stage not in {Stage.REVIEW, Stage.DONE}:
        raise StatementRefused(_("El estado de cuenta se está trabajando: espere a que termine."))
    return line


@transaction.atomic
def choose_customer(*, line_id: int, customer_id: int) -> BankLine:
    """Say whose a line is; it is then ticked."""
    line = _open(line_id)
    if not Customer.objects.filter(pk=customer_id).exists():
        raise StatementRefused(_("No se encontró al cliente."))
    line.customer_id, line.selected = customer_id, True
    line.state = State.DOUBTFUL if line.state == State.UNKNOWN else line.state
    line.save(update_fields=["customer", "selected", "state"])
    return line


@transaction.atomic
def tick_line(*, line_id: int, selected: bool) -> BankLine:
    """Take a line in or out of what will be booked. Raises StatementRefused for one without a customer."""
    line = _open(line_id)
    if selected and line.customer_id is None:
        raise StatementRefused(_("Elija antes de quién es."))
    line.selected = selected
    line.save(update_fields=["selected"])
    return line


@transaction.atomic
def set_line_aside(*, line_id: int, aside: bool) -> BankLine:
    """Say that a deposit is no customer's, or that it may be one after all."""
    line = _line(line_id)
    if line.state not in {*OPEN_STATES, State.IGNORED, State.FAILED}:
        raise StatementRefused(_("Esa línea ya está registrada."))
    line.state, line.selected = (State.IGNORED if aside else State.DOUBTFUL), False
    line.save(update_fields=["state", "selected"])
    return line


@transaction.atomic
def link_line(*, line_id: int, payment_id: int) -> BankLine:
    """Say that a payment that was booked already is this deposit; nothing is booked."""
    line = _open(line_id)
    payment = Payment.objects.select_for_update(no_key=True).filter(pk=payment_id, voided_at=None).first()
    if payment is None or payment.amount != line.amount or BankLine.objects.filter(payment=payment).exists():
        raise StatementRefused(_("Ese pago no es de esta línea, o ya es de otra."))
    line.payment, line.customer_id, line.state, line.selected = payment, payment.customer_id, State.KNOWN, False
    line.save(update_fields=["payment", "customer", "state", "selected"])
    return line


@transaction.atomic
def reopen_line(*, line_id: int) -> BankLine:
    """A line whose payment was undone may be booked again, to somebody else."""
    line = _line(line_id)
    if line.payment is None or line.payment.voided_at is None:
        raise StatementRefused(_("Anule primero el pago de esa línea."))
    line.payment, line.state, line.selected, line.customer = None, State.DOUBTFUL, False, None
    line.save(update_fields=["payment", "state", "selected", "customer"])
    return line


def _open(line_id: int) -> BankLine:
    line = _line(line_id)
    if line.state not in OPEN_STATES:
        raise StatementRefused(_("Esa línea ya está registrada o apartada."))
    return line


@transaction.atomic
def confirm_statement(*, import_id: int, expected: int, actor: Actor) -> BankImport:
    """Book every ticked line, in the background. Raises StatementRefused when their number is not the one shown."""
    row = BankImport.objects.select_for_update().get(pk=import_id)
    if row.stage not in {Stage.REVIEW, Stage.DONE}:
        raise StatementRefused(_("Este estado de cuenta ya se está registrando."))
    ticked = BankLine.objects.filter(brought=row, selected=True, state__in=OPEN_STATES).count()
    if not ticked:
        raise StatementRefused(_("No hay ninguna línea marcada."))
    if ticked != expected:
        raise StatementRefused(_("Ahora hay %(n)s marcadas: revise y confirme otra vez.") % {"n": ticked})
    row.stage, row.confirmed_by_id, row.confirmed_by = Stage.BOOKING, actor.id, actor.label
    row.save(update_fields=["stage", "confirmed_by_id", "confirmed_by"])
    wake(LANE)
    return row


@transaction.atomic
def discard_statement(*, import_id: int) -> BankImport:
    """Give up a file that booked nothing: its lines may come again with another."""
    row = BankImport.objects.select_for_update().get(pk=import_id)
    if row.stage not in {Stage.READ, Stage.REVIEW}:
        raise StatementRefused(_("Ya no se puede descartar."))
    if row.lines.filter(state__in=[State.BOOKED, State.KNOWN]).exists():
        # What is known stays known; only what nobody claimed goes.
        row.lines.filter(payment=None).delete()
    else:
        row.lines.all().delete()
    row.stage = Stage.DISCARDED
    row.save(update_fields=["stage"])
    if row.content:
        transaction.on_commit(lambda: row.content.delete(save=True))
    return row


def counts_of(row: BankImport) -> dict[str, int]:
    """How many lines are in each state, `total`, `ticked` that would be booked, and how far the work is.

    `done` of `goal`: lines looked at while it is matched, lines booked afterwards.
    """
    found = dict(row.lines.order_by().values_list("state").annotate(n=Count("id")))
    ticked = row.lines.filter(Q(selected=True), state__in=OPEN_STATES).count()
    total, booked = sum(found.values()), found.get(State.BOOKED, 0)
    matching = row.stage == Stage.MATCHING
    return {
        **{str(state): found.get(state, 0) for state in State},
        "total": total,
        "ticked": ticked,
        "done": total - found.get(State.NEW, 0) if matching else booked,
        "goal": total if matching else booked + ticked,
    }


__all__ = [
    "LANE", "OPEN_STATES", "FormatChoice", "StatementRefused", "UnreadableStatement", "choose_customer",
    "confirm_statement", "counts_of", "discard_statement", "link_line", "open_table", "proposed_mapping",
    "read_statement", "receive_statement", "reopen_line", "set_line_aside", "tick_line",
]  # fmt: skip
