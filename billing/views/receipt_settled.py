"""A comprobante that was reviewed: its picture, what came of it, and its correction."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from billing.domain.money import BadAmount
from billing.domain.payments import PaymentRefused
from billing.domain.receipt_filing import ReceiptRefused, RepeatedReceipt
from billing.domain.receipts import correct_receipt
from billing.models import Receipt
from billing.receipt_forms import CorrectForm
from billing.views.responses import done
from events.domain import Actor
from events.models import Event
from tenants.current import current_tenant

BESIDE = ("customer", "attachment", "picture", "reading", "payment", "first")


@require_GET
@needs("receipts.review")
def settled(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of it; one that still waits is opened on the stack."""
    receipt = get_object_or_404(Receipt.objects.select_related(*BESIDE), pk=pk)
    if receipt.status == Receipt.Status.WAITING:
        return redirect(f"{reverse('billing:receipts')}?r={pk}")
    return _page(request, receipt, CorrectForm.of_receipt(receipt))


@require_POST
@needs("payments.void")
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo its payment and book what it really says."""
    receipt = get_object_or_404(Receipt.objects.select_related(*BESIDE), pk=pk)
    form = CorrectForm(request.POST, currency=current_tenant().currency)
    if form.is_valid():
        data = form.cleaned_data
        try:
            correct_receipt(
                receipt_id=pk,
                instead_of=data["instead_of"],
                proof=form.proof(),
                reason=data["reason"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
            )
        except RepeatedReceipt as error:
            form.add_error(None, f"{error} ({_('comprobante')} #{error.first.pk})")
        except (ReceiptRefused, PaymentRefused, BadAmount) as error:
            form.add_error(None, str(error))
        else:
            said = _("Comprobante corregido: el pago anterior quedó anulado.")
            return done(request, said, reverse("billing:receipt", args=[pk]))
    return _page(request, receipt, form, status=422)


def _page(request: HttpRequest, receipt: Receipt, form: Any, status: int = 200) -> HttpResponse:
    history = Event.objects.filter(subject_kind="billing.receipt", subject_id=receipt.pk)
    context = {
        "receipt": receipt,
        "form": form,
        "history": history.order_by("id"),
        "correctable": receipt.status == Receipt.Status.ACCEPTED and request.user.can("payments.void"),
    }
    return render(request, "billing/receipt.html", context, status=status)
