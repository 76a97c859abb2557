"""A payment link leaves through the inbox, as documents do: as text while the person talks to us, else by template."""

from __future__ import annotations

import datetime as dt
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.payment_requests import RequestRefused, request_link
from billing.models import PaymentRequest
from events.domain import Actor, record
from inbox.domain.conversations import locked
from inbox.domain.notices import conversation_for, find_template
from inbox.domain.sending import queue_message
from inbox.domain.templates import approval_for
from inbox.models import Message
from tenants.formats import format_money

TEMPLATE = "document_link"


@transaction.atomic
def send_request(*, request_id: int, actor: Actor, now: dt.datetime) -> Message:
    """Put the link of an open request in line for its customer, once a minute at most.

    Raises RequestRefused when it is not open, or there is no way to write to the customer.
    """
    request = PaymentRequest.objects.select_related("customer").get(pk=request_id)
    if not request.is_live:
        raise RequestRefused(_("Este cobro ya no se puede pagar: haga otro."))
    key = f"request:{request.uuid}:{now:%Y%m%d%H%M}"
    if (known := Message.objects.filter(key=key).first()) is not None:
        return known
    reach = conversation_for(request.customer, now)
    if reach.conversation is None or reach.channel is None or reach.reason:
        raise RequestRefused(_("No hay por dónde escribirle: revise su teléfono, o copie el enlace."))
    conversation, channel = locked(reach.conversation.pk), reach.channel
    name = (request.customer.name.split() or [request.customer.code])[0]
    amount = format_money(request.amount - request.paid, request.currency)
    said = {"name": name, "amount": amount, "link": request_link(request), "voucher": request.voucher}
    author = Actor.system(actor.label)
    template = find_template(TEMPLATE)
    line = partial(queue_message, conversation=conversation, channel=channel, author=author, key=key, now=now)
    if conversation.window_is_open(now, channel):
        lines = [_("Hola %(name)s, puede pagar %(amount)s aquí: %(link)s") % said]
        if request.voucher:
            lines.append(_("Referencia: %(voucher)s") % said)
        message = line(body="\n".join(lines))
    elif template is not None and approval_for(template, channel):
        words = {"name": name, "document": _("su pago de %(amount)s") % said, "link": said["link"]}
        message = line(template=template, as_template=True, variables=words)
    else:
        raise RequestRefused(_("Pasaron más de 24 horas desde su último mensaje: copie el enlace."))
    record(
        "payment_request.sent",
        subject=request,
        actor=actor,
        at=now,
        amount=str(request.amount),
        currency=request.currency,
    )
    return message
