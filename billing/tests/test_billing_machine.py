"""Whatever is agreed, billed, paid and undone, in whatever order and on whatever day: the books hold."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.domain.clock import selections_due
from billing.domain.credit_notes import CreditRefused, issue_credit_note
from billing.domain.cycle import add_months, month_start
from billing.domain.days import subtract
from billing.domain.discounts import add_discount, end_discount
from billing.domain.extras import add_extra, cancel_extra, end_extra
from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.domain.ledger import balance, credit_in, statement
from billing.domain.payments import PaymentRefused, record_payment, void_payment
from billing.domain.plan_changes import apply_due_changes, cancel_change, change_plan
from billing.domain.policies import all_policies, current_policy
from billing.domain.run import run_billing, start_run
from billing.models import (
    Charge,
    CreditNote,
    CreditNoteLine,
    Discount,
    Entry,
    Extra,
    Invoice,
    Payment,
    PlanChange,
    Series,
)
from billing.tests.scenes import NOW, STAFF, check_books, make_customer, make_plan
from customers.domain.holds import close_holds, open_hold
from customers.domain.services import ServiceRefused
from customers.models import Customer, Service
from desk.domain.customer_extras import balances_of, with_balance
from desk.domain.services import pause_service, resume_service
from tenants.current import tenant_today

which = st.integers(0, 7)
amounts = st.decimals("0.01", "900", places=2)
REFUSED = (ServiceRefused, InvoiceRefused, PaymentRefused, CreditRefused)
POLICIES = {
    "cycle": st.sampled_from(["prepaid", "postpaid"]),
    "period_unit": st.sampled_from(["month", "anniversary"]),
    "first_period": st.sampled_from(["real_days", "days_30", "whole", "free"]),
    "plan_change": st.sampled_from(["real_days", "days_30", "whole", "free"]),
    "downgrade_when": st.sampled_from(["now", "period_end"]),
    "while_suspended": st.sampled_from(["bill", "stop"]),
    "pause_percent": st.sampled_from([Decimal(0), Decimal(30), Decimal(100)]),
    "pause_returns": st.booleans(),
    "trial_days": st.sampled_from([0, 5]),
}


def after_days(**arguments):
    """A rule that some days come before: most lives are long, and most mistakes are about days."""

    def decorate(act):
        @rule(before=st.sampled_from([0, 1, 3, 6, 12, 20]), **arguments)
        @functools.wraps(act)
        def lived(self, before, **chosen):
            self.live(before)
            act(self, **chosen)

        return lived

    return decorate


class Provider(RuleBasedStateMachine):
    """One customer with two services, at a provider whose days pass."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now, self.steps, self.holes = NOW, 0, False

    def teardown(self):
        try:
            if hasattr(self, "customer"):
                self.bill_everything()
                self.covered_without_a_gap()
                self.shown_as_it_is()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- The start -------------------------------------------------------------------------------------------------

    @initialize(policy=st.fixed_dictionaries(POLICIES), included=st.booleans())
    def begin(self, policy, included):
        rules = current_policy()
        for name, value in policy.items():
            setattr(rules, name, value)
        rules.auto_issue_from, rules.max_items_per_day = NOW.date(), 1000
        rules.save()
        self.plans = [
            make_plan(f"plan {index}", price, tax_included=included)
            for index, price in enumerate(("600.00", "899.99", "349.90"))
        ]
        self.customer = make_customer(services=2, plan=self.plans[0], installed_on=NOW.date())
        Service.objects.update(created_at=NOW)
        # The second came with an import: it began long ago and was charged elsewhere until the first cycle of ours.
        imported = self.customer.services.latest("id")
        imported.installed_on, imported.external_ref = dt.date(2025, 3, 10), "w1"
        imported.save()

    # --- What happens ----------------------------------------------------------------------------------------------

    def live(self, days):
        for _day in range(days):
            self.now += dt.timedelta(days=1)
            apply_due_changes(today=tenant_today(self.now), now=self.now)
        self.clock_issues()
        if not self.holes:
            self.covered_without_a_gap()

    def clock_issues(self):
        for selection in selections_due(all_policies(), self.now):
            run = start_run(period=selection.first, origin="clock", actor=STAFF, now=self.now, selection=selection)
            run_billing(run_id=run.pk, now=self.now)

    @after_days(ahead=st.integers(-1, 2))
    def bill(self, ahead):
        # What came before our first month is a person's, and so is what lies before a month billed ahead of its time.
        self.holes = self.holes or ahead != 0
        self.bill_month(add_months(month_start(tenant_today(self.now)), ahead))

    @after_days(service=which, plan=which, when=st.sampled_from(["now", "period_end", 3, 20]))
    def change_plan(self, service, plan, when):
        when = tenant_today(self.now) + dt.timedelta(days=when) if isinstance(when, int) else when
        self.attempt(change_plan, service_id=self.service(service).pk, new_plan=self.plans[plan % 3], when=when)

    @after_days(index=which)
    def cancel_change(self, index):
        if found := self.pick(PlanChange.objects.filter(status="scheduled"), index):
            self.attempt(cancel_change, change_id=found.pk)

    @after_days(service=which, until=st.none() | st.integers(1, 40))
    def pause(self, service, until):
        until = tenant_today(self.now) + dt.timedelta(days=until) if until else None
        pause_service(service_id=self.service(service).pk, until=until, why="", actor=STAFF, now=self.now)

    @after_days(service=which)
    def resume(self, service):
        resume_service(service_id=self.service(service).pk, actor=STAFF, now=self.now)

    @after_days(service=which)
    def cut(self, service):
        open_hold(service_id=self.service(service).pk, reason="debt", source="x", actor=STAFF, now=self.now)

    @after_days(service=which)
    def restore(self, service):
        close_holds(service_ids=[self.service(service).pk], reason="debt", actor=STAFF, now=self.now)

    @after_days(service=which, kind=st.sampled_from(["once", "recurring"]), amount=amounts, taxed=st.booleans())
    def add_extra(self, service, kind, amount, taxed):
        self.attempt(
            add_extra, service_id=self.service(service).pk, kind=kind, description="TV", amount=amount, taxed=taxed
        )

    @after_days(index=which, days=st.integers(0, 40))
    def end_extra(self, index, days):
        if found := self.pick(Extra.objects.filter(cancelled_at=None), index):
            last = tenant_today(self.now) + dt.timedelta(days=days)
            if found.kind == "recurring":
                self.attempt(end_extra, extra_id=found.pk, ends_on=last)
            else:
                self.attempt(cancel_extra, extra_id=found.pk)

    @after_days(
        service=which, value=st.integers(1, 100), kind=st.sampled_from(["amount", "percent"]), periods=st.none() | which
    )
    def add_discount(self, service, value, kind, periods):
        self.attempt(
            add_discount, service_id=self.service(service).pk, kind=kind, value=Decimal(value), description="Promo",
            periods=periods,
        )  # fmt: skip

    @after_days(index=which)
    def end_discount(self, index):
        if found := self.pick(Discount.objects.filter(cancelled_at=None), index):
            self.attempt(end_discount, discount_id=found.pk)

    @after_days(amount=amounts)
    def pay(self, amount):
        self.steps += 1
        record_payment(
            customer_id=self.customer.pk, amount=amount, method="cash", received_at=self.now, actor=STAFF,
            key=f"k{self.steps}", now=self.now,
        )  # fmt: skip

    @after_days(index=which)
    def void_payment(self, index):
        if found := self.pick(Payment.objects.all(), index):
            self.attempt(void_payment, payment_id=found.pk, reason="x")

    @after_days(index=which)
    def void_invoice(self, index):
        if found := self.pick(Invoice.objects.all(), index):
            self.holes = True
            self.attempt(void_invoice, invoice_id=found.pk, reason="x")

    @after_days(index=which, amount=st.none() | amounts)
    def credit(self, index, amount):
        if found := self.pick(Invoice.objects.all(), index):
            self.attempt(issue_credit_note, invoice_id=found.pk, amount=amount, reason="x")

    # --- What holds ------------------------------------------------------------------------------------------------

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def books_hold(self):
        check_books()
        currencies = Entry.objects.values("currency").annotate(sum=Sum("amount"))
        assert all(row["sum"] == 0 for row in currencies)
        for kind, model in (("invoice", Invoice), ("credit_note", CreditNote)):
            for series in Series.objects.filter(kind=kind):
                numbers = list(model.objects.filter(series=series).order_by("number").values_list("number", flat=True))
                assert numbers == list(range(1, series.next_number))

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def balance_is_what_is_owed(self):
        owed = Invoice.objects.unpaid().aggregate(sum=Sum(F("total") - F("paid")))["sum"] or 0
        credit, total = credit_in(self.customer.pk, "MXN"), balance(self.customer.pk).get("MXN", Decimal(0))
        movements = statement(self.customer.pk)
        assert credit >= 0
        assert total == owed - credit
        assert (movements[0].balance if movements else 0) == total

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def no_day_is_charged_twice(self):
        for service in self.customer.services.all():
            days = self.days(service)
            assert all(left[1] <= right[0] for left, right in itertools.pairwise(days))

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def what_was_given_back_is_covered_no_more(self):
        for line in CreditNoteLine.objects.exclude(period=None).select_related("charge"):
            assert line.charge.reversed_at or line.charge.period.upper <= line.period.lower

    def covered_without_a_gap(self):
        """Every day a service lived up to today is covered, by a price or by a charge of zero that says why not."""
        for service in self.customer.services.all():
            days = self.days(service)
            last = min(tenant_today(self.now), max((end for _start, end in days), default=NOW.date()))
            first = min((start for start, _end in days), default=last) if service.external_ref else service.installed_on
            life = (first, last)
            assert life[0] >= life[1] or subtract(life, days) == []

    def shown_as_it_is(self):
        """A run again changes nothing; the customers' list and the account say the balance of the entries."""
        before = (Charge.objects.count(), Invoice.objects.count(), Entry.objects.count())
        self.bill_everything()
        assert (Charge.objects.count(), Invoice.objects.count(), Entry.objects.count()) == before
        self.books_hold()
        self.balance_is_what_is_owed()
        owed = balance(self.customer.pk).get("MXN", Decimal(0))
        assert with_balance(Customer.objects.all()).get().saldo == owed
        assert balances_of([self.customer.pk]).get(self.customer.pk, [(Decimal(0), "MXN")]) == [(owed, "MXN")]
        said = self.client.get(f"/api/v1/customers/{self.customer.pk}/balance/").json()
        assert Decimal(said["balance"]) == owed

    # --- How -------------------------------------------------------------------------------------------------------

    def service(self, index):
        return self.customer.services.order_by("id")[index % 2]

    def days(self, service):
        found = Charge.objects.filter(service=service, kind="plan", reversed_at=None).order_by("period")
        return [(period.lower, period.upper) for period in found.values_list("period", flat=True)]

    @staticmethod
    def pick(rows, index):
        found = list(rows.order_by("id"))
        return found[index % len(found)] if found else None

    def attempt(self, act, **how):
        """What a person tries: done, or refused with a sentence and nothing changed."""
        try:
            with transaction.atomic():
                act(**how, actor=STAFF, now=self.now)
        except REFUSED:
            self.books_hold()

    def bill_month(self, month):
        run = start_run(period=month, origin="hand", actor=STAFF, now=self.now)
        run = run_billing(run_id=run.pk, now=self.now)
        assert not run.left_out.filter(reason="failed").exists()

    def bill_everything(self):
        month = month_start(NOW.date())
        while month <= add_months(month_start(tenant_today(self.now)), 1):
            self.bill_month(month)
            month = add_months(month, 1)


def test_any_life_of_a_customer_keeps_the_books(in_norte, client_norte):
    Provider.client = client_norte
    run_state_machine_as_test(
        Provider,
        settings=settings(
            max_examples=18, stateful_step_count=14, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert not Customer.objects.exists()
