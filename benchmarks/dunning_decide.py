"""dunning-decide: who of 100,000 services is reminded, cut, stepped on or spared, and why, beside its own SELECTs.

Everybody owes: nobody is decided about by not being read. Nothing is written.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import connection
from django.utils import timezone

from benchmarks.base import Benchmark, Round, timed
from benchmarks.billing_months import CUSTOMERS, ITS_SERVICES
from billing.domain.ledger import accounts
from billing.domain.policies import current_policy
from billing.domain.rules_book import RulesBook, decide_everybody
from billing.domain.verdicts import Account, Action
from customers.models import Plan, Service
from tenants.current import current_tenant, enter, tenant_today

SERVICES = 100_000
Decided = list[tuple[Account, list[Action]]]

# An invoice each, due in the last days or soon; a tenth owes a second one, a fiftieth has paid a part.
INVOICES = """
INSERT INTO billing_invoice (customer_id, label, issued_on, due_on, pay_on, subtotal, tax, total, paid, currency,
                             status, imported, created_at, void_reason)
SELECT c.id, 'A-' || c.id || '-' || n, %(today)s::date - late - 9, %(today)s::date - late, %(today)s::date - late - 2,
       600, 0, 600, CASE WHEN c.id %% 50 = 0 THEN 200 ELSE 0 END, %(currency)s, 'open', false, now(), ''
  FROM customers_customer c
 CROSS JOIN LATERAL generate_series(0, (c.id %% 10 = 0)::int) n
 CROSS JOIN LATERAL (SELECT CASE WHEN c.id %% 20 = 1 THEN -3 ELSE (c.id %% 12 + 30 * n)::int END AS late) l
"""
# A twentieth is cut, half of those for so long that their second step has come.
HOLDS = """
INSERT INTO customers_hold (service_id, reason, source, since, detail, opened_by, closed_by)
SELECT id, 'debt', 'dunning', now() - interval '40 days', '{}', 'Cobranza', ''
  FROM customers_service WHERE customer_id %% 20 = 0
"""
PROMISES = """
INSERT INTO billing_promise (uuid, customer_id, amount, currency, until, granted_by, reconnected, note, key,
                             actor_kind, actor_label, created_at, status, settled_reason)
SELECT gen_random_uuid(), id, 600, %(currency)s, now() + interval '3 days', 'staff', false, '', 'bench:' || id, 'user',
       'Ana', now(), 'open', ''
  FROM customers_customer WHERE id %% 50 = 3
"""
CREDITS = """
WITH posted AS (
    INSERT INTO billing_ledgertransaction (uuid, at, day, kind, memo)
    SELECT gen_random_uuid(), now(), %(today)s, 'payment', id::text FROM customers_customer WHERE id %% 30 = 7
    RETURNING id, memo::bigint AS customer_id
)
INSERT INTO billing_entry (transaction_id, account_id, customer_id, amount, currency)
SELECT posted.id, leg.account_id, leg.customer_id, leg.amount, %(currency)s
  FROM posted
 CROSS JOIN LATERAL (VALUES (%(credit)s, posted.customer_id, -100), (%(cash)s, NULL, 100))
       AS leg (account_id, customer_id, amount)
"""


def measure(rounds: int) -> Iterator[Round]:
    """By turns: everybody decided, and the same statements fetched as tuples."""
    with enter("norte"):
        _make()
        today, now = tenant_today(timezone.now()), timezone.now()
        found: list[Decided] = []
        asked: list[tuple[str, Any]] = []

        def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.append((sql, params))
            return execute(sql, params, many, context)

        def decide() -> None:
            found[:] = [decide_everybody(RulesBook(), today, now)]

        with connection.execute_wrapper(keep):
            decide()
        fetch = _Fetch(asked)
        _check(found[0], fetch())
        for _round in range(rounds):
            # What the round before left is not this round's to clear away.
            found.clear()
            gc.collect()
            ours = timed(decide)
            found.clear()
            gc.collect()
            yield Round(ours=[ours], floor=[timed(fetch)])


class _Fetch:
    """Statements fetched as tuples on a connection of psycopg's own, with parameters bound as Django binds them."""

    def __init__(self, asked: list[tuple[str, Any]]) -> None:
        self._asked = asked
        settings = connection.get_connection_params()
        names = ("host", "port", "user", "password", "dbname")
        self._connection = psycopg.connect(
            **{name: settings[name] for name in names},
            options=f"-c search_path={current_tenant().schema_name},public",
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
        )

    def __call__(self) -> list[list[tuple[Any, ...]]]:
        return [self._connection.execute(sql, params).fetchall() for sql, params in self._asked]


def _make() -> None:
    currency = current_tenant().currency
    chart = accounts(currency, "credit", "cash")
    plans = [Plan.objects.create(name=name, price=600, tax_rate=0) for name in ("50 Mbps", "100 Mbps")]
    policy = current_policy()
    policy.cut_after_days, policy.min_debt = 1, 50
    policy.second_step, policy.second_step_after_days = policy.SecondStep.STOP_BILLING, 35
    policy.save()
    values: dict[str, Any] = {"today": tenant_today(timezone.now()), "currency": currency, **chart}
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, [SERVICES])
        cursor.execute(ITS_SERVICES, [plan.pk for plan in plans])
        for statement in (INVOICES, HOLDS, PROMISES, CREDITS):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")
    Service.objects.filter(customer_id__in=range(0, SERVICES, 70)).update(never_cut_until=values["today"])


def _check(decided: Decided, fetched: list[list[tuple[Any, ...]]]) -> None:
    """All services were read and decided about, and every kind of decision is among them, or it says nothing."""
    services = max(len(rows) for rows in fetched[1:] if rows and len(rows[0]) == 4)
    kinds = Counter(type(action).__name__ for _account, actions in decided for action in actions)
    if services != SERVICES or len(decided) < SERVICES * 0.8 or len(kinds) < 4:
        raise RuntimeError(f"not what was to be measured: {services} {len(decided)} {kinds}")


BENCHMARK = Benchmark(
    name="dunning-decide",
    kind="ratio",
    better="lower",
    goal=5.0,
    note=(
        f"Reading the policies and {SERVICES:,} services that owe 110,000 invoices, and deciding each with its reasons "
        "/ the same statements fetched as tuples by psycopg."
    ),
    measure=measure,
)
