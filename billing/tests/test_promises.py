import datetime as dt
from decimal import Decimal

import pytest

from billing.domain.clock import drain
from billing.domain.lapses import lapse_promises
from billing.domain.night_work import execute_night
from billing.domain.nights import hold_night, plan_night
from billing.domain.payments import record_payment, void_payment
from billing.domain.policies import current_policy
from billing.domain.promise_offers import offer_promise
from billing.domain.promises import (
    PromiseKeyReused,
    PromiseRefused,
    cancel_promise,
    extend_promise,
    grant_promise,
)
from billing.domain.refunds import refund_payment
from billing.models import Decision, Extra, Promise
from billing.tests.scenes import NOW, STAFF, TODAY, give_access, make_customer, owe, reach
from billing.tests.test_nights import AFTER, NIGHT
from customers.models import Hold
from events.models import Event
from inbox.models import Message, Template
from network.models import Access
from tenants.current import enter
from tenants.models import Wake

DAY = dt.timedelta(days=1)
FRIDAY = TODAY + dt.timedelta(days=2)  # 27 November 2026
LAPSE = dt.datetime(2026, 11, 28, 1, 0, tzinfo=dt.UTC)  # Friday at seven in the evening in Mexico


def debtor(amount="600", *, days_late=22, **fields):
    customer = make_customer(**fields)
    access = give_access(customer)
    owe(customer, amount, days_late=days_late)
    return customer, access


def grant(customer, until=FRIDAY, *, key="p1", now=NOW, by="staff", **fields):
    return grant_promise(customer_id=customer.pk, until=until, by=by, actor=STAFF, key=key, now=now, **fields)


def pay(customer, amount="600", *, now=NOW, key=None):
    return record_payment(
        customer_id=customer.pk, amount=Decimal(amount), method="cash", received_at=now, actor=STAFF,
        key=key or f"k{customer.pk}:{amount}:{now}", now=now,
    )  # fmt: skip


def night(now=NIGHT, day=TODAY):
    return execute_night(night_id=plan_night(day=day, now=now - dt.timedelta(hours=8)).pk, now=now)


def policy(**values):
    row = current_policy()
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def debts():
    return Hold.objects.filter(reason="debt", closed_at=None).count()


def refused(call, *args, **kwargs):
    before = (Promise.objects.count(), Event.objects.count(), Message.objects.count(), Hold.objects.count())
    with pytest.raises(PromiseRefused) as caught:
        call(*args, **kwargs)
    assert (Promise.objects.count(), Event.objects.count(), Message.objects.count(), Hold.objects.count()) == before
    return caught.value


def test_protects_an_active_customer_on_the_cut_night_and_says_so(in_norte):
    customer, access = debtor()
    promise = grant(customer, note="Cobra el viernes")
    assert (promise.amount, promise.currency, promise.until) == (Decimal(600), "MXN", LAPSE)
    assert (promise.granted_by, promise.reconnected, promise.status) == ("staff", False, "open")
    assert list(promise.invoices.values_list("customer_id", flat=True)) == [customer.pk]
    night()
    access.refresh_from_db()
    assert (debts(), access.desired) == (0, "on")
    decision = Decision.objects.get(customer=customer, action="spare")
    assert "Prometió pagar a más tardar el 27 de noviembre a las 19:00." in decision.sentence
    assert Event.objects.get(type="promise.granted").facts["invoices"]
    assert Wake.objects.filter(lane="billing.clock", due_at=LAPSE).count() == 1


def test_reconnects_who_is_cut_at_once_and_charges_the_fee(in_norte):
    policy(reconnect_fee_kind="amount", reconnect_fee_value=Decimal(50))
    customer, access = debtor()
    night()
    assert debts() == 1
    promise = grant(customer, now=AFTER)
    access.refresh_from_db()
    assert (debts(), access.desired, access.urgent, promise.reconnected) == (0, "on", True, True)
    assert Extra.objects.get().amount == Decimal(50)


def test_money_does_not_lift_what_is_not_for_debt(in_norte):
    customer, _access = debtor()
    service = customer.services.get()
    Hold.objects.create(service=service, reason="abuse", source="staff", since=NOW, opened_by="Ana")
    grant(customer)
    assert Hold.objects.filter(reason="abuse", closed_at=None).count() == 1


def test_the_same_key_again_is_the_same_promise(in_norte):
    customer, _access = debtor()
    other, _access = debtor()
    first = grant(customer)
    assert grant(customer) == first
    with pytest.raises(PromiseKeyReused):
        grant(other)
    assert Event.objects.filter(type="promise.granted").count() == 1


def test_a_payment_of_all_of_it_keeps_the_promise_and_nothing_is_cut_after(in_norte):
    customer, _access = debtor()
    promise = grant(customer)
    pay(customer, "100")
    promise.refresh_from_db()
    assert promise.status == "open"
    pay(customer, "500")
    promise.refresh_from_db()
    assert (promise.status, promise.settled_at) == ("kept", NOW)
    assert Event.objects.filter(type="promise.kept").count() == 1
    drain(now=LAPSE)
    assert debts() == 0
    assert not Event.objects.filter(type="promise.broken").exists()


def test_at_its_hour_it_is_broken_and_the_service_cut_once_with_the_policys_window(in_norte):
    customer, access = debtor()
    promise = grant(customer)
    drain(now=LAPSE - dt.timedelta(minutes=1))
    assert debts() == 0
    for _ in range(3):
        drain(now=LAPSE)
    promise.refresh_from_db()
    access.refresh_from_db()
    assert (promise.status, promise.settled_at, debts()) == ("broken", LAPSE, 1)
    assert (access.desired, access.generation, access.cut_not_after) == ("off", 1, LAPSE + dt.timedelta(hours=4))
    assert Event.objects.filter(type="cut.decided").count() == Event.objects.filter(type="promise.broken").count() == 1
    assert "no se recibió" in Decision.objects.get(action="cut").sentence
    assert Hold.objects.get().detail["promise"] == promise.pk


def test_cuts_at_a_stated_hour_of_the_day_and_tonights_list_goes_on(in_norte):
    customer, _access = debtor()
    debtor()
    noon = dt.datetime(2026, 11, 25, 18, 0, tzinfo=dt.UTC)
    grant(customer, noon)
    plan_night(day=TODAY, now=NOW)
    lapse_promises(now=noon)
    assert debts() == 1
    debtor()
    plan_night(day=TODAY, now=noon)
    assert Decision.objects.filter(action="cut", done_at=None).count() == 2
    drain(now=NIGHT)
    assert debts() == 3
    assert Event.objects.filter(type="cut.decided").count() == 3


@pytest.mark.parametrize(
    ("values", "until", "now", "code"),
    [
        ({}, LAPSE, LAPSE + dt.timedelta(hours=4), "lapse_late"),
        ({}, LAPSE + dt.timedelta(hours=3), LAPSE + dt.timedelta(hours=3), "lapse_quiet"),
        ({"max_cuts": 0}, LAPSE, LAPSE, "lapse_limit"),
    ],
)
def test_what_the_policy_does_not_allow_at_that_hour_is_left_to_the_night(in_norte, values, until, now, code):
    policy(**values)
    customer, access = debtor()
    grant(customer, until)
    lapse_promises(now=now)
    access.refresh_from_db()
    assert (Promise.objects.get().status, debts(), access.desired) == ("broken", 0, "on")
    assert Event.objects.get(type="promise.not_cut").facts["reasons"][0]["code"] == code
    policy(max_cuts=None)
    following = now + DAY
    night(dt.datetime(following.year, following.month, following.day, 1, 0, tzinfo=dt.UTC) + DAY, following.date())
    assert debts() == 1


def test_a_night_held_by_a_person_holds_the_lapse_too(in_norte):
    customer, _access = debtor()
    grant(customer)
    hold_night(night_id=plan_night(day=FRIDAY, now=LAPSE - DAY / 4).pk, actor=STAFF, now=LAPSE - DAY / 4)
    lapse_promises(now=LAPSE)
    assert (Promise.objects.get().status, debts()) == ("broken", 0)
    assert Event.objects.get(type="promise.not_cut").facts["reasons"][0]["code"] == "lapse_held"


def test_who_may_not_be_cut_is_not_cut_by_a_lapse_either(in_norte):
    customer, _access = debtor(never_cut_until=FRIDAY)
    grant(customer)
    drain(now=LAPSE)
    assert (Promise.objects.get().status, debts()) == ("broken", 0)
    assert Event.objects.get(type="promise.not_cut").facts["reasons"][0]["code"] == "never_cut"


def test_a_worker_dead_for_days_still_lapses_it(in_norte):
    customer, _access = debtor()
    grant(customer)
    drain(now=LAPSE + 3 * DAY)  # the hour of that night's cut
    promise = Promise.objects.get()
    assert (promise.status, debts()) == ("broken", 1)
    assert Event.objects.filter(type="cut.decided").count() == 1


def test_the_clock_comes_back_for_the_earliest_lapse(in_norte):
    customer, _access = debtor()
    soon = NOW + dt.timedelta(minutes=7)
    grant(customer, soon)
    assert drain(now=NOW) == soon


def test_undoing_the_payment_gives_the_promise_back_until_its_hour(in_norte):
    customer, _access = debtor()
    grant(customer)
    payment = pay(customer)
    void_payment(payment_id=payment.pk, reason="Rebotó", actor=STAFF, now=NOW + DAY)
    promise = Promise.objects.get()
    assert (promise.status, promise.settled_at) == ("open", None)
    night(NIGHT)
    assert debts() == 0
    drain(now=LAPSE)
    assert (Promise.objects.get().status, debts()) == ("broken", 1)


def test_undoing_the_payment_after_the_hour_breaks_no_promise_and_the_night_decides(in_norte):
    customer, _access = debtor()
    grant(customer)
    payment = pay(customer)
    void_payment(payment_id=payment.pk, reason="Rebotó", actor=STAFF, now=LAPSE + DAY / 2)
    promise = Promise.objects.get()
    assert (promise.status, promise.settled_reason) == ("cancelled", "Se deshizo el pago que la cumplía.")
    assert offer_promise(customer_id=customer.pk, by="staff", now=LAPSE + DAY / 2).refusals == ()
    drain(now=LAPSE + DAY)
    assert debts() == 1


def test_giving_the_money_back_gives_the_promise_back_too(in_norte):
    customer, _access = debtor()
    grant(customer)
    payment = pay(customer)
    refund = {"amount": Decimal(200), "reason": "Error", "method": "transfer", "actor": STAFF, "key": "r", "now": NOW}
    refund_payment(payment_id=payment.pk, **refund)
    assert Promise.objects.get().status == "open"
    drain(now=LAPSE)
    assert (Promise.objects.get().status, debts()) == ("broken", 1)


def test_what_credit_covers_keeps_the_promise_and_needs_none(in_norte):
    customer, _access = debtor()
    grant(customer)
    first, _second = pay(customer, key="a"), pay(customer, key="b")
    void_payment(payment_id=first.pk, reason="x", actor=STAFF, now=NOW)
    assert Promise.objects.get().status == "kept"
    assert refused(grant, customer, key="p2").code == "covered"


def test_one_open_at_a_time_and_the_months_limit(in_norte):
    policy(promise_per_month=1, promise_block_days=0)
    customer, _access = debtor()
    grant(customer, NOW + DAY)
    error = refused(grant, customer, key="p2")
    assert (error.code, error.possible_at, error.yields) == ("open", NOW + DAY, False)
    drain(now=NOW + DAY)
    error = refused(grant, customer, TODAY + 3 * DAY, key="p2", now=NOW + DAY)
    assert "1 promesa por mes" in str(error)
    assert "1 de diciembre" in str(error)
    assert error.possible_at == dt.datetime(2026, 12, 1, 6, 0, tzinfo=dt.UTC)
    assert grant(customer, TODAY + 7 * DAY, key="p3", now=error.possible_at).status == "open"


def test_a_broken_one_blocks_new_ones_unless_a_person_says_why(in_norte):
    policy(promise_per_month=5)
    customer, _access = debtor()
    grant(customer)
    drain(now=LAPSE)
    error = refused(grant, customer, TODAY + 4 * DAY, key="p2", now=LAPSE + DAY / 2)
    assert (error.code, error.possible_at, error.yields) == ("blocked", LAPSE + 30 * DAY, True)
    again = grant(customer, TODAY + 4 * DAY, key="p2", now=LAPSE + DAY / 2, override="Está en el hospital")
    assert (again.reconnected, debts()) == (True, 0)
    assert Event.objects.filter(type="promise.granted").latest("id").facts["override"] == "Está en el hospital"


def test_a_part_must_be_paid_first_when_the_policy_says_so(in_norte):
    policy(promise_min_percent=Decimal(30))
    customer, _access = debtor("1000")
    error = refused(grant, customer)
    assert (error.code, error.yields) == ("part", True)
    assert "$300.00" in str(error)
    pay(customer, "120")
    assert "$180.00" in str(refused(grant, customer))
    pay(customer, "180")
    assert grant(customer).amount == Decimal(700)


def test_what_was_paid_before_it_fell_due_is_no_part_of_it(in_norte):
    policy(promise_min_percent=Decimal(30))
    customer = make_customer()
    owe(customer, "1000", days_late=2)
    pay(customer, "400", now=NOW - 5 * DAY)
    assert "$180.00" in str(refused(grant, customer))


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (NOW - dt.timedelta(minutes=1), "past"),
        (TODAY - DAY, "past"),
        (TODAY + 6 * DAY, "days"),
        (NOW + dt.timedelta(days=400), "days"),
    ],
)
def test_until_when_it_may_run(in_norte, until, code):
    customer, _access = debtor()
    assert refused(grant, customer, until).code == code


def test_nobody_promises_what_is_not_owed(in_norte):
    settled, soon = make_customer(), make_customer()
    owe(soon, "600", days_late=-3)
    assert refused(grant, settled).code == "nothing"
    error = refused(grant, soon)
    assert "28 de noviembre" in str(error)
    assert error.possible_at == dt.datetime(2026, 11, 28, 6, 0, tzinfo=dt.UTC)
    assert refused(grant_promise, customer_id=10**9, until=None, by="staff", actor=STAFF, key="x", now=NOW)


def test_what_is_cut_for_tonight_may_be_promised_in_the_afternoon(in_norte):
    customer, _access = debtor(days_late=0)
    grant(customer)
    night()
    assert debts() == 0


@pytest.mark.parametrize("by", ["portal", "bot"])
def test_who_may_grant_is_the_policys(in_norte, by):
    customer, _access = debtor()
    assert refused(grant, customer, by=by).code == "by"
    policy(promise_by=["staff", by])
    assert grant(customer, by=by).granted_by == by


def test_a_promise_is_made_longer_within_the_policy_from_the_day_it_was_granted(in_norte):
    customer, _access = debtor()
    promise = grant(customer)
    longer = TODAY + 5 * DAY
    extend = {"promise_id": promise.pk, "actor": STAFF, "now": NOW + DAY}
    assert refused(extend_promise, **extend, until=longer, reason="  ").code == "reason"
    assert refused(extend_promise, **extend, until=TODAY + DAY, reason="x").code == "shorter"
    assert refused(extend_promise, **extend, until=TODAY + 6 * DAY, reason="x").code == "days"
    extend_promise(**extend, until=longer, reason="Le pagan el lunes")
    drain(now=LAPSE)
    assert debts() == 0
    drain(now=LAPSE + 3 * DAY)
    assert (Promise.objects.get().status, debts()) == ("broken", 1)


def test_one_taken_back_is_left_to_the_night_and_counts_for_nothing(in_norte):
    customer, _access = debtor()
    promise = grant(customer)
    assert refused(cancel_promise, promise_id=promise.pk, reason="", actor=STAFF, now=NOW).code == "reason"
    cancel_promise(promise_id=promise.pk, reason="Error", actor=STAFF, now=NOW)
    assert debts() == 0
    assert refused(cancel_promise, promise_id=promise.pk, reason="x", actor=STAFF, now=NOW).code == "settled"
    assert offer_promise(customer_id=customer.pk, by="staff", now=NOW).refusals == ()
    night()
    assert debts() == 1


def test_the_customer_is_told_once(in_norte):
    customer, _access = debtor()
    reach(customer)
    grant(customer)
    grant(customer)
    payment = pay(customer)
    void_payment(payment_id=payment.pk, reason="x", actor=STAFF, now=NOW)
    pay(customer, key="again")
    said = list(Message.objects.order_by("id").values_list("body", flat=True))
    assert len(said) == 2
    assert "pagará $600.00 a más tardar el viernes 27 de noviembre, 19:00" in said[0]
    assert "cumplió lo que acordamos" in said[1]


def test_a_provider_from_before_promises_has_their_words_too(in_norte):
    customer, _access = debtor()
    reach(customer)
    Template.objects.filter(key__startswith="promise").delete()
    grant(customer)
    assert "anotamos que pagará $600.00" in Message.objects.get().body


def test_the_other_provider_sees_nothing(in_norte, sur):
    customer, _access = debtor()
    grant(customer)
    with enter("sur"):
        assert not Promise.objects.exists()
        lapse_promises(now=LAPSE)
        assert not Event.objects.filter(type__startswith="promise").exists()
    assert Promise.objects.get().status == "open"
    assert Access.objects.get().desired == "on"
