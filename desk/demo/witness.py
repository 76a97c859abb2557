"""An independent look at a router and at the ledger, so that the story believes neither of our own records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import routeros_api
from django.db.models import Count, Max, Min, Sum

from billing.models import Entry, Invoice, Series


@dataclass(frozen=True)
class Address:
    """How to reach a router."""

    host: str
    port: int
    username: str
    password: str


class RouterWitness:
    """One look at a time over its own connection."""

    def __init__(self, address: Address) -> None:
        self._pool = routeros_api.RouterOsApiPool(
            address.host,
            port=address.port,
            username=address.username,
            password=address.password,
            plaintext_login=True,
        )
        self._pool.set_timeout(10)
        self._api = self._pool.get_api()

    def close(self) -> None:
        """End the connection."""
        self._pool.disconnect()

    def is_enabled(self, username: str) -> bool:
        """Say whether the PPPoE secret may connect. Raises LookupError when there is none."""
        rows = self._api.get_resource("/ppp/secret").get(name=username)
        if not rows:
            raise LookupError(username)
        return rows[0].get("disabled", "false") in {"false", "no"}

    def is_online(self, username: str) -> bool:
        """Say whether a session of that name is up."""
        return bool(self._api.get_resource("/ppp/active").get(name=username))

    def add_secret(self, username: str, password: str) -> None:
        """Make a PPPoE secret for a trial on a router of the user's own."""
        self._api.get_resource("/ppp/secret").add(
            name=username, password=password, service="pppoe", comment="prueba de Enlace, se puede borrar"
        )

    def remove_secret(self, username: str) -> None:
        """Remove the trial's secret."""
        secrets = self._api.get_resource("/ppp/secret")
        for row in secrets.get(name=username):
            secrets.remove(id=row["id"])


def ledger_sum() -> Decimal:
    """Return the sum of all entries of the current tenant: zero, or the books are wrong."""
    return Entry.objects.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def unbalanced_transactions() -> int:
    """Return how many transactions do not sum to zero in their currency."""
    sums = Entry.objects.values("transaction_id", "currency").annotate(total=Sum("amount"))
    return sums.exclude(total=0).count()


def numbers_have_gaps() -> bool:
    """Say whether a series of the current tenant lacks or repeats a number."""
    for series in Series.objects.all():
        row = Invoice.objects.filter(series=series).aggregate(
            first=Min("number"), last=Max("number"), count=Count("number", distinct=True), all=Count("number")
        )
        if row["all"] and (row["last"] - row["first"] + 1 != row["count"] or row["count"] != row["all"]):
            return True
    return False
