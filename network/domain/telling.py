"""Tell customers that their service was cut or is back, once each."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import Error, transaction

from customers.models import Hold
from events.domain import Actor
from inbox.domain.notices import notify_customer
from network.models import Access
from tenants.current import current_tenant
from tenants.formats import format_money

logger = logging.getLogger(__name__)
ACTOR = Actor.system("Red")


def tell_customers(told: Iterable[tuple[Access, str]], *, now: datetime) -> None:
    """Send the notice of what was observed, keyed by access and generation so that none goes out twice.

    Only what debt caused is told this way: the notices speak of a balance and of a payment. A notice that cannot be
    written costs the notice, not the record of the cut.
    """
    told = list(told)
    debts = _debts([access.service_id for access, _ in told])
    for access, what in told:
        holds = debts.get(access.service_id, [])
        hold = _cause(holds, access, what)
        if hold is None:
            continue
        try:
            with transaction.atomic():
                notify_customer(
                    customer_id=access.service.customer_id,
                    template="service_cut" if what == "cut" else "service_restored",
                    variables=_variables(access, hold),
                    key=f"network:{access.pk}:{access.generation}:{what}",
                    actor=ACTOR,
                    now=now,
                )
        except Error:
            logger.exception("the notice of access %s could not be written", access.pk)


def _debts(service_ids: Iterable[int]) -> dict[int, list[Hold]]:
    found: dict[int, list[Hold]] = {}
    holds = Hold.objects.filter(service_id__in=list(service_ids), reason=Hold.Reason.DEBT).select_related(
        "service__customer"
    )
    for hold in holds.order_by("id"):
        found.setdefault(hold.service_id, []).append(hold)
    return found


def _cause(holds: list[Hold], access: Access, what: str) -> Hold | None:
    """Return the debt behind it: the one open at a cut, the one just closed at a restore."""
    if what == "cut":
        return next((hold for hold in holds if hold.closed_at is None), None)
    since = (access.requested_at or access.service.created_at) - timedelta(seconds=5)
    return next((hold for hold in holds if hold.closed_at and hold.closed_at >= since), None)


def _variables(access: Access, hold: Hold) -> dict[str, Any]:
    customer = hold.service.customer
    return {"name": customer.name, "amount": _amount(hold.detail), "service": access.service.code}


def _amount(detail: dict[str, Any]) -> str:
    try:
        return format_money(Decimal(str(detail.get("amount", "0"))), current_tenant().currency)
    except InvalidOperation:
        return str(detail.get("amount", ""))
