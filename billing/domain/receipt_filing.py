"""Comprobantes come in: by WhatsApp, by a program, by the page of a signed link. Kept once, opened safely, compared.

A file that comes with a request is opened before anything is stored, so whoever sent it hears what is wrong with it.
WhatsApp's arrives by itself: its receipt waits in the queue at once and the lane `billing.receipts` opens it.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Min
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from billing.domain.money import check_amount
from billing.models import Invoice, Receipt, ReceiptPicture, ReceiptReading
from billing.pictures.examine import BadPicture, Examined, examine_picture
from customers.text import fold
from events.domain import Actor, record
from inbox.models import Attachment, Message
from tenants.current import current_tenant, tenant_today
from tenants.live import publish_live
from tenants.wakes import wake

logger = logging.getLogger(__name__)

Status = Receipt.Status
LANE = "billing.receipts"
READ_LANE = "receipts.read"  # whoever reads pictures drains it; without a reader a person types
LEASE = dt.timedelta(seconds=60)  # longer than opening a file may take
COMING = dt.timedelta(seconds=3)  # between two looks for a file that WhatsApp still delivers
ATTEMPTS = 5
A_DAY = 20  # files of one customer by the page in 24 hours
ALIKE = 4  # bits of 64: a picture saved again, smaller or cut a little differs in 0 to 3
LOOK_BACK = dt.timedelta(days=92)
EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}


class ReceiptRefused(Exception):
    """The receipt cannot be filed or settled that way; the message is for people, nothing was written."""


class RepeatedReceipt(ReceiptRefused):
    """The same picture, or the same bank and reference, was accepted before: `first` is that one."""

    def __init__(self, message: str, first: Receipt) -> None:
        super().__init__(message)
        self.first = first


@dataclass(frozen=True)
class Claims:
    """What the sender says of the payment. Nothing of it is believed without a look at the picture."""

    amount: Decimal | None = None
    bank: str = ""
    reference: str = ""
    paid_on: dt.date | None = None

    def check(self, now: dt.datetime) -> None:
        """Raise BadAmount, or ReceiptRefused for a day that cannot be."""
        if self.amount is not None:
            check_amount(self.amount, current_tenant().currency)
        check_day(self.paid_on, now)


def check_day(day: dt.date | None, now: dt.datetime) -> None:
    """Raise ReceiptRefused for a day in the future, or more than a year ago."""
    if day and day > tenant_today(now):
        raise ReceiptRefused(_("La fecha del pago no puede estar en el futuro."))
    if day and day < tenant_today(now) - dt.timedelta(days=366):
        raise ReceiptRefused(_("La fecha del pago es de hace más de un año."))


@transaction.atomic
def file_receipt(
    *,
    message: Message | None,
    attachment: Attachment | None,
    customer_id: int | None,
    now: dt.datetime,
    actor: Actor,
) -> Receipt:
    """Put a message's picture into the review queue. The same attachment again returns the receipt it already made.

    The same bytes in another message are kept as a duplicate of the first and wait for nobody.
    """
    if attachment is not None:
        # Two workers filing one message meet here.
        Attachment.objects.select_for_update(no_key=True).get(pk=attachment.pk)
        known = Receipt.objects.filter(attachment=attachment).first()
        if known:
            return known
    first = _same_bytes(attachment.sha256 if attachment else "")
    receipt = Receipt.objects.create(
        customer_id=customer_id,
        message=message,
        attachment=attachment,
        status=Status.DUPLICATE if first else Status.WAITING,
        first=first,
        filed_by=actor.label,
        created_at=now,
    )
    if attachment is not None:
        ReceiptPicture.objects.create(receipt=receipt, created_at=now, next_try_at=now)
        wake(LANE)
    _note_filed(receipt, actor, now)
    return receipt


def file_picture(
    *,
    data: bytes,
    source: str,
    customer_id: int | None,
    actor: Actor,
    now: dt.datetime,
    key: str | None = None,
    invoice_id: int | None = None,
    claims: Claims = Claims(),
) -> Receipt:
    """File a picture or PDF that came with a request. The same `key` returns the receipt it made.

    Raises BadPicture, BadAmount, or ReceiptRefused (a key used for another file, a day that cannot be, too many in a
    day by the page). The same bytes are kept as a duplicate of the first. No transaction may be open around it.
    """
    claims.check(now)
    if source == Receipt.Source.PORTAL and _sent_today(customer_id, now) >= A_DAY:
        raise ReceiptRefused(_("Hoy ya recibimos muchos archivos suyos. Los revisamos y le avisamos."))
    seen = examine_picture(data)
    with transaction.atomic():
        if key is not None:
            wait_for(f"receipt-key:{key}")
            known = Receipt.objects.select_related("picture").filter(key=key).first()
            if known and known.picture.sha256 != seen.sha256:
                raise ReceiptRefused(_("Esa clave ya se usó para otro archivo."))
            if known:
                return known
        wait_for(f"receipt-bytes:{seen.sha256}")
        first = _same_bytes(seen.sha256)
        if invoice_id and customer_id:
            theirs = Invoice.objects.filter(pk=invoice_id, customer=customer_id)
            invoice_id = invoice_id if theirs.exists() else None
        receipt = Receipt.objects.create(
            source=source,
            key=key,
            customer_id=customer_id,
            invoice_id=invoice_id,
            status=Status.DUPLICATE if first else Status.WAITING,
            first=first,
            amount=claims.amount,
            bank=claims.bank.strip()[:60],
            reference=claims.reference.strip()[:80],
            paid_on=claims.paid_on,
            filed_by=actor.label,
            created_at=now,
        )
        picture = ReceiptPicture(receipt=receipt, created_at=now)
        picture.file.save(EXTENSIONS.get(seen.content_type, ".pdf"), ContentFile(data), save=False)
        _note_seen(picture, seen)
        _note_filed(receipt, actor, now)
        if not first:
            _ask_to_read(receipt, now)
    return receipt


def _sent_today(customer_id: int | None, now: dt.datetime) -> int:
    since = now - dt.timedelta(days=1)
    sent = Receipt.objects.filter(source=Receipt.Source.PORTAL, created_at__gte=since)
    return sent.filter(customer_id=customer_id).count() if customer_id else sent.count()


def wait_for(text: str) -> None:
    """Wait for whoever does the same in another transaction of this provider."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{current_tenant().pk}:{text}"])


def _note_filed(receipt: Receipt, actor: Actor, now: dt.datetime) -> None:
    facts = {"first": receipt.first_id} if receipt.first_id else {}
    record(
        "receipt.filed",
        subject=receipt,
        actor=actor,
        at=now,
        customer_id=receipt.customer_id,
        source=receipt.source,
        **facts,
    )
    publish_live("receipts", receipt=receipt.pk)


def _ask_to_read(receipt: Receipt, now: dt.datetime) -> None:
    ReceiptReading.objects.get_or_create(receipt=receipt, defaults={"next_try_at": now})
    wake(READ_LANE)


def _note_seen(picture: ReceiptPicture, seen: Examined) -> None:
    """Keep what a file is and its previews."""
    storage = picture.file.storage
    folder = picture.created_at.strftime("receipts/%Y/%m")
    name = f"{folder}/{picture.receipt_id}-{seen.sha256[:16]}"
    picture.previews = [
        storage.save(f"{name}-{number}.jpg", ContentFile(page)) for number, page in enumerate(seen.previews, 1)
    ]
    picture.state, picture.error, picture.next_try_at = ReceiptPicture.State.READY, "", None
    picture.content_type, picture.pages = seen.content_type, seen.pages
    picture.sha256, picture.dhash = seen.sha256, seen.dhash
    picture.save()


# --- the lane that opens what WhatsApp brought --------------------------------------------------------------


def drain(*, now: dt.datetime) -> dt.datetime | None:
    """Open every picture that waits for it; return when the next does."""
    while (picture := _claim_picture(now)) is not None:
        _open_picture(picture, now)
    waiting = ReceiptPicture.objects.filter(state=ReceiptPicture.State.WAITING)
    due: dt.datetime | None = waiting.aggregate(due=Min("next_try_at"))["due"]
    return due


@transaction.atomic
def _claim_picture(now: dt.datetime) -> ReceiptPicture | None:
    """Take one picture that is due, pushing its next try ahead of the work. One that is still coming is put off."""
    due = (
        ReceiptPicture.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=ReceiptPicture.State.WAITING, next_try_at__lte=now)
        .select_related("receipt__attachment")
        .order_by("next_try_at", "id")
    )
    for picture in due[:50]:
        attachment = picture.receipt.attachment
        if attachment and not attachment.fetched_at and not attachment.file and attachment.next_try_at:
            ReceiptPicture.objects.filter(pk=picture.pk).update(next_try_at=now + COMING)
            continue
        picture.attempts += 1
        picture.next_try_at = now + LEASE * picture.attempts
        picture.save(update_fields=["attempts", "next_try_at"])
        return picture
    return None


def _open_picture(picture: ReceiptPicture, now: dt.datetime) -> None:
    """Open one claimed picture, with no transaction open, and write down how it looks or why it cannot be shown."""
    attachment = picture.receipt.attachment
    if attachment is None or not attachment.file:
        _note_unseen(picture, _("WhatsApp no entregó el archivo."), now)
        return
    if picture.attempts > ATTEMPTS:  # whoever opened it died each time
        _note_unseen(picture, _("El archivo no se pudo abrir."), now)
        return
    try:
        with attachment.file.open("rb") as file:
            seen = examine_picture(file.read())
    except FileNotFoundError:
        logger.exception("the file of receipt %s is not in the store", picture.receipt_id)
        _note_unseen(picture, _("El archivo ya no está guardado."), now)
    except BadPicture as error:
        _note_unseen(picture, str(error), now)
    else:
        with transaction.atomic():
            _note_seen(picture, seen)
            _ask_to_read(picture.receipt, now)
            publish_live("receipts", receipt=picture.receipt_id)


def _note_unseen(picture: ReceiptPicture, error: str, now: dt.datetime) -> None:
    with transaction.atomic():
        picture.state, picture.error, picture.next_try_at = ReceiptPicture.State.REFUSED, error[:200], None
        picture.save(update_fields=["state", "error", "next_try_at"])
        _ask_to_read(picture.receipt, now)
        publish_live("receipts", receipt=picture.receipt_id)


# --- what came before ------------------------------------------------------------------------------------------


def same_picture(receipt: Receipt) -> Receipt | None:
    """The oldest other waiting or accepted receipt with the same bytes; None when there is none or no bytes yet."""
    return _same_bytes(sha_of(receipt), besides=receipt.pk)


def sha_of(receipt: Receipt) -> str:
    """The hash of a receipt's bytes; empty while they are not here."""
    picture = getattr(receipt, "picture", None)
    return (picture.sha256 if picture else "") or (receipt.attachment.sha256 if receipt.attachment else "")


def reference_key(bank: str, reference: str) -> str:
    """Bank and reference as they are compared: case, accents, blanks and dashes aside. Empty without a reference."""
    plain = "".join(c for c in fold(reference) if c.isalnum())
    return f"{fold(bank).strip()}:{plain}" if plain else ""


def file_of(receipt: Receipt) -> tuple[FieldFile | None, str]:
    """The file as it came and what its bytes say it is; None while there is none."""
    picture, attachment = getattr(receipt, "picture", None), receipt.attachment
    if picture and picture.file:
        return picture.file, picture.content_type
    if attachment and attachment.file:
        return attachment.file, attachment.content_type
    return None, ""


def _same_bytes(sha256: str, *, besides: int = 0) -> Receipt | None:
    if not sha256:
        return None
    standing = Receipt.objects.filter(status__in=[Status.WAITING, Status.ACCEPTED]).exclude(pk=besides)
    # Two reads by two indexes: one over both columns would read every receipt there is.
    found = [
        *standing.filter(attachment__sha256=sha256).order_by("id")[:1],
        *standing.filter(picture__sha256=sha256).order_by("id")[:1],
    ]
    return min(found, key=lambda receipt: receipt.pk, default=None)


def alike_pictures(receipt: Receipt, *, limit: int = 3) -> list[Receipt]:
    """Waiting or accepted receipts of the last months whose picture looks nearly the same, the most alike first.

    Two transfers by one bank look alike too: it is a reason to look at both, never to stop.
    """
    picture = getattr(receipt, "picture", None)
    if picture is None or picture.dhash is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT receipt_id FROM (
                SELECT receipt_id, bit_count((dhash # %s)::bit(64)) AS far
                FROM billing_receiptpicture
                WHERE dhash IS NOT NULL AND created_at > %s
            ) AS others
            WHERE far <= %s AND receipt_id <> %s ORDER BY far, receipt_id LIMIT %s
            """,
            [picture.dhash, picture.created_at - LOOK_BACK, ALIKE, receipt.pk, limit * 4],
        )
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    rows = (
        Receipt.objects.filter(pk__in=ids, status__in=[Status.WAITING, Status.ACCEPTED])
        .select_related("customer", "picture", "reading", "attachment")
        .exclude(picture__sha256=picture.sha256)
    )
    return sorted(rows, key=lambda row: ids.index(row.pk))[:limit]
