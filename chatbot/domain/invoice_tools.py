"""The invoice itself, as the PDF the staff would send, in the conversation in which it was asked for."""

from __future__ import annotations

from django.utils.translation import gettext as _

from billing.documents.build import build_pdf
from billing.documents.links import DocumentRef
from billing.documents.shelf import make_sheet
from billing.models import Invoice
from chatbot.domain.situations import Answer, Situation
from chatbot.staff_words import in_staff_language
from events.domain import Actor, record
from inbox.domain.sending import Upload
from tenants.current import tenant_today


def send_invoice(s: Situation) -> Answer:
    """Send the customer's newest invoice, with what to pay of it in the sheet; its link where no file can go."""
    invoices = Invoice.objects.filter(customer_id=s.account_id).exclude(status=Invoice.Status.VOID)
    invoice = invoices.order_by("-issued_on", "-id").first()
    if invoice is None:
        return Answer(_("Todavía no tiene ninguna factura."))
    with in_staff_language():
        sheet = make_sheet(DocumentRef("invoice", invoice.pk), today=tenant_today(s.now))
    can = s.conversation.channel.can
    as_file = can.media and s.conversation.window_is_open(s.now)
    files: tuple[Upload, ...] = ()
    if as_file:
        with in_staff_language():
            files = (Upload(build_pdf(sheet), filename=f"{invoice.label}.pdf"),)
    said = _("Aquí tiene su factura %(number)s.") if files else _("Su factura %(number)s está aquí: %(link)s")
    record(
        "document.sent",
        subject=("billing.invoice", invoice.pk),
        customer_id=s.account_id,
        actor=Actor.bot(),
        at=s.now,
        kind="invoice",
        document=sheet.number,
        to=s.conversation.written_address,
        as_link=not files,
    )
    return Answer(said % {"number": invoice.label, "link": sheet.link}, files=files)
