"""Tell customers that their service was cut or is back, once each.

What is to be told stands in Access.telling, written with the record of the cut itself: whoever is killed in between
leaves it for the next. A night's notices follow its cuts and hold up neither them nor a reconnection.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import Error, connection, transaction

from customers.models import Hold
from events.domain import Actor
from inbox.domain.notices import Notice, notify_customers
from network.models import Access
from tenants.current import current_tenant
from tenants.formats import format_money

logger = logging.getLogger(__name__)
ACTOR = Actor.system("Red")
CUT, RESTORED = "cut", "restored"
TEMPLATES = {CUT: "service_cut", RESTORED: "service_restored"}
PART = 50


@transaction.atomic
def tell_customers(*, now: datetime, limit: int = PART) -> int:
    """Tell the next `limit` of those to be told; return how many accesses that were.

    Only what debt caused is told this way: the notices speak of a balance and of a payment. The customer hears of it
    once a hold, however many accesses the service has. A notice that cannot be written costs the notice.
    """
    if not _alone():
        return 0
    waiting = list(
        Access.objects.exclude(telling="")
        .select_related("service__customer")
        .only("telling", "requested_at", "service__code", "service__created_at", "service__customer__name")
        .order_by("id")[:limit]
    )
    debts = _debts([access.service_id for access in waiting])
    notices: dict[str, dict[str, Notice]] = {CUT: {}, RESTORED: {}}
    for access in waiting:
        hold = _cause(debts.get(access.service_id, []), access)
        if hold is not None:
            key = f"network:{access.service_id}:{hold.pk}:{access.telling}"
            notices[access.telling][key] = Notice(access.service.customer_id, key, _variables(access, hold))
    for what, found in notices.items():
        _send(what, list(found.values()), now)
    # Last: whoever writes to a conversation holds its lock before those of accesses.
    Access.objects.filter(pk__in=[access.pk for access in waiting]).lock()
    for what in TEMPLATES:
        told = [access.pk for access in waiting if access.telling == what]
        if told:
            Access.objects.filter(pk__in=told, telling=what).update(telling="")
    return len(waiting)


def _alone() -> bool:
    """Whether no other process is telling customers of this provider; until the transaction ends it is we."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"telling:{current_tenant().uuid}"])
        return bool(cursor.fetchone()[0])


def _send(what: str, notices: Sequence[Notice], now: datetime) -> None:
    """Send them together; when one of them cannot be written, each by itself."""
    if not notices:
        return
    try:
        with transaction.atomic():
            notify_customers(template=TEMPLATES[what], notices=notices, actor=ACTOR, now=now)
    except Error:
        if len(notices) == 1:
            logger.exception("the notice %s could not be written", notices[0].key)
            return
        for notice in notices:
            _send(what, [notice], now)


def _debts(service_ids: Iterable[int]) -> dict[int, list[Hold]]:
    found: dict[int, list[Hold]] = {}
    for hold in Hold.objects.filter(service_id__in=list(service_ids), reason=Hold.Reason.DEBT).order_by("id"):
        found.setdefault(hold.service_id, []).append(hold)
    return found


def _cause(holds: list[Hold], access: Access) -> Hold | None:
    """Return the debt behind it: the one open at a cut, the one just closed at a restore."""
    if access.telling == CUT:
        return next((hold for hold in holds if hold.closed_at is None), None)
    since = (access.requested_at or access.service.created_at) - timedelta(seconds=5)
    return next((hold for hold in holds if hold.closed_at and hold.closed_at >= since), None)


def _variables(access: Access, hold: Hold) -> dict[str, Any]:
    service = access.service
    return {"name": service.customer.name, "amount": _amount(hold.detail), "service": service.code}


def _amount(detail: dict[str, Any]) -> str:
    try:
        return format_money(Decimal(str(detail.get("amount", "0"))), current_tenant().currency)
    except InvalidOperation:
        return str(detail.get("amount", ""))
