"""A gateway without a far side: it hands out the account and the reference; the bank's statement brings the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.gateways.base import Arrival, Ask, BadSignature, FarState, GatewayError, Notification, Opened, Truth
from billing.gateways.transfer.config import TransferConfig


class Transfer:
    """One bank account."""

    def __init__(self, *, api_key: str, webhook_secret: str, config: Mapping[str, Any]) -> None:
        self.config = TransferConfig.read(config)

    def open(self, ask: Ask) -> Opened:
        """The account to pay into, and the reference to write."""
        return Opened(
            external_id=ask.reference,
            voucher=ask.reference,
            instructions=self.config.lines(),
            expires_at=ask.expires_at,
        )

    def query(self, *, external_id: str, key: str) -> Truth:
        """Nobody to ask: always open."""
        return Truth(state=FarState.OPEN)

    def query_payment(self, payment: str) -> Arrival | None:
        """Nobody to ask."""
        return None

    def cancel(self, external_id: str) -> None:
        """The reference is the customer's and stays."""

    def refund(self, *, payment: str, amount: Decimal, currency: str, key: str, before: Decimal) -> str:
        """A bank transfer is given back by another one, by hand. Raises GatewayError."""
        raise GatewayError(_("Una transferencia se devuelve desde el banco."), permanent=True, code="by-hand")

    def check(self) -> str:
        """The account as it will be shown."""
        return " · ".join(part for part in (self.config.bank, self.config.number) if part)

    def set_up_notices(self, address: str) -> str:
        """Nothing to set up."""
        return ""

    def read_notice(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str], now: dt.datetime
    ) -> Notification:
        """No bank writes here. Raises BadSignature."""
        raise BadSignature("a bank account sends no notifications")
