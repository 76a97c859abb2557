"""What decides the charging of many services, read with a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Count, Q

from billing.domain.charge_facts import DiscountFacts, ExtraFacts, Offer, Segment, ServiceFacts
from billing.domain.days import Days, overlap
from billing.domain.policies import Policies
from billing.domain.taxation import TaxPart
from billing.models import BillingPolicy, BillingStop, Charge, Contract, Discount, Extra, Invoice, PlanChange
from customers.models import Customer, Hold, Plan, Service, Tax
from tenants.current import tenant_zone

ONE_DAY = dt.timedelta(days=1)
FOREVER = dt.date.max


def read_facts(
    services: Collection[Service], policies: Policies, *, since: dt.date, now: dt.datetime
) -> dict[int, ServiceFacts]:
    """The facts of services read with `select_related("plan", "customer")`; nothing before `since` matters.

    Seventeen queries whatever the number of services.
    """
    reader = _Reader([service.pk for service in services], policies, since, now)
    return {service.pk: reader.facts(service) for service in services}


def anchor_of(service: Service, contract: Contract | None) -> dt.date:
    """The day a service's cycles count from: its contract's first day, its installation, or when it was put down."""
    start = (contract.starts_on if contract else None) or service.installed_on
    return start or service.created_at.astimezone(tenant_zone()).date()


class _Reader:
    """Everything read, by service."""

    def __init__(self, ids: list[int], policies: Policies, since: dt.date, now: dt.datetime) -> None:
        self.ids, self.policies, self.since, self.zone = ids, policies, since, tenant_zone()
        self.today = now.astimezone(self.zone).date()
        self.contracts = {row.service_id: row for row in Contract.objects.filter(service_id__in=ids)}
        self.taxes = _plan_taxes()
        self.plans = Plan.objects.in_bulk()
        self.covered, self.ever, self.charged_today = self._coverage(now)
        self.given_back = self._given_back()
        self.extras, self.discounts = self._extras(), self._discounts()
        self.changes = _grouped(
            PlanChange.objects.filter(service_id__in=ids).exclude(status="cancelled").order_by("effective_on")
        )
        self.holds = self._holds()
        self.stops = _grouped(BillingStop.objects.filter(service_id__in=ids).order_by("since"))
        self.withholdings = self._withholdings()

    def facts(self, service: Service) -> ServiceFacts:
        """The facts of one."""
        contract = self.contracts.get(service.pk)
        zone_id = service.zone_id or service.customer.zone_id
        policy = self.policies.of(customer_id=service.customer_id, zone_id=zone_id)
        start = (contract.starts_on if contract else None) or service.installed_on
        trial = contract.trial_days if contract and contract.trial_days is not None else policy.trial_days
        paused, off = self._offs(service.pk, policy)
        return ServiceFacts(
            service.pk,
            service.customer_id,
            self._segments(service),
            service.created_at.astimezone(self.zone).date(),
            start,
            trial,
            # One cancelled before anybody wrote the day down ended long ago.
            (service.ended_on or dt.date.min) if service.status == Service.Status.CANCELLED else None,
            free=service.status == Service.Status.FREE or service.price == 0,
            imported=bool(service.external_ref),
            covered=tuple(self.covered.get((service.pk, Charge.Kind.PLAN, 0), ())),
            ever_covered=service.pk in self.ever,
            extras=tuple(self.extras.get(service.pk, ())),
            discounts=tuple(self.discounts.get(service.pk, ())),
            paused=tuple(paused),
            off=tuple(off),
            given_back=tuple(self.given_back.get(service.pk, ())),
            exempt=service.customer.tax_exempt,
            withholdings=tuple(self.withholdings.get(service.customer_id, ())),
            charged_today=self.charged_today.get(service.pk, 0),
        )

    def _coverage(self, now: dt.datetime) -> tuple[dict[tuple[int, str, int], list[Days]], set[int], dict[int, int]]:
        mine = Charge.objects.filter(service_id__in=self.ids)
        covered: dict[tuple[int, str, int], list[Days]] = defaultdict(list)
        rows = mine.filter(reversed_at=None, period__endswith__gte=self.since).order_by("period")
        for service, kind, source, period in rows.values_list("service_id", "kind", "source", "period"):
            if period and period.lower and period.upper:
                covered[service, kind, source].append((period.lower, period.upper))
        ever = set(mine.filter(reversed_at=None, kind=Charge.Kind.PLAN).values_list("service_id", flat=True))
        midnight = dt.datetime.combine(now.astimezone(self.zone).date(), dt.time.min, self.zone)
        today = mine.filter(created_at__gte=midnight).values("service_id").annotate(n=Count("id"))
        return covered, ever, {row["service_id"]: row["n"] for row in today}

    def _given_back(self) -> dict[int, list[Days]]:
        """Days whose charge was taken back by a credit note or had cost nothing; those of a void invoice are not."""
        rows = Charge.objects.filter(
            service_id__in=self.ids, kind=Charge.Kind.PLAN, reversed_at__isnull=False, period__endswith__gte=self.since
        ).exclude(line__invoice__status=Invoice.Status.VOID)
        found: dict[int, list[Days]] = defaultdict(list)
        for service, period in rows.values_list("service_id", "period"):
            if period and period.lower and period.upper:
                found[service].append((period.lower, period.upper))
        return found

    def _segments(self, service: Service) -> tuple[Segment, ...]:
        """The plans over time. Before the first change known it was the plan that change began from."""
        found = []
        changes = self.changes.get(service.pk, [])
        if changes:
            first = changes[0]
            found.append(Segment(dt.date.min, self._offer(self.plans[first.old_plan_id], first.old_price)))
            found += [
                Segment(change.effective_on, self._offer(self.plans[change.new_plan_id], change.new_price), change.rule)
                for change in changes[:-1]
            ]
        last = changes[-1] if changes else None
        if last and last.status == PlanChange.Status.SCHEDULED:
            offer = self._offer(self.plans[last.new_plan_id], last.new_price)
        else:
            offer = self._offer(self.plans[service.plan_id], service.price)
        rule = last.rule if last else BillingPolicy().plan_change
        return (*found, Segment(last.effective_on if last else dt.date.min, offer, rule))

    def _offer(self, plan: Plan, price: Any) -> Offer:
        taxes = self.taxes.get(plan.pk) or (
            (TaxPart(self.policies.default.tax_name, plan.tax_rate),) if plan.tax_rate else ()
        )
        amount = plan.price if price is None else price
        return Offer(plan.name, amount, taxes, plan.tax_included, plan.price_unit == Plan.PriceUnit.DAY)

    def _extras(self) -> dict[int, list[ExtraFacts]]:
        found: dict[int, list[ExtraFacts]] = defaultdict(list)
        rows = Extra.objects.filter(service_id__in=self.ids, cancelled_at=None).filter(
            Q(kind=Extra.Kind.ONCE, billed_at=None)
            | Q(kind=Extra.Kind.RECURRING) & (Q(ends_on=None) | Q(ends_on__gte=self.since))
        )
        for row in rows.order_by("id"):
            once = row.kind == Extra.Kind.ONCE
            end = row.ends_on + ONE_DAY if row.ends_on and not once else FOREVER
            covered = tuple(self.covered.get((row.service_id, Charge.Kind.EXTRA, row.pk), ()))
            found[row.service_id].append(
                ExtraFacts(row.pk, once, row.description, row.amount, row.taxed, row.starts_on, end, covered)
            )
        return found

    def _discounts(self) -> dict[int, list[DiscountFacts]]:
        found: dict[int, list[DiscountFacts]] = defaultdict(list)
        rows = list(Discount.objects.filter(service_id__in=self.ids, cancelled_at=None).order_by("id"))
        used = (
            Charge.objects.filter(kind=Charge.Kind.DISCOUNT, service_id__in=self.ids, reversed_at=None)
            .values("source")
            .annotate(n=Count("line__invoice", distinct=True))
        )
        times = {row["source"]: row["n"] for row in used}
        for row in rows:
            left = None if row.periods is None else max(0, row.periods - times.get(row.pk, 0))
            end = row.ends_on + ONE_DAY if row.ends_on else FOREVER
            percent = row.kind == Discount.Kind.PERCENT
            if left != 0:
                found[row.service_id].append(
                    DiscountFacts(row.pk, percent, row.value, row.description, row.starts_on, end, left)
                )
        return found

    def _holds(self) -> dict[int, list[Hold]]:
        rows = Hold.objects.filter(service_id__in=self.ids, reason__in=[Hold.Reason.PAUSE, Hold.Reason.DEBT])
        return _grouped(rows.filter(Q(closed_at=None) | Q(closed_at__date__gte=self.since)).order_by("since"))

    def _offs(self, service_id: int, policy: BillingPolicy) -> tuple[list[Days], list[Days]]:
        """The whole days it was paused, and cut when the cut is not charged: from the day after.

        The policy does not charge any cut, or this one went on so long that billing stopped.
        """
        paused, off = [], []
        for hold in self.holds.get(service_id, []):
            ends = [moment for moment in (hold.closed_at, hold.until) if moment]
            start = hold.since.astimezone(self.zone).date() + ONE_DAY
            end = min(ends).astimezone(self.zone).date() if ends else FOREVER
            if start >= end:
                continue
            if hold.reason == Hold.Reason.PAUSE:
                paused.append((start, end))
            elif policy.while_suspended == BillingPolicy.Suspended.STOP:
                off.append((start, end))
            else:
                stops = ((stop.since, stop.until or FOREVER) for stop in self.stops.get(service_id, []))
                off += [days for stop in stops if (days := overlap((start, end), stop))]
        return paused, off

    def _withholdings(self) -> dict[int, list[TaxPart]]:
        found: dict[int, list[TaxPart]] = defaultdict(list)
        through = Customer.withholdings.through.objects.filter(
            customer__services__in=self.ids, tax__kind=Tax.Kind.WITHHELD, tax__is_active=True
        ).distinct()
        for row in through.select_related("tax").order_by("tax_id"):
            tax = row.tax
            found[row.customer_id].append(TaxPart(tax.name, tax.rate, True, tax.base == Tax.Base.TAX))
        return found


def _plan_taxes() -> dict[int, tuple[TaxPart, ...]]:
    found: dict[int, list[TaxPart]] = defaultdict(list)
    rows = Plan.taxes.through.objects.select_related("tax").filter(tax__kind=Tax.Kind.ADDED).order_by("tax_id")
    for row in rows:
        found[row.plan_id].append(TaxPart(row.tax.name, row.tax.rate))
    return {plan: tuple(parts) for plan, parts in found.items()}


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.service_id].append(row)
    return found
