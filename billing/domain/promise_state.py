"""What became of a promise to pay: kept, broken, taken back, open again. The rows, their events and the answers.

Locks: the customer first, as everywhere; then the promise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum
from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.domain.ledger import credit_in
from billing.domain.money import ZERO
from billing.domain.policies import policy_of_customer
from billing.domain.reconnection import is_cut
from billing.models import BillingPolicy, Invoice, Promise
from events.domain import Actor, record
from inbox.domain.notices import notify_customer
from tenants.current import tenant_zone
from tenants.formats import format_money
from tenants.live import publish_live

Status = Promise.Status
ACTOR = Actor.system("Cobranza")


def left_of(promise: Promise) -> Decimal:
    """What is still owed of the invoices it was given for, in its currency."""
    open_ones = promise.invoices.filter(status=Invoice.Status.OPEN)
    return open_ones.aggregate(left=Sum(F("total") - F("paid")))["left"] or ZERO


def is_fulfilled(promise: Promise, policy: BillingPolicy) -> bool:
    """Nothing is left of what was promised that credit does not cover, or so little that the policy cuts nobody."""
    left = left_of(promise) - credit_in(promise.customer_id, promise.currency)
    return left <= 0 or left < policy.min_debt


def settle(
    promise: Promise, status: str, *, actor: Actor, now: dt.datetime, event: str, reason: str = "", **facts: Any
) -> None:
    """Give an open or kept promise another state with its event; the caller holds the locks."""
    promise.status, promise.settled_reason = status, reason[:200]
    promise.settled_at = None if status == Status.OPEN else now
    promise.save(update_fields=["status", "settled_at", "settled_reason"])
    record(event, subject=promise, actor=actor, at=now, **said_of(promise), reason=reason, **facts)
    publish_live("promises", promise=promise.pk)


def said_of(promise: Promise) -> dict[str, Any]:
    """The facts that every event of a promise carries."""
    return {"amount": str(promise.amount), "currency": promise.currency, "until": promise.until.isoformat()}


def keep_promises(customer_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """A payment came: the open promise it fulfils is kept. In the payment's transaction, the customer locked."""
    promise = _locked(customer_id, Status.OPEN).first()
    if promise is None or not is_fulfilled(promise, policy_of_customer(customer_id)):
        return
    settle(promise, Status.KEPT, actor=actor, now=now, event="promise.kept")
    tell(promise, "promise_kept", now=now)


def reopen_promises(customer_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """A payment was undone or given back: a promise it had kept holds until its hour, and after it counts for nothing.

    It counts for nothing as well when another promise holds, or when the customer was cut meanwhile for something
    else. What was once kept is never called broken: the customer is not to blame for money that was booked and taken
    back. The debt is left to the next night. In the transaction that undoes the payment, the customer locked.
    """
    policy = policy_of_customer(customer_id)
    taken = _locked(customer_id, Status.OPEN).exists() or is_cut(customer_id, now)
    for promise in _locked(customer_id, Status.KEPT).order_by("-id"):
        if is_fulfilled(promise, policy):
            continue
        if promise.until > now and not taken:
            settle(promise, Status.OPEN, actor=actor, now=now, event="promise.reopened")
            taken = True
        else:
            why = _("Se deshizo el pago que la cumplía.")
            settle(promise, Status.CANCELLED, actor=actor, now=now, event="promise.undone", reason=why)


def _locked(customer_id: int, status: str) -> Any:
    return Promise.objects.select_for_update(no_key=True).filter(customer_id=customer_id, status=status)


def tell(promise: Promise, template: str, *, now: dt.datetime) -> None:
    """Answer the customer, once a state: a promise kept, undone and kept again is told once."""
    notify_customer(
        customer_id=promise.customer_id,
        template=template,
        variables={
            "name": promise.customer.name.split()[0] if promise.customer.name else "",
            "amount": format_money(promise.amount, promise.currency),
            "until": say_moment(promise.until),
        },
        key=f"promise:{promise.uuid}:{template}:{promise.until:%Y%m%d%H%M}",
        actor=ACTOR,
        now=now,
    )


def say_moment(moment: dt.datetime) -> str:
    """Say a moment in the provider's zone: viernes 27 de noviembre, 19:00."""
    local = moment.astimezone(tenant_zone())
    day = formats.date_format(local, _(r"l j \d\e F"))
    # Portuguese writes days and months small; the names we are given do not.
    return f"{day.lower() if get_language() == 'pt' else day}, {local:%H:%M}"


def labels_of(invoices: Iterable[Invoice]) -> list[str]:
    """How the invoices are called, for an event."""
    return [invoice.label for invoice in invoices]
