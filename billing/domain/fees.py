"""Fees nobody types: for paying late, and for coming back after a cut. Each is a charge of the next invoice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from billing.domain.contracts import monthly_price
from billing.domain.money import exponent, round_money
from billing.domain.policies import Policies, all_policies
from billing.models import BillingPolicy, Extra, FeeKind
from customers.models import Customer, Hold, Service
from events.domain import Actor, Fact, record, record_many
from tenants.current import current_tenant, tenant_today

# Turning the fee on does not reach back to debts of years ago.
REACH = dt.timedelta(days=62)

# Terms of the provider (zone and customer null), of zones and of customers; the most particular row wins. The key is
# unique, so however often and by however many this runs, an invoice has one fee.
ADD_LATE_FEES = """
WITH terms AS (
    SELECT * FROM unnest(%(zones)s::bigint[], %(customers)s::bigint[], %(kinds)s::text[], %(values)s::numeric[],
                         %(days)s::int[], %(taxed)s::bool[]) AS t (zone_id, customer_id, kind, value, days, taxed)
), late AS (
    SELECT i.id, i.label, i.due_on, i.total - i.paid AS owed, s.id AS service_id, i.customer_id,
           coalesce(s.zone_id, c.zone_id) AS zone_id
      FROM billing_invoice i
      JOIN customers_customer c ON c.id = i.customer_id
      JOIN LATERAL (
           SELECT sv.id, sv.zone_id
             FROM customers_service sv
             LEFT JOIN (SELECT ch.service_id, min(l.id) AS line
                          FROM billing_invoiceline l JOIN billing_charge ch ON ch.id = l.charge_id
                         WHERE l.invoice_id = i.id GROUP BY ch.service_id) billed ON billed.service_id = sv.id
            WHERE sv.customer_id = i.customer_id AND (billed.line IS NOT NULL OR sv.status <> 'cancelled')
            ORDER BY billed.line, sv.status = 'active' DESC, sv.id LIMIT 1) s ON true
     WHERE i.status = 'open' AND i.currency = %(currency)s
       AND i.due_on < %(today)s AND i.due_on >= %(since)s
       AND NOT EXISTS (SELECT FROM billing_extra e WHERE e.key = 'late_fee:' || i.id)
), fee AS (
    SELECT late.*, t.taxed,
           round(CASE t.kind WHEN 'percent' THEN late.owed * t.value / 100 ELSE t.value END, %(exponent)s) AS amount
      FROM late
      JOIN LATERAL (
           SELECT * FROM terms
            WHERE (terms.customer_id = late.customer_id AND terms.zone_id IS NOT DISTINCT FROM late.zone_id)
               OR (terms.customer_id IS NULL AND terms.zone_id = late.zone_id)
               OR (terms.customer_id IS NULL AND terms.zone_id IS NULL)
            ORDER BY terms.customer_id IS NULL, terms.zone_id IS NULL LIMIT 1) t ON true
     WHERE t.kind <> 'none' AND late.due_on + t.days <= %(today)s
)
INSERT INTO billing_extra (service_id, kind, category, description, amount, taxed, starts_on, key, cancelled_by,
                           created_by, created_at)
SELECT service_id, 'once', 'late_fee', left(%(text)s || ' ' || label, 120), amount, taxed, %(today)s,
       'late_fee:' || id, '', %(actor)s, %(now)s
  FROM fee WHERE amount > 0 ORDER BY id
ON CONFLICT DO NOTHING
RETURNING id, service_id, amount, description,
          (SELECT customer_id FROM customers_service WHERE customers_service.id = service_id),
          substr(key, 10)::bigint
"""


@transaction.atomic
def add_late_fees(*, today: dt.date, now: dt.datetime) -> int:
    """Charge the late fee of every open invoice that is overdue long enough, once; returns how many were new.

    The policy in force for each customer and zone says whether, how much and after how many days. An amount, or a
    percentage of what is owed, in the provider's currency; a fee due more than 62 days ago is left alone.
    """
    rows = _terms(all_policies())
    if all(row[2] == FeeKind.NONE for row in rows):
        return 0
    currency, actor = current_tenant().currency, Actor.system(_("Facturación"))
    zones, customers, kinds, values, days, taxed = (list(column) for column in zip(*rows, strict=True))
    params: dict[str, Any] = {
        "zones": zones, "customers": customers, "kinds": kinds, "values": values, "days": days, "taxed": taxed,
        "currency": currency, "today": today, "since": today - _reach(rows),
        "exponent": exponent(currency), "text": _("Recargo por pago tardío de"), "actor": actor.label, "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(ADD_LATE_FEES, params)
        added = cursor.fetchall()
    record_many(
        Fact(
            "fee.added",
            ("customers.service", service_id),
            actor,
            customer_id,
            now,
            {
                "extra": extra_id,
                "category": Extra.Category.LATE_FEE,
                "description": description,
                "amount": str(amount),
                "currency": currency,
                "invoice_id": invoice_id,
            },
        )
        for extra_id, service_id, amount, description, customer_id, invoice_id in added
    )
    return len(added)


Terms = tuple[int | None, int | None, str, Decimal, int, bool]


def _reach(rows: list[Terms]) -> dt.timedelta:
    return dt.timedelta(days=max(row[4] for row in rows)) + REACH


def _terms(policies: Policies) -> list[Terms]:
    """The late fee of the provider, of each zone, and of each customer with a policy of their own."""

    def row(zone_id: int | None, customer_id: int | None) -> Terms:
        policy = policies.of(customer_id=customer_id, zone_id=zone_id)
        return (
            zone_id, customer_id, policy.late_fee_kind, policy.late_fee_value, policy.late_fee_after_days,
            policy.late_fee_taxed,
        )  # fmt: skip

    found = [row(None, None), *(row(zone_id, None) for zone_id in policies.zones)]
    if policies.customers:
        places: set[tuple[int, int | None]] = set()
        for customer_id, home in Customer.objects.filter(pk__in=policies.customers).values_list("id", "zone_id"):
            places.add((customer_id, home))
        for customer_id, zone_id, home in Service.objects.filter(customer_id__in=policies.customers).values_list(
            "customer_id", "zone_id", "customer__zone_id"
        ):
            places.add((customer_id, zone_id or home))
        found += [row(zone_id, customer_id) for customer_id, zone_id in sorted(places, key=str)]
    return found


def add_reconnect_fees(*, hold_ids: Collection[int], actor: Actor, now: dt.datetime) -> list[Extra]:
    """Charge coming back after a cut for debt, once a cut, when the policy says so and the cut lasted long enough.

    An amount, or a percentage of the month's price. In the caller's transaction.
    """
    currency = current_tenant().currency
    added = []
    for hold, policy, amount in _reconnect_fees(Hold.objects.filter(pk__in=hold_ids), now):
        service = hold.service
        extra, created = Extra.objects.get_or_create(
            key=f"reconnect_fee:{hold.pk}",
            defaults={
                "service": service,
                "kind": Extra.Kind.ONCE,
                "category": Extra.Category.RECONNECT_FEE,
                "description": _("Reconexión"),
                "amount": amount,
                "taxed": policy.reconnect_fee_taxed,
                "starts_on": tenant_today(now),
                "created_by": actor.label,
                "created_at": now,
            },
        )
        if created:
            _tell(extra, actor, now, currency)
            added.append(extra)
    return added


def foresee_reconnect_fees(*, customer_id: int, now: dt.datetime) -> Decimal:
    """What coming back from the cuts for debt of now would add to the customer's next invoice, before tax apart."""
    holds = Hold.objects.open(now).filter(service__customer_id=customer_id, reason=Hold.Reason.DEBT)
    keys = {f"reconnect_fee:{hold.pk}": amount for hold, _policy, amount in _reconnect_fees(holds, now)}
    charged = Extra.objects.filter(key__in=keys).values_list("key", flat=True) if keys else ()
    return sum((amount for key, amount in keys.items() if key not in set(charged)), Decimal(0))


def _reconnect_fees(holds: QuerySet[Hold], now: dt.datetime) -> Iterator[tuple[Hold, BillingPolicy, Decimal]]:
    """Each hold that costs something to lift, with its policy and the amount."""
    policies, currency = all_policies(), current_tenant().currency
    for hold in holds.select_related("service__plan", "service__customer"):
        service = hold.service
        zone_id = service.zone_id or service.customer.zone_id
        policy = policies.of(customer_id=service.customer_id, zone_id=zone_id)
        amount = _reconnect_amount(policy, service, currency)
        if amount > 0 and now - hold.since >= dt.timedelta(days=policy.reconnect_fee_after_days):
            yield hold, policy, amount


def _reconnect_amount(policy: BillingPolicy, service: Service, currency: str) -> Decimal:
    if policy.reconnect_fee_kind == FeeKind.PERCENT:
        price = monthly_price(service.plan, service.price)
        return round_money(price * policy.reconnect_fee_value / 100, currency)
    if policy.reconnect_fee_kind == FeeKind.AMOUNT:
        return round_money(policy.reconnect_fee_value, currency)
    return Decimal(0)


def _tell(extra: Extra, actor: Actor, now: dt.datetime, currency: str) -> None:
    facts: dict[str, Any] = {
        "extra": extra.pk,
        "category": extra.category,
        "description": extra.description,
        "amount": str(extra.amount),
        "currency": currency,
    }
    record("fee.added", subject=extra.service, actor=actor, at=now, **facts)
