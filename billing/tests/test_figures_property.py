"""Any history adds up: the MRR's movements make its end, dimensions make the whole, what was owed is the ledger's."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.domain.credit_notes import CreditRefused, issue_credit_note
from billing.domain.discounts import add_discount
from billing.domain.extras import add_extra
from billing.domain.figures.dimensions import BILLED_BY, COLLECTED_BY, OWED_BY, RECURRING_BY
from billing.domain.figures.flows import billed, billed_by, collected, collected_by
from billing.domain.figures.period import month_span
from billing.domain.figures.receivable import owed, owed_by
from billing.domain.figures.recurring import moved, moved_by
from billing.domain.money import BadAmount
from billing.domain.payments import PaymentRefused, record_payment, void_payment
from billing.domain.plan_changes import TermsRefused, change_plan
from billing.domain.refunds import refund_payment
from billing.models import Entry, Invoice, Payment
from billing.tests.bills import bill, line
from billing.tests.scenes import STAFF
from customers.domain.services import cancel_service
from customers.models import Customer, Plan, Service, Zone

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("America/Mexico_City")
START = dt.datetime(2026, 8, 30, 22, 0, tzinfo=HERE)
TODAY = dt.date(2026, 12, 31)
SPANS = [month_span(dt.date(2026, month, 1), today=TODAY) for month in (8, 9, 10, 11)]
_keys = itertools.count()

WHAT = ("join", "end", "plan", "discount", "extra", "bill", "pay", "void", "credit", "refund")
STEPS = st.lists(
    st.tuples(st.sampled_from(WHAT), st.integers(0, 5), st.integers(1, 900), st.integers(1, 400)),
    min_size=4,
    max_size=25,
)


class _Undo(Exception):
    """Ends an example without a trace."""


class Life:
    """Few customers to whom things happen, one after the other."""

    def __init__(self) -> None:
        zones = [Zone.objects.create(name="Norte"), Zone.objects.create(name="Sur"), None]
        self.people = [Customer.objects.create(code=f"H{n}", name=f"H{n}", zone=zones[n % 3]) for n in range(6)]
        self.plans = [
            Plan.objects.create(name="Básico", price=Decimal("333.33"), tax_rate=Decimal("0.16")),
            Plan.objects.create(name="Plus", price=Decimal(500), tax_rate=Decimal("0.16"), tax_included=False),
            Plan.objects.create(name="Día", price=Decimal("11.07"), price_unit="day"),
        ]

    def do(self, what: str, who: int, amount: int, now: dt.datetime) -> None:
        person, service = self.people[who], self.people[who].services.filter(status="active").first()
        if what == "join":
            code = f"{person.code}-{next(_keys)}"
            Service.objects.create(customer=person, plan=self.plans[amount % 3], code=code, created_at=now)
        elif what == "pay":
            record_payment(
                customer_id=person.pk, amount=Decimal(amount), method=Payment.Method.values[amount % 5],
                received_at=now, actor=STAFF, key=f"counter:{next(_keys)}", now=now,
            )  # fmt: skip
        elif what == "void":
            if paid := Payment.objects.filter(customer=person, voided_at=None).first():
                void_payment(payment_id=paid.pk, reason="x", actor=STAFF, now=now)
        elif what == "refund":
            if paid := Payment.objects.filter(customer=person, voided_at=None).last():
                refund = {"amount": Decimal(amount), "reason": "x", "method": "card", "key": f"r{next(_keys)}"}
                refund_payment(payment_id=paid.pk, actor=STAFF, now=now, **refund)
        elif what == "credit":
            if invoice := Invoice.objects.filter(customer=person).last():
                issue_credit_note(invoice_id=invoice.pk, amount=Decimal(amount), reason="x", actor=STAFF, now=now)
        elif service:
            self.change(what, service, amount, now)

    def change(self, what: str, service: Service, amount: int, now: dt.datetime) -> None:
        day = now.astimezone(HERE).date()
        if what == "end":
            cancel_service(service_id=service.pk, actor=STAFF, now=now, today=day)
        elif what == "plan":
            change_plan(service_id=service.pk, new_plan=self.plans[amount % 3], actor=STAFF, now=now)
        elif what == "discount":
            kind, value = ("percent", amount % 100 + 1) if amount % 2 else ("amount", amount)
            fields = {"service_id": service.pk, "description": "x", "actor": STAFF, "now": now}
            add_discount(kind=kind, value=Decimal(value), ends_on=day + dt.timedelta(days=amount % 60), **fields)
        elif what == "extra":
            fields = {"service_id": service.pk, "description": "x", "actor": STAFF, "now": now}
            add_extra(kind="recurring", amount=Decimal(amount), taxed=bool(amount % 2), **fields)
        elif what == "bill":
            days = (day, day + dt.timedelta(days=1))
            bill(service, line(str(amount), days=days, kind="once"), due_on=day + dt.timedelta(days=5), now=now)


def live(steps: list[tuple[str, int, int, int]]) -> dict[dt.date, Decimal]:
    """Live it; returns what was owed at the end of each month, asked before anything later happened."""
    life, now, seen = Life(), START, {}
    for what, who, amount, hours in steps:
        now += dt.timedelta(hours=hours)
        for span in SPANS:
            if span.end <= now and span.last not in seen:
                seen[span.last] = owed(span.last).total
        if now.date() >= TODAY:
            break
        try:
            with transaction.atomic():
                life.do(what, who, amount, now)
        except (CreditRefused, PaymentRefused, TermsRefused, BadAmount):
            continue  # what may not be done was not done
    return seen


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_history_adds_up(in_norte, steps):
    with pytest.raises(_Undo), transaction.atomic():
        seen = live(steps)
        last_end = Decimal(0)
        for span in SPANS:
            whole = moved(span)
            assert whole.start == last_end
            assert whole.start + whole.movements == whole.end
            assert whole.transfers == 0
            assert whole.services_start + whole.services_new - whole.services_gone == whole.services_end
            came = whole.customers_new + whole.customers_back
            assert whole.customers_start + came - whole.customers_gone == whole.customers_end
            last_end = whole.end
            for by in RECURRING_BY.values():
                rows = moved_by(span, by)
                assert all(row.start + row.movements == row.end for row in rows)
                assert sum(row.end for row in rows) == whole.end
                assert sum(row.gone for row in rows) == whole.gone
                assert sum(row.transfers for row in rows) == 0
            assert all(sum(r.total for r in billed_by(span, by)) == billed(span).total for by in BILLED_BY.values())
            assert all(
                sum(r.total for r in collected_by(span, by)) == collected(span).total for by in COLLECTED_BY.values()
            )
            assert all(
                sum(r.overdue for r in owed_by(span.last, by)) == owed(span.last).overdue for by in OWED_BY.values()
            )
            entries = Entry.objects.filter(account__kind="receivable", transaction__at__lt=span.end)
            assert sum(entries.values_list("amount", flat=True)) == owed(span.last).total
            assert seen.get(span.last, owed(span.last).total) == owed(span.last).total
        raise _Undo
