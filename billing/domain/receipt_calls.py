"""Whoever is on call is told of a comprobante on Telegram, with what can be done about it from there."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.domain.ledger import receivable
from billing.domain.money import ZERO
from billing.domain.receipt_filing import alike_pictures, same_picture
from billing.domain.receipt_matching import SURE, Known, compare, known_of
from billing.models import Invoice, Receipt
from inbox.domain.telegram import Button, called_now, change_posts, has_posts, post_to
from tenants.current import current_tenant, tenant_origin
from tenants.formats import format_money

REASONS = (
    later("La foto no se lee bien"),
    later("El monto no coincide"),
    later("El pago fue a otra cuenta"),
    later("No es un comprobante de pago"),
    later("Ese comprobante ya lo habíamos recibido"),
)


def call_staff(receipt: Receipt, now: dt.datetime) -> int:
    """Tell those on call of a receipt that waits, once each; return how many. In the caller's transaction."""
    places = called_now(code="receipts.review", now=now)
    if not places or receipt.status != Receipt.Status.WAITING:
        return 0
    picture = getattr(receipt, "picture", None)
    text, buttons = describe(receipt), buttons_of(receipt)
    for place in places:
        post_to(
            place=place,
            key=f"receipt:{receipt.pk}:{place.pk}",
            subject=subject_of(receipt),
            text=text,
            picture=picture.previews[0] if picture and picture.previews else "",
            buttons=buttons,
            now=now,
        )
    return len(places)


def close_calls(receipt: Receipt, now: dt.datetime) -> None:
    """Say in every notice of a receipt who settled it and how; its buttons go."""
    if not has_posts(subject_of(receipt)):
        return
    said = {"who": receipt.reviewed_by, "amount": format_money(receipt.amount or ZERO, current_tenant().currency)}
    if receipt.status == Receipt.Status.ACCEPTED:
        outcome = _("Aceptado por %(who)s: %(amount)s.") % said
    else:
        outcome = _("Rechazado por %(who)s. %(reason)s") % {**said, "reason": receipt.reason}
    change_posts(subject=subject_of(receipt), text=f"{describe(receipt)}\n\n{outcome}", now=now)


def subject_of(receipt: Receipt) -> str:
    """The name under which a receipt's notices change together."""
    return f"receipt:{receipt.pk}"


def describe(receipt: Receipt) -> str:
    """What stands under the picture: who, how much, where from, what they owe, and what to beware of."""
    known, currency = known_of(receipt), current_tenant().currency
    lines = [receipt.customer.name if receipt.customer else _("No se sabe de qué cliente es")]
    if known.amount:
        doubt = "" if known.mark("amount") in {"", "sure"} else _(" (leído, dudoso)")
        lines.append(_("Dice: %(amount)s") % {"amount": format_money(known.amount, currency)} + doubt)
    if known.reference:
        lines.append(_("Referencia: %(bank)s %(reference)s") % {"bank": known.bank, "reference": known.reference})
    if receipt.customer_id:
        owed = receivable(receipt.customer_id).get(currency, ZERO)
        lines.append(_("Debe: %(amount)s") % {"amount": format_money(owed, currency)})
    picture = getattr(receipt, "picture", None)
    if picture and picture.error:
        lines.append(picture.error)
    return "\n".join(lines)


def certain_amount(receipt: Receipt, known: Known) -> Decimal | None:
    """The amount that may be booked without opening the page: nobody needs to look twice at it.

    Read and sure, or just what the customer owes (in all, or on one invoice). None for an unknown customer, and for
    a picture that repeats another or looks like one.
    """
    if known.amount is None or receipt.customer_id is None or same_picture(receipt):
        return None
    if any(not one.differs for one in compare(known, alike_pictures(receipt))):
        return None
    reading = getattr(receipt, "reading", None)
    sure = known.confidence.get("amount")
    if sure is not None and sure >= SURE and not (reading and reading.doubts):
        return known.amount
    currency = current_tenant().currency
    owing = Invoice.objects.unpaid().filter(customer=receipt.customer_id, currency=currency)
    left = [invoice.total - invoice.paid for invoice in owing]
    return known.amount if left and known.amount in {*left, sum(left, ZERO)} else None


def buttons_of(receipt: Receipt) -> list[list[Button]]:
    """What can be done about a receipt: booked only where its amount is certain, else the page is opened."""
    amount = certain_amount(receipt, known_of(receipt))
    address = f"{tenant_origin()}{reverse('billing:receipts')}?r={receipt.pk}"
    rows = [[Button(_("Abrir para revisar"), url=address)]]
    if amount is not None:
        words = _("Aceptar %(amount)s") % {"amount": format_money(amount, current_tenant().currency)}
        rows.insert(0, [Button(words, data=f"r:{receipt.pk}:a:{amount.normalize():f}")])
    return [*rows, [Button(_("Rechazar…"), data=f"r:{receipt.pk}:x")]]


def reason_buttons(receipt: Receipt) -> list[list[Button]]:
    """The reasons a receipt can be rejected with from there, and the way back."""
    rows = [[Button(str(reason), data=f"r:{receipt.pk}:x:{number}")] for number, reason in enumerate(REASONS)]
    return [*rows, [Button(_("Volver"), data=f"r:{receipt.pk}:b")]]
