"""Whatever is promised, paid, undone and left to lapse, in whatever order: nobody is cut against their promise."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import ClassVar

from django.db import transaction
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

from billing.domain.clock import drain
from billing.domain.payments import PaymentRefused, record_payment, void_payment
from billing.domain.policies import current_policy
from billing.domain.promises import PromiseRefused, cancel_promise, extend_promise, grant_promise
from billing.models import Payment, Promise
from billing.tests.scenes import NOW, STAFF, check_books, give_access, make_customer, owe
from customers.models import Customer, Hold
from events.models import Event
from tenants.current import enter, tenant_today, tenant_zone

POLICIES = {
    "promise_per_month": st.sampled_from([1, 2, 5]),
    "promise_block_days": st.sampled_from([0, 2, 30]),
    "promise_min_percent": st.sampled_from([Decimal(0), Decimal(0), Decimal(30)]),
    "promise_max_days": st.sampled_from([1, 3, 10]),
    "min_debt": st.sampled_from([Decimal(0), Decimal(50)]),
    "spare_weekends": st.booleans(),
}
HOURS = st.sampled_from([1, 3, 7, 12, 24, 40])
amounts = st.sampled_from([Decimal(40), Decimal(120), Decimal(600), Decimal(900)])


class Debtor(RuleBasedStateMachine):
    """One customer who owes, promises, pays and is forgiven nothing."""

    seen: ClassVar[set[str]] = set()

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now, self.steps = NOW, 0

    def teardown(self):
        self.seen.update(Event.objects.values_list("type", flat=True))
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(
        policy=st.fixed_dictionaries(POLICIES),
        late=st.sampled_from([0, 1, 30]),
        first=st.sampled_from([5, 30, None]),
        then=st.sampled_from(["pay", "wait", "pay and undo", "cut", "nothing"]),
    )
    def begin(self, policy, late, first, then):
        rules = current_policy()
        for name, value in policy.items():
            setattr(rules, name, value)
        rules.save()
        self.customer = make_customer(services=2)
        give_access(self.customer)
        owe(self.customer, "600", days_late=late)
        # Lives begin where something may go wrong; left to chance, few ever get there.
        if then == "cut":
            self.time_passes(11, alive=True)
        self.grant(first)
        if then.startswith("pay"):
            self.take(Decimal(600))
        if then == "pay and undo":
            self.attempt(void_payment, payment_id=Payment.objects.get().pk, reason="x")
        if then == "wait":
            self.time_passes(40, alive=True)

    @rule(hours=HOURS, alive=st.sampled_from([True, True, True, False]))
    def live(self, hours, alive):
        self.time_passes(hours, alive=alive)

    def time_passes(self, hours, *, alive):
        self.now += dt.timedelta(hours=hours)
        if alive:
            drain(now=self.now)
            assert not Promise.objects.filter(status="open", until__lte=self.now).exists()

    @rule(hours=st.sampled_from([None, 1, 5, 30, 60]))
    def promise(self, hours):
        self.grant(hours)

    def grant(self, hours):
        until = self.now + dt.timedelta(hours=hours) if hours else None
        granted = Event.objects.filter(type="promise.granted")
        before, refused = granted.count(), None
        try:
            grant_promise(
                customer_id=self.customer.pk, until=until, by="staff", actor=STAFF, key=self.key(), now=self.now
            )
        except PromiseRefused as error:
            refused = error
        assert granted.count() == before + (refused is None)
        assert refused is None or refused.possible_at is None or refused.possible_at > self.now

    @rule(amount=amounts)
    def pay(self, amount):
        self.take(amount)

    def take(self, amount):
        record_payment(
            customer_id=self.customer.pk, amount=amount, method="cash", received_at=self.now, actor=STAFF,
            key=self.key(), now=self.now,
        )  # fmt: skip

    @rule(index=st.integers(0, 3))
    def undo_a_payment(self, index):
        if found := list(Payment.objects.order_by("-id")):
            self.attempt(void_payment, payment_id=found[index % len(found)].pk, reason="x")

    @rule(amount=amounts)
    def fall_due(self, amount):
        owe(self.customer, str(amount), days_late=0, today=tenant_today(self.now))

    @rule(hours=st.sampled_from([2, 30]))
    def prolong(self, hours):
        if promise := Promise.objects.filter(status="open").first():
            self.attempt(
                extend_promise, promise_id=promise.pk, until=promise.until + dt.timedelta(hours=hours), reason="x"
            )

    @rule()
    def take_back(self):
        if promise := Promise.objects.filter(status="open").first():
            self.attempt(cancel_promise, promise_id=promise.pk, reason="x")

    # --- What holds ------------------------------------------------------------------------------------------------

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def nobody_is_cut_against_an_open_promise(self):
        if Promise.objects.filter(status="open", until__gt=self.now).exists():
            assert not Hold.objects.filter(reason="debt", closed_at=None).exists()

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def a_lapse_cuts_once(self):
        cuts = Event.objects.filter(type="cut.decided", facts__has_key="promise")
        each = Counter(cuts.values_list("facts__promise", "subject_id"))
        assert all(count == 1 for count in each.values())
        broken = Event.objects.filter(type="promise.broken").values_list("subject_id", flat=True)
        assert len(broken) == len(set(broken))
        assert {promise for promise, _service in each} <= set(broken)

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def what_was_kept_is_never_broken(self):
        for promise in Promise.objects.all():
            story = Event.objects.filter(subject_kind="billing.promise", subject_id=promise.pk).order_by("id")
            held = "promise.granted"
            for kind in story.values_list("type", flat=True):
                if kind == "promise.broken":
                    assert held != "promise.kept"
                if kind in {"promise.kept", "promise.reopened"}:
                    held = kind

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def the_month_has_no_more_than_the_policy_allows(self):
        zone = tenant_zone()
        counted = Promise.objects.exclude(status="cancelled").values_list("created_at", flat=True)
        months = Counter(at.astimezone(zone).strftime("%Y-%m") for at in counted)
        assert max(months.values(), default=0) <= current_policy().promise_per_month

    @invariant()
    @precondition(lambda self: hasattr(self, "customer"))
    def books_hold(self):
        check_books()

    def key(self):
        self.steps += 1
        return f"k{self.steps}"

    def attempt(self, act, **how):
        try:
            with transaction.atomic():
                act(**how, actor=STAFF, now=self.now)
        except (PromiseRefused, PaymentRefused):
            pass


def test_any_life_of_a_promise_is_fair(in_norte, sur):
    run_state_machine_as_test(
        Debtor,
        settings=settings(
            max_examples=16, stateful_step_count=18, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    # The lives were worth living through.
    assert {"promise.granted", "promise.kept", "promise.broken", "cut.decided", "payment.voided"} <= Debtor.seen
    assert not Customer.objects.exists()
    with enter("sur"):
        assert not Event.objects.filter(type__startswith="promise.").exists()
