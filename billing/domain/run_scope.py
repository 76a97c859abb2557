"""What every statement of a run or preview is given, and the assessment of the services it cannot do itself."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from billing.domain.charge_facts import Assessment, Item
from billing.domain.charging import assess, expected_by, payable_by, period_text
from billing.domain.money import exponent
from billing.domain.policies import Policies
from billing.domain.run_calendar import RunCalendar
from billing.domain.service_facts import anchor_of, read_facts
from billing.models import BillingPolicy, Contract, SetAside
from customers.models import Hold, Plan, Service
from tenants.current import current_tenant, tenant_zone

logger = logging.getLogger(__name__)

EVERYONE = 2**62
Reason = SetAside.Reason
# As they should be: counted, without a row each.
QUIET = [Reason.BILLED, Reason.CANCELLED, Reason.FREE, Reason.NOT_YET]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a run is for, with what terms. Times are aware; `today` is the provider's day on which it issues."""

    calendar: RunCalendar
    policies: Policies
    now: dt.datetime
    today: dt.date
    zone_id: int | None = None
    customer_id: int | None = None

    @property
    def currency(self) -> str:
        """The provider's."""
        return current_tenant().currency

    def params(self, *, after: int = 0, upto: int = EVERYONE) -> dict[str, Any]:
        """The parameters of run_sql.SERVICES and JUDGED for the customers in (after, upto]."""
        calendar, zone = self.calendar, tenant_zone()
        plain = list(calendar.plain())
        names, odd = self._plan_taxes()
        midnight = dt.datetime.combine(self.now.astimezone(zone).date(), dt.time.min, zone)
        return {
            "w_profile": [index for index, _day, _cycle in plain],
            "w_day": [day for _index, day, _cycle in plain],
            "w_start": [cycle.start for _index, _day, cycle in plain],
            "w_end": [cycle.end for _index, _day, cycle in plain],
            "w_due": [payable_by(cycle, self.today) for _index, _day, cycle in plain],
            "w_pay": [expected_by(cycle, self.today) for _index, _day, cycle in plain],
            "w_text": [period_text("", (cycle.start, cycle.end)) for _index, _day, cycle in plain],
            "own_customer": [customer for customer, _zone in calendar.customers],
            "own_zone": [zone_id for _customer, zone_id in calendar.customers],
            "own_profile": list(calendar.customers.values()),
            "zone": list(calendar.zones),
            "zone_profile": list(calendar.zones.values()),
            "plan": list(names),
            "plan_tax": list(names.values()),
            "odd_plans": odd,
            "special": calendar.special(),
            "hold_reasons": self._hold_reasons(),
            "earliest": calendar.earliest(),
            "latest": max([calendar.selection.last, *(cycle.end for _i, _d, cycle in plain)]),
            "zone_name": zone.key,
            "only_zone": self.zone_id,
            "only_customer": self.customer_id,
            "exponent": exponent(self.currency),
            "bound": self.policies.default.max_items_per_day,
            "midnight": midnight,
            "quiet": [str(reason) for reason in QUIET],
            "after": after,
            "upto": upto,
        }

    def _plan_taxes(self) -> tuple[dict[int, str], list[int]]:
        """The one tax name of each plan; and the plans one statement cannot do: several taxes, or a daily price."""
        names: dict[int, list[str]] = {}
        odd = set()
        rows = Plan.objects.order_by("id", "taxes__id").values_list("id", "price_unit", "taxes__name")
        for plan, unit, name in rows:
            names.setdefault(plan, []).extend([name] if name else [])
            if unit != Plan.PriceUnit.MONTH or len(names[plan]) > 1:
                odd.add(plan)
        default = self.policies.default.tax_name
        return {plan: (found[0] if found else default) for plan, found in names.items()}, sorted(odd)

    def _hold_reasons(self) -> list[str]:
        stop, policies = BillingPolicy.Suspended.STOP, self.policies
        values = [*policies.zones.values(), *policies.customers.values()]
        stops = policies.default.while_suspended == stop or any(v.get("while_suspended") == stop for v in values)
        return [Hold.Reason.PAUSE, Hold.Reason.DEBT] if stops else [Hold.Reason.PAUSE]


@dataclass(slots=True)
class Assessed:
    """What came of the special services: items to write, who was left out, and cycles that nobody charged."""

    items: list[Item] = field(default_factory=list)
    left_out: dict[int, tuple[str, str]] = field(default_factory=dict)
    skipped: dict[int, list[tuple[dt.date, dt.date]]] = field(default_factory=dict)


def assess_customers(scope: Scope, customer_ids: Collection[int]) -> Assessed:
    """Assess every service of those customers. One that cannot be computed is left out with its reason."""
    found = Assessed()
    services = list(
        Service.objects.filter(customer_id__in=customer_ids).select_related("plan", "customer").order_by("id")
    )
    if scope.zone_id:
        services = [s for s in services if (s.zone_id or s.customer.zone_id) == scope.zone_id]
    facts = read_facts(services, scope.policies, since=scope.calendar.earliest(), now=scope.now)
    contracts = Contract.objects.in_bulk([service.pk for service in services], field_name="service_id")
    for service in services:
        try:
            result = _assess_one(scope, service, facts[service.pk], contracts.get(service.pk))
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # One service whose data make no sense must not stop the others; it is listed for a person.
            logger.exception("service %s cannot be charged", service.pk)
            found.left_out[service.pk] = (Reason.FAILED, type(error).__name__)
            continue
        found.items += result.items
        if result.reason:
            found.left_out[service.pk] = (result.reason, "")
        if result.skipped:
            found.skipped[service.pk] = [(cycle.start, cycle.end) for cycle in result.skipped]
    return found


def _assess_one(scope: Scope, service: Service, facts: Any, contract: Contract | None) -> Assessment:
    zone_id = service.zone_id or service.customer.zone_id
    profile = scope.calendar.profile_of(service.customer_id, zone_id)
    due, past = scope.calendar.cycles(profile, anchor_of(service, contract))
    policy = scope.policies.of(customer_id=service.customer_id, zone_id=zone_id)
    if not due:
        return Assessment(reason=Reason.NOT_YET)
    return assess(facts, policy, due=due, past=past, today=scope.today, currency=scope.currency)


def item_params(items: Sequence[Item]) -> dict[str, Any]:
    """The items as the arrays of run_sql.GIVEN."""
    return {
        "i_customer": [item.customer_id for item in items],
        "i_service": [item.service_id for item in items],
        "i_kind": [str(item.kind) for item in items],
        "i_source": [item.source for item in items],
        "i_start": [item.days[0] if item.days else None for item in items],
        "i_end": [item.days[1] if item.days else None for item in items],
        "i_text": [item.description for item in items],
        "i_rate": [item.taxed.rate for item in items],
        "i_net": [item.taxed.net for item in items],
        "i_tax": [item.taxed.tax for item in items],
        "i_withheld": [item.taxed.withheld for item in items],
        "i_total": [item.taxed.total for item in items],
        "i_taxes": [
            json.dumps([[name, str(rate), str(amount)] for name, rate, amount in item.taxed.parts]) for item in items
        ],
        "i_due": [item.due_on for item in items],
        "i_pay": [item.pay_on for item in items],
        "i_billed": [item.billed for item in items],
    }
