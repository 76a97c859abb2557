"""From a DocumentRef to its Sheet: the one way by which pages, PDFs and messages find a document."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Model

from billing.documents.facts import read_account, read_credit_note, read_invoice, read_payment
from billing.documents.issuer import read_issuer
from billing.documents.links import DocumentRef, link_to
from billing.documents.sheet import Sheet
from billing.documents.sheets import credit_note_sheet, invoice_sheet, payment_sheet, statement_sheet
from billing.domain.document_settings import current_document_settings
from billing.models import CreditNote, Invoice, Payment
from customers.models import Customer
from tenants.current import current_tenant

MODELS: dict[str, type[Model]] = {"invoice": Invoice, "payment": Payment, "credit_note": CreditNote}


class NoDocument(LookupError):
    """There is no such invoice, payment or customer here."""


def customer_of(ref: DocumentRef) -> Customer:
    """Return whose document it is. Raises NoDocument."""
    if ref.kind == "statement":
        return _one(Customer, ref)
    customer: Customer = _one(MODELS[ref.kind], ref, "customer").customer
    return customer


def make_sheet(ref: DocumentRef, *, today: dt.date, link: str = "") -> Sheet:
    """Read a document as it stands today. Without `link` it carries a fresh one. Raises NoDocument."""
    texts = current_document_settings()
    issuer = read_issuer(texts)
    link = link or link_to(ref, last_day=today + dt.timedelta(days=texts.link_days))
    match ref.kind:
        case "invoice":
            invoice = read_invoice(_one(Invoice, ref, "customer"), today=today)
            return invoice_sheet(invoice, issuer, texts, link=link)
        case "payment":
            return payment_sheet(read_payment(_one(Payment, ref, "customer")), issuer, texts, link=link)
        case "credit_note":
            note = read_credit_note(_one(CreditNote, ref, "customer", "invoice"))
            return credit_note_sheet(note, issuer, texts, link=link)
        case _:
            until, currency = ref.until or today, current_tenant().currency
            account = read_account(_one(Customer, ref), currency=currency, since=ref.since, until=until)
            return statement_sheet(account, issuer, texts, link=link)


def fresh_link(ref: DocumentRef, *, today: dt.date) -> str:
    """Return a new address of the document, good for as many days as the provider says."""
    return link_to(ref, last_day=last_day_of_links(today))


def last_day_of_links(today: dt.date) -> dt.date:
    """The last day on which a link made today opens."""
    return today + dt.timedelta(days=current_document_settings().link_days)


def _one(model: type[Model], ref: DocumentRef, *related: str) -> Any:
    row = model._default_manager.select_related(*related).filter(pk=ref.id).first()  # noqa: SLF001 -- documented API
    if row is None:
        raise NoDocument(ref)
    return row
