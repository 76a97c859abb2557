"""The customer's money beside a conversation: what is owed, what was promised, and the acts an agent needs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from billing.domain.promise_offers import offer_promise
from billing.domain.promise_queries import time_left
from billing.domain.promise_state import say_moment
from billing.domain.receipt_filing import file_receipt
from billing.models import BillingPolicy, Invoice, PaymentRequest, Receipt
from billing.views.responses import told
from customers.models import Customer
from events.domain import Actor
from inbox.models import Attachment, Conversation

SHOWN = 3


@require_GET
@needs("billing.view")
def beside(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The fragment; with `?conversacion=` also the pictures of that conversation which are no receipts yet."""
    customer, now = get_object_or_404(Customer.objects.visible_to(request.user), pk=customer_id), timezone.now()
    talk = _talk(request, request.GET.get("conversacion", ""))
    offer = offer_promise(customer_id=customer.pk, by=BillingPolicy.Promiser.STAFF, now=now)
    requests = PaymentRequest.objects.filter(customer=customer, status=PaymentRequest.Status.OPEN).order_by("-id")
    context = {
        "customer": customer,
        "talk": talk,
        "invoices": Invoice.objects.with_owed().filter(customer=customer).order_by("-due_on", "-id")[:SHOWN],
        "offer": offer,
        "open": offer.open,
        "left": time_left(offer.open, now) if offer.open else "",
        "until": say_moment(offer.open.until) if offer.open else "",
        "grantable": not offer.open and bool(offer.invoices),
        "asked": [row for row in requests[:SHOWN] if row.is_live],
        "pictures": _pictures(talk) if talk is not None and talk.customer_id == customer.pk else [],
        "waiting": Receipt.objects.filter(customer=customer, status=Receipt.Status.WAITING).order_by("-id").first(),
    }
    return render(request, "billing/beside.html", context)


def _talk(request: HttpRequest, pk: str) -> Conversation | None:
    known = pk.isdecimal() and len(pk) < 19
    return Conversation.objects.visible_to(request.user).filter(pk=int(pk)).first() if known else None


def _pictures(talk: Conversation) -> list[Attachment]:
    """Return the last pictures and PDFs the person sent that are in nobody's queue, newest first."""
    rows = Attachment.objects.filter(message__conversation=talk, message__direction="in", fetched_at__isnull=False)
    rows = rows.filter(content_type__in=["image/jpeg", "image/png", "image/webp", "application/pdf"], receipt=None)
    return list(rows.order_by("-id")[:SHOWN])


@require_POST
@needs("payments.record")
def file_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a picture of a conversation into the review queue, as its customer's. The same one twice is one receipt."""
    rows = Attachment.objects.select_related("message__conversation__customer").exclude(fetched_at=None)
    attachment = get_object_or_404(rows.filter(message__direction="in"), pk=pk)
    talk = _talk(request, str(attachment.message.conversation_id))
    customer = get_object_or_404(Customer, pk=talk.customer_id if talk is not None else None)
    actor, now = Actor.of_user(request.user), timezone.now()
    file_receipt(message=attachment.message, attachment=attachment, customer_id=customer.pk, now=now, actor=actor)
    return told(HttpResponse(status=204), _("El comprobante quedó en revisión."), accountChanged={})
