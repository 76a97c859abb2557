"""Who came suspended stays suspended: by debt when they owe, else by the staff's decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.domain.holds import NewHold, open_holds
from customers.models import Hold
from desk.imports.debts import Debtor
from desk.imports.sources.base import ServiceRow, State
from events.domain import Actor
from tenants.current import current_tenant, tenant_today


def adopt_suspended(*, source: str, debtors: Sequence[Debtor], actor: Actor, now: datetime) -> Counter[str]:
    """Open the hold of every service that came suspended and is new here.

    A debt hold closes when they pay; one of the staff waits for a person, because nobody knows why it was.
    """
    holds = [
        _hold(source, debtor, row, now)
        for debtor in debtors
        for row in debtor.person.rows
        if row.ref in debtor.fresh and row.state is State.SUSPENDED
    ]
    opened = open_holds(holds=holds, actor=actor, now=now)
    by_reason = Counter(hold.reason for hold in opened)
    return Counter(holds_debt=by_reason[Hold.Reason.DEBT], holds_staff=by_reason[Hold.Reason.STAFF])


def _hold(source: str, debtor: Debtor, row: ServiceRow, now: datetime) -> NewHold:
    person = debtor.person
    detail: dict[str, Any] = {"note": _("venía suspendido de WispHub")}
    if person.owed <= 0:
        return NewHold(debtor.service_ids[row.ref], Hold.Reason.STAFF, f"import:{source}", detail)
    # Only what is past its day is "overdue"; the source also suspends for what is not.
    overdue = [invoice.due_on for invoice in person.open_invoices if invoice.due_on < tenant_today(now)]
    detail |= {"amount": str(person.owed), "currency": current_tenant().currency}
    if overdue:
        detail |= {"invoices": len(overdue), "oldest_due": min(overdue).isoformat()}
    return NewHold(debtor.service_ids[row.ref], Hold.Reason.DEBT, f"import:{source}", detail)
