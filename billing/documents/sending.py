"""Documents leave through the inbox: as a file while the person talks to us, else as a link in an approved template."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from billing.documents.build import build_pdf
from billing.documents.links import DocumentRef
from billing.documents.sheet import Sheet
from billing.documents.shelf import NoDocument, customer_of, make_sheet
from customers.models import Customer
from events.domain import Actor, record
from inbox.addresses import phone_of
from inbox.domain.conversations import locked
from inbox.domain.notices import conversation_for, find_template, reach_of
from inbox.domain.sending import Upload, queue_message
from inbox.domain.templates import approval_for
from inbox.models import Channel, Message, Template
from tenants.current import current_tenant, tenant_salt, tenant_today
from tenants.formats import format_phone

TEMPLATE = "document_link"
SUBJECTS = {"invoice": "billing.invoice", "payment": "billing.payment", "credit_note": "billing.creditnote"}


class DocumentRefused(Exception):
    """The document cannot be sent; the message says why, to the person who tried, and nothing was written."""


@dataclass(frozen=True, slots=True)
class SendingPlan:
    """What sending would do: to whom, by which number, and as a file or as a link in an approved template."""

    customer: Customer
    address: str
    as_link: bool

    @property
    def first_name(self) -> str:
        """What to call them."""
        return (self.customer.name.split() or [self.customer.code])[0]


def plan_sending(ref: DocumentRef, *, now: dt.datetime) -> SendingPlan:
    """Say where a document would go. Writes nothing. Raises NoDocument, or DocumentRefused when it cannot go."""
    customer = customer_of(ref)
    reach = reach_of(customer)
    if reach.reason or not reach.address:
        raise DocumentRefused(_why_not(reach.reason))
    open_now = reach.conversation is not None and reach.conversation.window_is_open(now, reach.channel)
    if not open_now and _approved(reach.channel) is None:
        raise DocumentRefused(_why_not("window_closed"))
    phone = phone_of(reach.address)
    shown = format_phone(phone, current_tenant().country) if phone else reach.address.partition(":")[2]
    return SendingPlan(customer, shown, as_link=not open_now)


@transaction.atomic
def send_document(*, ref: DocumentRef, key: str, actor: Actor, now: dt.datetime) -> Message:
    """Put a document in line for its customer, once per `key`: the same key again returns the first message.

    Raises NoDocument, or DocumentRefused when it cannot go; nothing is written then.
    """
    key = sending_key(key)
    if (known := Message.objects.filter(key=key).first()) is not None:
        return known
    plan = plan_sending(ref, now=now)
    sheet = make_sheet(ref, today=tenant_today(now))
    reach = conversation_for(plan.customer, now)
    if reach.conversation is None or reach.channel is None or reach.reason:
        raise DocumentRefused(_why_not(reach.reason))
    conversation, channel = locked(reach.conversation.pk), reach.channel
    # Whoever sent the same request first held this lock until it was written.
    if (known := Message.objects.filter(key=key).first()) is not None:
        return known
    # As the product's own: a document is no answer, so it neither quiets the bot nor ends somebody's waiting.
    author = Actor.system(actor.label)
    line = partial(queue_message, conversation=conversation, channel=channel, author=author, key=key, now=now)
    if conversation.window_is_open(now, channel):
        message = line(body=_words(plan, sheet), files=[Upload(build_pdf(sheet))])
    elif (template := _approved(channel)) is not None:
        said = {"name": plan.first_name, "document": document_name(sheet), "link": sheet.link}
        message = line(template=template, as_template=True, variables=said)
    else:
        raise DocumentRefused(_why_not("window_closed"))
    record(
        "document.sent",
        subject=(SUBJECTS[ref.kind], ref.id) if ref.kind in SUBJECTS else plan.customer,
        customer_id=plan.customer.pk,
        actor=actor,
        at=now,
        kind=ref.kind,
        document=document_name(sheet),
        to=plan.address,
        as_link=message.as_template,
        message=message.pk,
    )
    return message


def sending_key(key: str) -> str:
    """The caller's key as a message keeps it: of fixed length, and another one at another provider."""
    return "document:" + hashlib.sha256(f"{tenant_salt('document-sent')}:{key}".encode()).hexdigest()


def document_name(sheet: Sheet) -> str:
    """«la factura A-1042», as it stands inside a sentence."""
    said = {"number": sheet.number}
    match sheet.kind:
        case "invoice":
            return _("la factura %(number)s") % said
        case "payment":
            return _("el recibo de pago %(number)s") % said
        case "credit_note":
            return _("la nota de crédito %(number)s") % said
        case _:
            return _("el estado de cuenta")


def _words(plan: SendingPlan, sheet: Sheet) -> str:
    said = {"name": plan.first_name, "document": document_name(sheet), "link": sheet.link}
    head = sheet.headline
    amount = f" {head.label}: {head.figure}." if head and sheet.kind in {"invoice", "statement"} else ""
    lines = _("Hola %(name)s, le enviamos %(document)s.") % said + amount, _("Para verlo en línea: %(link)s") % said
    return "\n".join(lines)


def _approved(channel: Channel | None) -> Template | None:
    """The notice, where it is an approved text of the channel it would leave from."""
    template = find_template(TEMPLATE)
    return template if template and channel and approval_for(template, channel) else None


def _why_not(reason: str) -> str:
    match reason:
        case "no_channel":
            return _("Todavía no hay un número de WhatsApp conectado.")
        case "no_phone":
            return _("Este cliente no tiene teléfono: agréguelo en sus datos.")
        case "opted_out":
            return _("Este cliente pidió no recibir mensajes. Puede copiar el enlace y dárselo de otra forma.")
        case _:
            return _(
                "Pasaron más de 24 horas desde su último mensaje y WhatsApp ya no deja escribirle libremente. "
                "Copie el enlace, o apruebe la plantilla «Documento por enlace» para enviarlo así."
            )


__all__ = ["DocumentRefused", "NoDocument", "SendingPlan", "plan_sending", "send_document"]
