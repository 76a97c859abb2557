"""Months that nobody billed: found and offered, never billed silently.

A service's charges cover its days without a gap. A whole cycle inside a gap, or after its last charge though its
issue day has passed, was skipped; a part of one is not: the next run completes it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection

from billing.domain.cycle import add_months, cycle_of, month_start
from billing.domain.policies import all_policies
from billing.domain.run_calendar import Selection, freeze_calendar
from tenants.current import tenant_today, tenant_zone

MONTHS_BACK = 13

GAPS = """
WITH covered AS (
    SELECT service_id, range_agg(period) AS days
      FROM billing_charge
     WHERE kind = 'plan' AND source = 0 AND reversed_at IS NULL AND period && daterange(%(since)s, NULL)
     GROUP BY service_id
)
SELECT s.id, s.customer_id, coalesce(s.zone_id, c.zone_id),
       datemultirange(daterange(owes.since, %(until)s)) - coalesce(covered.days, '{}'::datemultirange)
  FROM customers_service s
  JOIN customers_customer c ON c.id = s.customer_id
  JOIN customers_plan p ON p.id = s.plan_id
  LEFT JOIN covered ON covered.service_id = s.id
 CROSS JOIN LATERAL (
       -- From its first charge on; one put on record when it began, from its first day: nobody else charged those.
       SELECT coalesce(least(lower(covered.days), CASE
              WHEN s.external_ref = '' AND s.installed_on >= (s.created_at AT TIME ZONE %(zone)s)::date - 31
              THEN greatest(s.installed_on, %(since)s) END), s.installed_on) AS since) owes
 WHERE s.status = 'active' AND coalesce(s.price, p.price) > 0
   AND (covered.days IS NOT NULL OR (s.external_ref = '' AND s.installed_on < %(until)s))
   AND owes.since < %(until)s
   AND NOT coalesce(covered.days, '{}'::datemultirange) @> daterange(owes.since, %(until)s)
"""


@dataclass(frozen=True, slots=True)
class SkippedMonth:
    """A month whose cycle was charged to nobody of `services`."""

    month: dt.date
    services: int


def find_skipped(*, now: dt.datetime) -> list[SkippedMonth]:
    """The months of the last year that some active service was not billed, oldest first.

    The cycle being issued now is not skipped yet: it counts from the month after its own.
    """
    policies, today = all_policies(), tenant_today(now)
    first = add_months(month_start(today), -MONTHS_BACK + 1)
    calendar = freeze_calendar(policies, Selection(first, today))
    own = cycle_of(policies.default, month_start(today))
    until = own.start if own.issue_on <= today else cycle_of(policies.default, add_months(today, -1)).start
    found: Counter[dt.date] = Counter()
    for _service, customer_id, zone_id, gaps in _gaps(first, until):
        profile = calendar.profile_of(customer_id, zone_id)
        if profile.period_unit != "month" or profile.period_months != 1:
            continue  # those are completed by the clock's daily run
        for month in _months(first, today):
            cycle = cycle_of(profile, month)
            if any(gap.lower <= cycle.start and cycle.end <= gap.upper for gap in gaps):
                found[month] += 1
    return [SkippedMonth(month, services) for month, services in sorted(found.items())]


def _gaps(since: dt.date, until: dt.date) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(GAPS, {"since": since, "until": until, "zone": tenant_zone().key})
        return cursor.fetchall()


def _months(first: dt.date, today: dt.date) -> list[dt.date]:
    months = [first]
    while months[-1] < month_start(today):
        months.append(add_months(months[-1], 1))
    return months
