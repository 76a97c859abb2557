"""Sending many invoices at once: first who would get theirs and who not and why, then each on its own."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.documents.links import DocumentRef
from billing.documents.sending import DocumentRefused, plan_sending, send_document
from billing.models import Invoice
from events.domain import Actor

# Each is set as a PDF while the person waits: so many take some seconds.
MOST = 50


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """Which invoices would go, how many of them as a link only, and which stay for which reason."""

    going: list[Invoice]
    as_link: int
    staying: dict[str, list[Invoice]]


def plan_invoices(ids: Sequence[int], *, now: dt.datetime) -> BulkPlan:
    """Say what sending would do. Writes nothing. Raises DocumentRefused for none, or for more than MOST."""
    going, as_link, staying = [], 0, defaultdict[str, list[Invoice]](list)
    for invoice in _chosen(ids):
        try:
            as_link += _plan(invoice, now)
        except DocumentRefused as error:
            staying[str(error)].append(invoice)
        else:
            going.append(invoice)
    return BulkPlan(going, as_link, dict(staying))


def send_invoices(ids: Sequence[int], *, key: str, actor: Actor, now: dt.datetime) -> tuple[int, int]:
    """Put each in line once per `key`; return how many are on their way and how many stayed.

    One that cannot go stops none of the others. Raises DocumentRefused for none, or for more than MOST.
    """
    sent = stayed = 0
    for invoice in _chosen(ids):
        try:
            _plan(invoice, now)
            send_document(ref=DocumentRef("invoice", invoice.pk), key=f"{key}:{invoice.pk}", actor=actor, now=now)
        except DocumentRefused:
            stayed += 1
        else:
            sent += 1
    return sent, stayed


def _plan(invoice: Invoice, now: dt.datetime) -> bool:
    """Whether it goes as a link only. Raises DocumentRefused."""
    if invoice.status == Invoice.Status.VOID:
        raise DocumentRefused(_("Está anulada."))
    return plan_sending(DocumentRef("invoice", invoice.pk), now=now).as_link


def _chosen(ids: Sequence[int]) -> list[Invoice]:
    if len(ids) > MOST:
        raise DocumentRefused(_("Elija hasta %(most)s facturas para enviarlas de una vez.") % {"most": MOST})
    found = list(Invoice.objects.filter(pk__in=ids).select_related("customer").order_by("customer__name_key", "id"))
    if not found:
        raise DocumentRefused(_("Elija al menos una factura."))
    return found
