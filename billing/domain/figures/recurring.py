"""What services bring in a month (MRR), how it moved, and who left. As of a day, from what was contracted by then.

A service counts from its first day charged until the day before its last, cut or paused or not, unless it is free. Its
month is the plan's price or its own as they were that day, less the discounts in force, plus its recurring extras, all
without taxes; a price by the day counts thirty.

A customer is new with a first service, back with a service after having had none, gone without any; and of those
who stay, what they pay more is expansion and what they pay less contraction. So start and movements make the end.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.domain.figures.dimensions import SERVICE_PLAN, WHOLE, Dimension, grouped
from billing.domain.figures.period import ONE_DAY, Span, midnight
from billing.domain.figures.reading import fetch
from billing.domain.money import ZERO, exponent
from billing.domain.policies import current_policy
from billing.models import BillingPolicy
from customers.models import Plan
from events.models import Event
from tenants.current import current_tenant


@dataclass(frozen=True, slots=True)
class Recurring:
    """The MRR before and at the end, and the movements between; losses are negative.

    `transfers` is what changed rows with a change of plan, zero where rows are not plans. Services count those with
    a price; customers are those with such a service.
    """

    key: str = ""
    label: str = ""
    start: Decimal = ZERO
    new: Decimal = ZERO
    expansion: Decimal = ZERO
    contraction: Decimal = ZERO
    gone: Decimal = ZERO
    back: Decimal = ZERO
    transfers: Decimal = ZERO
    end: Decimal = ZERO
    services_start: int = 0
    services_new: int = 0
    services_gone: int = 0
    services_end: int = 0
    customers_start: int = 0
    customers_new: int = 0
    customers_back: int = 0
    customers_gone: int = 0
    customers_end: int = 0

    @property
    def movements(self) -> Decimal:
        """All that moved between the start and the end."""
        return self.new + self.expansion + self.contraction + self.gone + self.back + self.transfers

    @property
    def customer_churn(self) -> Decimal | None:
        """Of the customers there were at the start, the percentage that left; None when there were none."""
        return percent(self.customers_gone, self.customers_start)

    @property
    def service_churn(self) -> Decimal | None:
        """Of the services there were at the start, the percentage that ended; None when there were none."""
        return percent(self.services_gone, self.services_start)

    @property
    def revenue_churn(self) -> Decimal | None:
        """Of the MRR at the start, the percentage lost with those who left and those who pay less."""
        return percent(-self.gone - self.contraction, self.start)

    @property
    def per_customer(self) -> Decimal | None:
        """ARPU: the MRR by customer at the end, rounded to the currency; None without customers."""
        places = exponent(current_tenant().currency)
        return round(self.end / self.customers_end, places) if self.customers_end else None


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """`part` of `whole` in percent, to a tenth; None of nothing."""
    return round(Decimal(part) / Decimal(whole) * 100, 1) if whole else None


# {day} and {end} are the names of two parameters: the day, and the moment it ends.
CONTRACTED = """
SELECT s.id AS service_id, s.customer_id, m.plan_id,
       round(greatest(m.gross - least(m.gross, coalesce(d.amount, 0) + m.gross * coalesce(d.share, 0) / 100), 0)
             / m.divisor, %(places)s)
       + coalesce(round(e.taxed / m.divisor, %(places)s) + e.plain, 0) AS net
  FROM customers_service s
  LEFT JOIN billing_contract k ON k.service_id = s.id
  LEFT JOIN (SELECT DISTINCT ON (service_id) service_id, old_plan_id, old_price FROM billing_planchange
              WHERE status = 'done' AND effective_on > %({day})s ORDER BY service_id, effective_on) h
         ON h.service_id = s.id
  JOIN unnest(%(plans_{day})s::bigint[], %(prices_{day})s::numeric[], %(divisors_{day})s::numeric[],
              %(daily_{day})s::bool[]) AS p (plan_id, price, divisor, daily)
         ON p.plan_id = coalesce(h.old_plan_id, s.plan_id)
 CROSS JOIN LATERAL (
       SELECT p.plan_id, p.divisor, CASE WHEN p.daily THEN 30 ELSE 1 END
              * coalesce(CASE WHEN h.service_id IS NULL THEN s.price ELSE h.old_price END, p.price) AS gross) m
  LEFT JOIN (SELECT d.service_id, sum(d.value) FILTER (WHERE d.kind = 'amount') / %(period)s AS amount,
                    sum(d.value) FILTER (WHERE d.kind = 'percent') AS share
               FROM billing_discount d
              WHERE d.starts_on <= %({day})s AND (d.ends_on IS NULL OR d.ends_on >= %({day})s)
                AND d.created_at < %({end})s AND (d.cancelled_at IS NULL OR d.cancelled_at >= %({end})s)
                AND (d.periods IS NULL OR d.periods > (
                     SELECT count(DISTINCT l.invoice_id) FROM billing_charge c JOIN billing_invoiceline l
                         ON l.charge_id = c.id
                      WHERE c.service_id = d.service_id AND c.kind = 'discount' AND c.source = d.id
                        AND c.reversed_at IS NULL AND upper(c.period) <= %({day})s))
              GROUP BY d.service_id) d ON d.service_id = s.id
  LEFT JOIN (SELECT x.service_id, coalesce(sum(x.amount) FILTER (WHERE x.taxed), 0) AS taxed,
                    coalesce(sum(x.amount) FILTER (WHERE NOT x.taxed), 0) AS plain
               FROM billing_extra x
              WHERE x.kind = 'recurring' AND x.starts_on <= %({day})s
                AND (x.ends_on IS NULL OR x.ends_on >= %({day})s)
                AND x.created_at < %({end})s AND (x.cancelled_at IS NULL OR x.cancelled_at >= %({end})s)
              GROUP BY x.service_id) e ON e.service_id = s.id
 WHERE s.status <> 'free' AND m.gross > 0
   AND coalesce(k.starts_on, s.installed_on, (s.created_at AT TIME ZONE %(zone)s)::date) <= %({day})s
   AND (s.status = 'active' OR s.ended_on > %({day})s)
"""


def _contracted(day: str, end: str) -> str:
    return CONTRACTED.replace("{day}", day).replace("{end}", end)


MOVED = """
WITH before AS ({before}), after AS ({after}),
pairs AS (
    SELECT service_id, coalesce(b.customer_id, a.customer_id) AS customer_id, b.plan_id AS old_plan,
           a.plan_id AS new_plan, b.service_id IS NOT NULL AS had, a.service_id IS NOT NULL AS has,
           coalesce(b.net, 0) AS old_net, coalesce(a.net, 0) AS new_net
      FROM before b FULL JOIN after a USING (service_id)
), people AS (
    SELECT customer_id, bool_or(had) AS had, bool_or(has) AS has, sum(new_net - old_net) AS moved
      FROM pairs GROUP BY customer_id
), named AS (
    SELECT customer_id, had, has,
           CASE WHEN had AND NOT has THEN 'gone'
                WHEN has AND NOT had THEN CASE WHEN EXISTS (
                    SELECT 1 FROM customers_service s LEFT JOIN billing_contract k ON k.service_id = s.id
                     WHERE s.customer_id = people.customer_id AND s.status <> 'free'
                       AND coalesce(k.starts_on, s.installed_on, (s.created_at AT TIME ZONE %(zone)s)::date)
                           <= %(day_before)s) THEN 'back' ELSE 'new' END
                WHEN moved > 0 THEN 'expansion' WHEN moved < 0 THEN 'contraction' ELSE 'transfers' END AS movement
      FROM people
)
"""
# One row a customer and zone: where a service goes from one plan to another is no row of its own.
BRIDGE = (
    MOVED
    + """
SELECT {key} AS key, max({label}), sum(x.start),
       coalesce(sum(x.moved) FILTER (WHERE x.movement = 'new'), 0),
       coalesce(sum(x.moved) FILTER (WHERE x.movement = 'expansion'), 0),
       coalesce(sum(x.moved) FILTER (WHERE x.movement = 'contraction'), 0),
       coalesce(sum(x.moved) FILTER (WHERE x.movement = 'gone'), 0),
       coalesce(sum(x.moved) FILTER (WHERE x.movement = 'back'), 0),
       coalesce(sum(x.moved) FILTER (WHERE x.movement = 'transfers'), 0),
       sum(x.finish), sum(x.services_start), sum(x.services_new), sum(x.services_gone), sum(x.services_end),
       count(DISTINCT x.customer_id) FILTER (WHERE x.services_start > 0),
       count(DISTINCT x.customer_id) FILTER (WHERE x.movement = 'new' AND x.services_end > 0),
       count(DISTINCT x.customer_id) FILTER (WHERE x.movement = 'back' AND x.services_end > 0),
       count(DISTINCT x.customer_id) FILTER (WHERE x.movement = 'gone' AND x.services_start > 0),
       count(DISTINCT x.customer_id) FILTER (WHERE x.services_end > 0)
  FROM ({rows}) x
  {joins}
 GROUP BY 1 ORDER BY sum(x.finish) DESC, 1
"""
)
BY_CUSTOMER = """
SELECT n.customer_id, n.movement, sum(p.old_net) AS start, sum(p.new_net) AS finish,
       sum(p.new_net - p.old_net) AS moved, count(*) FILTER (WHERE p.had) AS services_start,
       count(*) FILTER (WHERE p.has AND NOT p.had) AS services_new,
       count(*) FILTER (WHERE p.had AND NOT p.has) AS services_gone,
       count(*) FILTER (WHERE p.has) AS services_end
  FROM pairs p JOIN named n USING (customer_id) GROUP BY n.customer_id, n.movement
"""
# A service that changed its plan leaves the old row with what it paid there and enters the new one with the same.
BY_SERVICE = """
SELECT p.customer_id, p.old_plan AS plan_id, CASE WHEN p.has THEN 'transfers' ELSE n.movement END AS movement,
       p.old_net AS start, 0 AS finish, -p.old_net AS moved, 1 AS services_start, 0 AS services_new,
       CASE WHEN p.has THEN 0 ELSE 1 END AS services_gone, 0 AS services_end
  FROM pairs p JOIN named n USING (customer_id) WHERE p.had AND p.old_plan IS DISTINCT FROM p.new_plan
UNION ALL
SELECT p.customer_id, p.new_plan, CASE WHEN p.had THEN 'transfers' ELSE n.movement END, 0, p.new_net,
       CASE WHEN p.had THEN p.old_net ELSE p.new_net END, 0, CASE WHEN p.had THEN 0 ELSE 1 END, 0, 1
  FROM pairs p JOIN named n USING (customer_id) WHERE p.has AND p.old_plan IS DISTINCT FROM p.new_plan
UNION ALL
SELECT p.customer_id, p.new_plan, n.movement, 0, 0, p.new_net - p.old_net, 0, 0, 0, 0
  FROM pairs p JOIN named n USING (customer_id) WHERE p.had AND p.has AND p.old_plan <> p.new_plan
UNION ALL
SELECT p.customer_id, p.new_plan, n.movement, p.old_net, p.new_net, p.new_net - p.old_net, 1, 0, 0, 1
  FROM pairs p JOIN named n USING (customer_id) WHERE p.old_plan = p.new_plan
"""


def moved_by(span: Span, by: Dimension = WHOLE) -> list[Recurring]:
    """The MRR of the day before `span`, of its last day, and what moved between, taken apart. Three queries."""
    sql = grouped(BRIDGE.replace("{rows}", rows_sql(by)), by).replace(*_BEFORE).replace(*_AFTER)
    return [Recurring(key or "", by.named(key, label), *rest) for key, label, *rest in fetch(sql, bridge_params(span))]


_BEFORE = ("{before}", _contracted("day_before", "end_before"))
_AFTER = ("{after}", _contracted("day_after", "end_after"))


def moved(span: Span) -> Recurring:
    """All of it."""
    return next(iter(moved_by(span)), Recurring())


def rows_sql(by: Dimension) -> str:
    """The rows that `moved_by` groups: by customer, or by service where a row is a plan."""
    return BY_SERVICE if by is SERVICE_PLAN else BY_CUSTOMER


def moved_sql() -> str:
    """The CTEs `pairs` and `named` that those rows read."""
    return MOVED.replace(*_BEFORE).replace(*_AFTER)


def bridge_params(span: Span) -> dict[str, Any]:
    """The parameters of `moved_sql`. Two queries: the plans, and the changes of their prices since."""
    policy = current_policy()
    days = Decimal(policy.pack_days) / 30 if policy.period_unit == BillingPolicy.Unit.DAYS else policy.period_months
    changes = _price_changes(span)
    plans = list(Plan.objects.all())
    found: dict[str, Any] = {"places": exponent(current_tenant().currency), "period": days}
    for name, day in (("before", span.before), ("after", span.last)):
        end = midnight(day + ONE_DAY)
        offers = [_as_of(plan, changes, end) for plan in plans]
        found |= {
            f"day_{name}": day,
            f"end_{name}": end,
            f"plans_day_{name}": [plan.pk for plan in plans],
            f"prices_day_{name}": [offer[0] for offer in offers],
            f"divisors_day_{name}": [offer[1] for offer in offers],
            f"daily_day_{name}": [offer[2] for offer in offers],
        }
    return found


def _price_changes(span: Span) -> list[Event]:
    """The changes of plans since the span began, the newest first: undone one by one they give what was before."""
    rows = Event.objects.filter(type="plan.changed", at__gte=span.start)
    return list(rows.only("at", "subject_id", "facts").order_by("-id"))


def _as_of(plan: Plan, changes: list[Event], end: dt.datetime) -> tuple[Decimal, Decimal, bool]:
    """A plan's price, what takes its taxes out of it, and whether it is by the day, at the moment `end`."""
    values: dict[str, Any] = {
        "price": plan.price,
        "tax_rate": plan.tax_rate,
        "tax_included": plan.tax_included,
        "price_unit": plan.price_unit,
    }
    for event in changes:
        if event.subject_id == plan.pk and event.at >= end:
            changed = event.facts.get("changes", {})
            values |= {name: changed[name]["was"] for name in values if name in changed}
    included = str(values["tax_included"]) == "True"
    divisor = 1 + Decimal(values["tax_rate"]) if included else Decimal(1)
    return Decimal(values["price"]), divisor, values["price_unit"] == Plan.PriceUnit.DAY
