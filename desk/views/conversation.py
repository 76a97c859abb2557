"""From a customer to the conversation with them. It sits at the desk because it spans customers and inbox."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.access import needs
from customers.models import Customer
from inbox.domain.notices import conversation_for

REASONS = {
    "no_channel": _("Todavía no hay un número de WhatsApp conectado."),
    "no_phone": _("Este cliente no tiene teléfono: agréguelo en sus datos."),
    "opted_out": _("Este cliente pidió no recibir mensajes."),
}


@needs("inbox.reply")
@require_POST
def customer_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the conversation with a customer, a new one when there is none yet."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    with transaction.atomic():
        reach = conversation_for(customer, timezone.now())
    if reach.conversation is None:
        messages.error(request, REASONS[reach.reason])
        return redirect("customers:detail", pk)
    return redirect("inbox:conversation", reach.conversation.pk)
