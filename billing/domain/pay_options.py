"""What a customer can pay with, and how much: what stands behind «Pagar ahora»."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.domain.gateway_accounts import usable_accounts
from billing.domain.money import ZERO
from billing.gateways.registry import KINDS
from billing.models import GatewayAccount, Invoice, PaymentRequest

Way = PaymentRequest.Way
ORDER = (Way.LINK.value, Way.CASH.value, Way.BANK.value)
ICONS = {"link": "credit-card", "cash": "store", "bank": "landmark"}


@dataclass(frozen=True, slots=True)
class PayOption:
    """One button: an account, and a way of it. `choice` is what the form sends."""

    account: GatewayAccount
    way: str
    label: str
    icon: str

    @property
    def choice(self) -> str:
        """The account and the way as one text."""
        return f"{self.account.uuid}:{self.way}"


def pay_options(currency: str, *, for_customers: bool) -> list[PayOption]:
    """Every way of every usable account; links first, then cash, then transfers."""
    rows = [
        PayOption(account, way, _label(account, way), ICONS[way])
        for account in usable_accounts(currency, for_customers=for_customers)
        for way in KINDS[account.kind].ways
    ]
    return sorted(rows, key=lambda option: (ORDER.index(option.way), option.account.name))


def find_option(options: list[PayOption], choice: str) -> PayOption | None:
    """The option a form sent, if it is one of those offered."""
    return next((option for option in options if option.choice == choice), None)


def _label(account: GatewayAccount, way: str) -> str:
    said = {"name": account.name}
    match way:
        case Way.CASH:
            return _("Efectivo en OXXO (%(name)s)") % said
        case Way.BANK if account.kind != "transfer":
            return _("Transferencia SPEI (%(name)s)") % said
        case Way.BANK:
            return _("Transferencia (%(name)s)") % said
        case _:
            return _("En línea con %(name)s") % said


def owed_invoices(customer_id: int, currency: str) -> tuple[list[Invoice], Decimal]:
    """The customer's unpaid invoices, oldest first, and what they come to."""
    rows = list(
        Invoice.objects.unpaid().with_owed().filter(customer_id=customer_id, currency=currency).order_by("due_on", "id")
    )
    return rows, sum((row.total - row.paid for row in rows), ZERO)
