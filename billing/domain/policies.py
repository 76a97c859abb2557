"""The provider's billing policy, and what a zone or a customer has otherwise."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing.domain.policy_rules import PolicyRefused, policy_errors
from billing.models import BillingPolicy, PolicyOverride, Series
from customers.models import Customer, Zone
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today
from tenants.wakes import wake

# What only the provider as a whole can have.
NOT_OVERRIDABLE = {"id", "auto_issue_from", "tax_name", "series_prefix", "max_cuts", "max_items_per_day", "issue_hour"}
NOT_OVERRIDABLE |= {"max_cuts_percent"}
FIELDS = {f.name: f for f in BillingPolicy._meta.concrete_fields if f.name not in NOT_OVERRIDABLE}  # noqa: SLF001
OVERRIDABLE = tuple(FIELDS)

Values = dict[str, Any]


def current_policy() -> BillingPolicy:
    """The provider's policy; its defaults are written on first use."""
    policy = BillingPolicy.objects.order_by("id").first()
    # Read back: a row just made has its defaults as Python wrote them, not as its columns hold them.
    return policy or BillingPolicy.objects.get(pk=BillingPolicy.objects.create().pk)


@dataclass(frozen=True, slots=True)
class Policies:
    """The provider's policy and all overrides, read once. Values are those of PolicyOverride."""

    default: BillingPolicy
    zones: dict[int, Values] = field(default_factory=dict)
    customers: dict[int, Values] = field(default_factory=dict)

    def of(self, *, customer_id: int | None, zone_id: int | None) -> BillingPolicy:
        """The policy in force: the customer's values over the zone's over the provider's. Unsaved when overridden."""
        found = [self.zones.get(zone_id or 0), self.customers.get(customer_id or 0)]
        return effective(self.default, *[values for values in found if values])

    @property
    def distinct(self) -> list[BillingPolicy]:
        """The provider's, each zone's and each customer's that have terms of their own: what may hold for anybody."""
        own = [effective(self.default, values) for values in (*self.zones.values(), *self.customers.values())]
        return [self.default, *own]

    def by_customer(self, customer_ids: Iterable[int]) -> Callable[[int], BillingPolicy]:
        """The policy in force for each of these customers, in their own zone; one query, none without overrides."""
        if not self.zones and not self.customers:
            return lambda _customer_id: self.default
        zones = dict(Customer.objects.filter(pk__in=set(customer_ids)).values_list("id", "zone_id"))
        return lambda customer_id: self.of(customer_id=customer_id, zone_id=zones.get(customer_id))


def all_policies() -> Policies:
    """Read the policy and every override, with two queries."""
    zones: dict[int, Values] = {}
    customers: dict[int, Values] = {}
    for zone_id, customer_id, values in PolicyOverride.objects.values_list("zone_id", "customer_id", "values"):
        if zone_id:
            zones[zone_id] = values
        elif customer_id:
            customers[customer_id] = values
    return Policies(current_policy(), zones, customers)


def policy_of(*, customer_id: int, zone_id: int | None) -> BillingPolicy:
    """The policy in force for one customer in one zone (the service's own, or else the customer's). Two queries."""
    rows = PolicyOverride.objects.filter(Q(customer_id=customer_id) | Q(zone_id=zone_id, zone__isnull=False))
    zones = {row.zone_id: row.values for row in rows if row.zone_id}
    customers = {row.customer_id: row.values for row in rows if row.customer_id}
    return Policies(current_policy(), zones, customers).of(customer_id=customer_id, zone_id=zone_id)


def policy_of_customer(customer_id: int) -> BillingPolicy:
    """The policy in force for a customer in their own zone. Three queries."""
    zone_id = Customer.objects.values_list("zone_id", flat=True).filter(pk=customer_id).first()
    return policy_of(customer_id=customer_id, zone_id=zone_id)


def effective(policy: BillingPolicy, *overrides: Values) -> BillingPolicy:
    """A copy of the policy with the values of the overrides, the last one winning; not to be saved."""
    if not overrides:
        return policy
    found = copy.copy(policy)
    for values in overrides:
        for name, value in values.items():
            setattr(found, name, FIELDS[name].to_python(value))
    return found


@transaction.atomic
def save_policy(*, form: dict[str, Any], actor: Actor, now: dt.datetime) -> BillingPolicy:
    """Change the policy's fields, keep what changed as an event, and let the clock look again.

    `auto_issue` in `form` puts the clock in charge from today on, or takes it off. Raises PolicyRefused when the
    policy, or what a zone or a customer has otherwise on top of it, would make no sense.
    """
    policy = BillingPolicy.objects.select_for_update().get(pk=current_policy().pk)
    values = dict(form)
    auto = values.pop("auto_issue", policy.auto_issue_from is not None)
    values["auto_issue_from"] = (policy.auto_issue_from or tenant_today(now)) if auto else None
    changes = {}
    for name, value in values.items():
        if getattr(policy, name) != value:
            changes[name] = {"was": str(getattr(policy, name)), "is": str(value)}
            setattr(policy, name, value)
    if changes:
        check_policy(policy)
        policy.save()
        record("policy.changed", subject=policy, actor=actor, at=now, changes=changes)
        wake("billing.clock")
    return policy


def check_policy(policy: BillingPolicy) -> None:
    """Raise PolicyRefused when the policy, or any override on top of it, would make no sense."""
    currency = current_tenant().currency
    if errors := policy_errors(policy, currency):
        raise PolicyRefused(errors)
    if Series.objects.filter(kind=Series.Kind.CREDIT_NOTE, prefix=policy.series_prefix).exists():
        raise PolicyRefused({"series_prefix": _("Esa serie es de notas de crédito.")})
    overrides = PolicyOverride.objects.select_related("zone", "customer", "customer__zone__policy_override")
    for override in overrides:
        under = zone_values(override.customer.zone) if override.customer else {}
        for name, sentence in policy_errors(effective(policy, under, override.values), currency).items():
            said = {"who": override.zone or override.customer, "why": sentence}
            raise PolicyRefused({name: _("Así quedaría mal lo propio de «%(who)s»: %(why)s") % said})


def zone_values(zone: Zone | None) -> Values:
    """What a zone has otherwise; nothing for no zone."""
    override = getattr(zone, "policy_override", None)
    return override.values if override else {}
