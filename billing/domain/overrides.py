"""What a zone or a customer has otherwise than the provider's policy: set, cleared, and said in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.ladder import BadNotices, clean_notices
from billing.domain.policies import FIELDS, Values, current_policy, effective, zone_values
from billing.domain.policy_rules import PolicyRefused, policy_errors
from billing.domain.policy_words import LABELS, say_value
from billing.models import BillingPolicy, PolicyOverride
from customers.models import Customer, Zone
from events.domain import Actor, record
from tenants.current import current_tenant
from tenants.wakes import wake

Holder = Zone | Customer


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that a zone or a customer has otherwise, in words."""

    name: str
    label: str
    value: str
    inherited: str


def own_values(holder: Holder) -> Values:
    """What the zone or the customer has of its own, with one query unless it was fetched."""
    override = getattr(holder, "policy_override", None)
    return override.values if override else {}


def inherited_policy(holder: Holder) -> BillingPolicy:
    """What it would have with nothing of its own: the provider's policy, or for a customer their zone's."""
    under = zone_values(holder.zone) if isinstance(holder, Customer) else {}
    return effective(current_policy(), under)


def differences(values: Values, inherited: BillingPolicy) -> list[Difference]:
    """The values in words, beside what would be inherited, in the order of the policy's fields."""
    own = effective(inherited, values)
    return [
        Difference(name, str(LABELS[name]), say_value(name, own), say_value(name, inherited))
        for name in FIELDS
        if name in values
    ]


@transaction.atomic
def set_override(*, holder: Holder, values: dict[str, Any], actor: Actor, now: dt.datetime) -> BillingPolicy:
    """Give a zone or a customer these values and no others; what is not among them is inherited.

    Returns what holds for it from now on. Records who changed what, and lets the clock look again; the same values
    again record nothing. Raises PolicyRefused when a field cannot be another, or when what would hold for it, or
    for a customer of the zone who has terms of their own, makes no sense.
    """
    # The holder's row is the lock: two people at once follow one another.
    type(holder).objects.select_for_update().get(pk=holder.pk)
    wanted = plain_values(values)
    result = _check(holder, wanted)
    key = _key(holder)
    before = PolicyOverride.objects.filter(**key).first()
    had = before.values if before else {}
    if wanted == had:
        return result
    if wanted:
        PolicyOverride.objects.update_or_create(
            **key, defaults={"values": wanted, "changed_at": now, "changed_by": actor.label}
        )
    elif before:
        before.delete()
    _tell(holder, had, wanted, actor, now)
    return result


def clear_override(*, holder: Holder, actor: Actor, now: dt.datetime) -> BillingPolicy:
    """Let a zone or a customer inherit everything again. Returns what holds for it. See set_override."""
    return set_override(holder=holder, values={}, actor=actor, now=now)


def _key(holder: Holder) -> dict[str, Any]:
    return {"zone": holder} if isinstance(holder, Zone) else {"customer": holder}


def plain_values(values: dict[str, Any]) -> Values:
    """The values as PolicyOverride keeps them. Raises PolicyRefused."""
    return {name: _plain(name, value) for name, value in values.items()}


def _plain(name: str, value: Any) -> Any:
    """A value as PolicyOverride keeps it. Raises PolicyRefused."""
    field = FIELDS.get(name)
    if field is None:
        raise PolicyRefused({name: _("Eso sólo lo decide el proveedor para todos.")})
    impossible = PolicyRefused({name: _("Ese valor no es posible.")})
    try:
        found = clean_notices(value) if name == "notices" else field.to_python(value)
    except BadNotices as error:
        raise PolicyRefused({name: str(error)}) from error
    except (ValidationError, TypeError, ValueError) as error:
        raise impossible from error
    endless = isinstance(found, Decimal) and not found.is_finite()
    if found is None or endless or (field.choices and found not in dict(field.flatchoices)):
        raise impossible
    if isinstance(found, Decimal):
        return f"{found:f}"
    return found.isoformat() if isinstance(found, dt.time) else found


def _check(holder: Holder, wanted: Values) -> BillingPolicy:
    currency = current_tenant().currency
    found = effective(inherited_policy(holder), wanted)
    if errors := policy_errors(found, currency):
        raise PolicyRefused(errors)
    if isinstance(holder, Zone):
        theirs = PolicyOverride.objects.filter(customer__zone=holder).select_related("customer")
        for override in theirs:
            for name, sentence in policy_errors(effective(found, override.values), currency).items():
                said = {"who": override.customer, "why": sentence}
                raise PolicyRefused({name: _("Así quedaría mal lo propio de «%(who)s»: %(why)s") % said})
    return found


def _tell(holder: Holder, had: Values, has: Values, actor: Actor, now: dt.datetime) -> None:
    base = inherited_policy(holder)
    before, after = effective(base, had), effective(base, has)
    changes = [
        {"name": name, "was": say_value(name, before), "is": say_value(name, after), "own": name in has}
        for name in FIELDS
        if had.get(name) != has.get(name)
    ]
    kind = "zone" if isinstance(holder, Zone) else "customer"
    record("policy.overridden", subject=holder, actor=actor, at=now, of=kind, name=str(holder), changes=changes)
    wake("billing.clock")
