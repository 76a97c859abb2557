"""Any life of one service: changes of plan, pauses, extras, billing, paying, voiding and crediting as time passes.

Whatever happens in whatever order, the books stay whole, no day is charged twice or forgotten, numbers have no gaps,
and billing the same month again changes nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from billing.domain.contracts import TermsRefused
from billing.domain.credit_notes import CreditRefused, issue_credit_note, write_off_invoice
from billing.domain.cycle import add_months, month_start
from billing.domain.extras import add_extra
from billing.domain.fees import add_late_fees
from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.domain.ledger import balance, credit_in, statement
from billing.domain.payments import PaymentRefused, record_payment, void_payment
from billing.domain.plan_changes import apply_due_changes, change_plan
from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.models import Charge, CreditNote, Entry, Invoice, Payment
from billing.tests.scenes import STAFF, check_books, make_customer, make_plan, numbers_without_gaps
from customers.models import Hold, Service
from desk.domain.services import pause_service, resume_service
from tenants.current import tenant_today

REFUSED = (TermsRefused, CreditRefused, InvoiceRefused, PaymentRefused)
PLANS = ("Veinte", "Cincuenta", "Cien")
amounts = st.decimals("1", "900", places=2)
whens = st.sampled_from(["now", "period_end", "in a week"])
steps = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 25)),
    st.tuples(st.just("bill"), st.integers(0, 1)),
    st.tuples(st.just("change"), st.tuples(st.integers(0, 2), whens)),
    st.tuples(st.just("pause"), st.one_of(st.none(), st.integers(0, 30))),
    st.tuples(st.just("resume"), st.none()),
    st.tuples(st.just("extra"), amounts),
    st.tuples(st.just("pay"), amounts),
    st.tuples(st.just("void payment"), st.integers(0, 5)),
    st.tuples(st.just("void invoice"), st.integers(0, 5)),
    st.tuples(st.just("credit"), st.tuples(st.integers(0, 5), amounts)),
    st.tuples(st.just("write off"), st.integers(0, 5)),
)
rules = st.fixed_dictionaries(
    {
        "plan_change": st.sampled_from(["real_days", "days_30", "whole", "free"]),
        "pause_percent": st.sampled_from([Decimal(0), Decimal(30)]),
        "pause_returns": st.booleans(),
        "late_fee_kind": st.sampled_from(["none", "amount"]),
        "late_fee_value": st.just(Decimal(50)),
    }
)


@dataclass
class Life:
    """One service, the moment it is at, and how many things happened."""

    service: Service
    now: dt.datetime
    count: int = field(default=0)

    @property
    def who(self):
        self.count += 1
        return {"actor": STAFF, "now": self.now}

    @property
    def today(self):
        return tenant_today(self.now)

    def wait(self, days):
        self.now += dt.timedelta(days=days)
        apply_due_changes(today=self.today, now=self.now)
        add_late_fees(today=self.today, now=self.now)

    def bill(self, ahead):
        month = add_months(month_start(self.today), ahead)
        for _again in range(2):
            before = (Charge.objects.count(), Invoice.objects.count(), Entry.objects.count())
            # Moments of one day differ, as they do in life.
            self.now += dt.timedelta(seconds=1)
            run = start_run(period=month, origin="hand", actor=STAFF, now=self.now)
            run_billing(run_id=run.pk, now=self.now)
        assert (Charge.objects.count(), Invoice.objects.count(), Entry.objects.count()) == before
        if not Hold.objects.filter(reason="pause").exists():
            covered_without_gaps()

    def change(self, wanted):
        which, when = wanted
        day = self.today + dt.timedelta(days=7) if when == "in a week" else when
        change_plan(service_id=self.service.pk, new_plan=make_plan(PLANS[which]), when=day, **self.who)

    def pause(self, days):
        until = None if days is None else self.today + dt.timedelta(days=days)
        pause_service(service_id=self.service.pk, until=until, why="", **self.who)

    def resume(self, _nothing):
        resume_service(service_id=self.service.pk, **self.who)

    def extra(self, amount):
        add_extra(service_id=self.service.pk, kind="once", description="Visita", amount=amount, **self.who)

    def pay(self, amount):
        who = self.who
        record_payment(
            customer_id=self.service.customer_id, amount=amount, method="cash", received_at=self.now,
            key=f"k{self.count}", **who,
        )  # fmt: skip

    def void_payment(self, which):
        if found := one_of(Payment, which):
            void_payment(payment_id=found, reason="x", **self.who)

    def void_invoice(self, which):
        if found := one_of(Invoice, which):
            void_invoice(invoice_id=found, reason="x", **self.who)

    def credit(self, wanted):
        if found := one_of(Invoice, wanted[0]):
            issue_credit_note(invoice_id=found, amount=wanted[1], reason="x", **self.who)

    def write_off(self, which):
        if found := one_of(Invoice, which):
            write_off_invoice(invoice_id=found, reason="x", **self.who)


def one_of(model, which):
    pks = list(model.objects.order_by("id").values_list("id", flat=True))
    return pks[which % len(pks)] if pks else None


def covered_without_gaps():
    """No day is charged twice, and none forgotten; months left out whole are reported by the run, for a person."""
    live = Charge.objects.filter(kind="plan", reversed_at=None).order_by("period")
    days = [(charge.period.lower, charge.period.upper) for charge in live]
    for (_start, end), (start, _end) in pairwise(days):
        assert end == start or (end < start and end.day == start.day == 1), days


def check_all(life):
    check_books()
    customer = life.service.customer_id
    assert credit_in(customer, "MXN") >= 0
    lines = statement(customer)
    assert (lines[0].balance if lines else 0) == balance(customer).get("MXN", 0)
    numbers_without_gaps()
    numbers = sorted(CreditNote.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    for invoice in Invoice.objects.exclude(credit_notes=None):
        assert invoice.credit_notes.aggregate(sum=Sum("total"))["sum"] <= invoice.total
    live = Charge.objects.filter(kind="plan", reversed_at=None)
    assert all(charge.period.lower < charge.period.upper for charge in live)
    # What a line's credit notes took is never more than the line, whichever way it was taken.
    for charge in Charge.objects.exclude(credits=None).annotate(taken=Sum("credits__total")):
        assert abs(charge.taken) <= abs(charge.total), charge


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule=rules, history=st.lists(steps, max_size=12))
@example(
    rule={"plan_change": "days_30", "pause_percent": Decimal(30), "pause_returns": True},
    history=[
        ("bill", 0), ("change", (2, "in a week")), ("wait", 9), ("pause", 12), ("bill", 1), ("wait", 3),
        ("resume", None), ("bill", 1),
    ],
)  # fmt: skip
def test_any_life_of_a_service_keeps_the_books_and_every_day(in_norte, rule, history):
    with transaction.atomic():
        policy = current_policy()
        for name, value in rule.items():
            setattr(policy, name, value)
        policy.save()
        for name, price in zip(PLANS, ("200", "505.55", "899.99"), strict=True):
            make_plan(name, price)
        customer = make_customer(plan=make_plan("Cincuenta"), installed_on=dt.date(2026, 11, 1))
        life = Life(customer.services.get(), dt.datetime(2026, 11, 5, 18, 0, tzinfo=dt.UTC))
        for name, value in history:
            try:
                with transaction.atomic():
                    getattr(life, name.replace(" ", "_"))(value)
            except REFUSED:
                continue
            life.now += dt.timedelta(minutes=1)
            check_all(life)
        transaction.set_rollback(True)
