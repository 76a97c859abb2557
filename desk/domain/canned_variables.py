"""What billing knows that a ready answer of the inbox may say: the balance and the day it falls due."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.models import Invoice
from customers.models import Customer
from desk.domain.customer_extras import with_balance
from inbox.domain.canned import Variable, add_variable
from inbox.models import Conversation
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_day, format_money


def register() -> None:
    """Add the variables to the inbox's ready answers."""
    add_variable(Variable("saldo", _("Lo que debe"), _balance, "billing.view"))
    add_variable(Variable("vence", _("Cuándo vence lo que debe"), _due, "billing.view"))


def _balance(conversation: Conversation, _user: User, _now: datetime) -> str:
    if conversation.customer_id is None:
        return ""
    row = with_balance(Customer.objects.filter(pk=conversation.customer_id)).get()
    return format_money(max(row.saldo, 0), current_tenant().currency)


def _due(conversation: Conversation, _user: User, now: datetime) -> str:
    rows = Invoice.objects.unpaid().filter(customer_id=conversation.customer_id or 0)
    first = rows.order_by("due_on").values_list("due_on", flat=True).first()
    return format_day(first, today=tenant_today(now)) if first else ""
