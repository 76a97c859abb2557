"""When a night would touch so many that a person has to say yes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from billing.models import BillingPolicy, Decision
from customers.models import Service

HUNDRED = Decimal(100)
STEPS = (Decision.Action.CUT, Decision.Action.STOP, Decision.Action.CANCEL)


def passed_limits(policy: BillingPolicy, decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    """The limits of the provider's policy that these cuts and second steps pass, as reasons; none, no person needed.

    The number counts services, the percentage customers: of all those with a service that is not cancelled.
    """
    touched = [d for d in decisions if d.action in STEPS]
    found: list[dict[str, Any]] = []
    if policy.max_cuts is not None and len(touched) > policy.max_cuts:
        found.append({"code": "many", "count": len(touched), "limit": policy.max_cuts})
    if policy.max_cuts_percent is not None and touched:
        customers = len({d.customer_id for d in touched})
        living = Service.objects.exclude(status=Service.Status.CANCELLED)
        everybody = living.values("customer_id").distinct().count()
        if customers * HUNDRED > policy.max_cuts_percent * everybody:
            limit = f"{policy.max_cuts_percent.normalize():f}"
            found.append({"code": "many_percent", "count": customers, "of": everybody, "limit": limit})
    return found
