"""The contract between billing and whatever takes money for a provider.

A gateway is one folder: its typed configuration, its form, its wire code, its reading of notifications. It sees no
model and no database; the domain hands it plain data and records what came of it. Amounts are Decimals in the unit
people say (600.00), never cents; each gateway turns them into what its vendor wants.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class GatewayError(Exception):
    """A call to the gateway did not succeed.

    ``permanent``: the same request will fail again. ``doubtful``: the far side may have done it.
    ``message`` is a sentence for the staff; it never contains a credential.
    """

    def __init__(self, message: str, *, permanent: bool, doubtful: bool = False, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.doubtful = doubtful
        self.code = code


class BadSignature(Exception):
    """A notification that the gateway did not sign, or signed too long ago, or that nobody can read."""


class FarState(StrEnum):
    """How a request, or a payment, stands at the gateway."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Money to ask for. ``key`` is our own id of it: it makes a repeated call harmless and comes back with payments.

    ``again``: an earlier call with this key got no answer.
    """

    key: str
    way: str  # link, cash or bank
    amount: Decimal
    currency: str
    description: str
    customer_name: str
    customer_email: str
    customer_phone: str
    return_url: str
    now: dt.datetime
    expires_at: dt.datetime | None = None
    reference: str = ""
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What the customer needs to pay. ``url`` is the gateway's page; a voucher or an account number stand alone."""

    external_id: str
    url: str = ""
    qr: str = ""
    voucher: str = ""
    barcode: str = ""
    instructions: str = ""
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A payment as the gateway tells it now. ``key`` is the ``Ask``'s, or empty when it is no payment of ours."""

    external_id: str
    key: str
    amount: Decimal
    currency: str
    state: FarState
    paid_at: dt.datetime | None = None
    refunded: Decimal = Decimal(0)
    disputed: bool = False


@dataclass(frozen=True, kw_only=True)
class Truth:
    """How a request stands, with every payment made for it. ``key`` is the ``Ask``'s, or empty for somebody else's."""

    state: FarState
    key: str = ""
    arrivals: tuple[Arrival, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Notification:
    """What a notification is about: a payment, or a request, by the gateway's ids. ``event_id`` tells repeats."""

    event_id: str
    topic: str
    payment: str = ""
    request: str = ""


class Gateway(Protocol):
    """What a gateway can do over the wire. One instance serves one account."""

    def open(self, ask: Ask) -> Opened:
        """Make the request; with the same key again it is the same request. Raises GatewayError."""

    def query(self, *, external_id: str, key: str) -> Truth:
        """How a request stands. Raises GatewayError."""

    def query_payment(self, payment: str) -> Arrival | None:
        """How a payment stands; None when the gateway does not know it. Raises GatewayError."""

    def cancel(self, external_id: str) -> None:
        """Make sure it cannot be paid any more. Raises GatewayError."""

    def refund(self, *, payment: str, amount: Decimal, currency: str, key: str, before: Decimal) -> str:
        """Give money back, once for a key; ``before`` is what had been given back earlier. Returns the refund's id.

        Raises GatewayError.
        """

    def check(self) -> str:
        """Ask whether the credentials are good; returns the account's name. Raises GatewayError."""

    def set_up_notices(self, address: str) -> str:
        """Have notifications sent to `address`, where the vendor's interface can; returns what checks them, or "".

        Raises GatewayError.
        """

    def read_notice(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str], now: dt.datetime
    ) -> Notification:
        """Check a notification's signature and read it. Header names are lower case. Raises BadSignature."""
