"""Why money is not booked, given back or moved. Messages are for people; nothing was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.models import Payment


class PaymentRefused(Exception):
    """The payment cannot be booked or undone; the message is for people, nothing was written."""


class KeyReused(PaymentRefused):
    """The same key came with another customer or amount: a mistake of the caller."""


class RepeatedReference(PaymentRefused):
    """A payment with that reference and amount was booked these days: `first` is that one."""

    def __init__(self, message: str, first: Payment) -> None:
        super().__init__(message)
        self.first = first


class DrawerRefused(PaymentRefused):
    """The cash drawer does not allow it: it is closed, somebody else's, or none is open."""
