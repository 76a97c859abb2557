import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection

from billing.domain.clock import drain
from billing.domain.night_work import execute_night
from billing.domain.nights import NightRefused, approve_night, hold_night, plan_night, put_back, release_night, take_out
from billing.domain.payments import record_payment
from billing.domain.policies import current_policy
from billing.models import BillingRun, Decision, Invoice, Night
from billing.tests.scenes import NOW, STAFF, TODAY, give_access, make_customer, owe, reach
from customers.models import Hold
from events.models import Event
from inbox.models import Message
from tenants.current import enter

# Mexico City is UTC-6: nine in the morning, seven and eleven at night of 25 November.
MORNING = dt.datetime(2026, 11, 25, 15, 0, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
AFTER = dt.datetime(2026, 11, 26, 5, 0, tzinfo=dt.UTC)


def plan():
    return plan_night(day=TODAY, now=NOW)


def work(night, now=NIGHT):
    return execute_night(night_id=night.pk, now=now)


def test_plans_reminders_cuts_and_who_is_spared_and_does_nothing_yet(in_norte):
    late, soon, safe = make_customer("Late"), make_customer("Soon"), make_customer("Safe", never_cut_until=TODAY)
    owe(late, "600", days_late=22)
    owe(soon, "600", days_late=-3)
    owe(safe, "600", days_late=22)
    night = plan()
    assert {(d.action, d.customer.name) for d in night.decisions.select_related("customer")} == {
        ("cut", "Late"),
        ("remind", "Soon"),
        ("spare", "Safe"),
    }
    cut = night.decisions.get(action="cut")
    assert cut.sentence == "Debe $600.00 por una factura del 3 de noviembre (venció hace 22 días)."
    assert "protección hasta el 25 de noviembre" in night.decisions.get(action="spare").sentence
    assert (night.remind_at, night.cut_at) == (MORNING, NIGHT)
    assert not Hold.objects.exists()
    assert not Message.objects.exists()


def test_planning_again_follows_what_happened_and_keeps_what_was_taken_out(in_norte):
    one, two = make_customer("Uno"), make_customer("Dos")
    owe(one, "600")
    owe(two, "600")
    night = plan()
    take_out(decision_id=night.decisions.get(customer=one).pk, actor=STAFF, now=NOW)
    owe(make_customer("Tres"), "600")
    pay(two)
    plan()
    found = {(d.customer.name, d.taken_out_at is not None) for d in night.decisions.select_related("customer")}
    assert found == {("Uno", True), ("Tres", False)}


def pay(customer, amount="600", now=NOW):
    return record_payment(
        customer_id=customer.pk, amount=Decimal(amount), method="cash", received_at=now, actor=STAFF,
        key=f"k{customer.pk}", now=now,
    )  # fmt: skip


def test_at_its_hour_the_cut_is_a_hold_with_its_window(in_norte):
    customer = make_customer()
    access = give_access(customer)
    owe(customer, "450", days_late=22)
    night = plan()
    assert work(night, MORNING).status == "planned"
    assert not Hold.objects.exists()
    night = work(night)
    hold = Hold.objects.get()
    access.refresh_from_db()
    assert (hold.reason, hold.source, hold.detail["amount"]) == ("debt", "dunning", "450.000")
    assert (hold.detail["invoices"], hold.detail["oldest_due"]) == (1, "2026-11-03")
    assert (access.desired, access.cut_not_after) == ("off", AFTER)
    assert (night.status, night.decisions.get().outcome) == ("done", "done")
    assert Event.objects.get(type="cut.decided").facts["reasons"][0]["code"] == "overdue"
    assert Event.objects.get(type="night.done").facts["cut"] == 1


def test_who_paid_meanwhile_is_spared_and_it_says_so(in_norte):
    customer = make_customer()
    owe(customer, "600")
    night = plan()
    # Planned, then paid: the list still shows the cut when its hour comes.
    approve_night(night_id=night.pk, actor=STAFF, now=NOW)
    pay(customer)
    work(night)
    decision = night.decisions.get()
    assert (decision.outcome, decision.outcome_sentence) == (
        "spared",
        "Ya no debe nada vencido: pagó antes de la hora.",
    )
    assert not Hold.objects.exists()
    assert Event.objects.filter(type="cut.spared").count() == 1


def test_who_was_taken_out_is_not_cut(in_norte):
    customer = make_customer()
    owe(customer, "600")
    decision = plan().decisions.get()
    take_out(decision_id=decision.pk, actor=STAFF, now=NOW)
    work(decision.night)
    assert not Hold.objects.exists()
    assert Event.objects.get(type="decision.taken_out").actor_label == "Ana"


def test_who_was_put_back_is(in_norte):
    owe(make_customer(), "600")
    decision = plan().decisions.get()
    take_out(decision_id=decision.pk, actor=STAFF, now=NOW)
    put_back(decision_id=decision.pk, actor=STAFF, now=NOW)
    work(decision.night)
    assert Hold.objects.count() == 1
    with pytest.raises(NightRefused):
        take_out(decision_id=decision.pk, actor=STAFF, now=NIGHT)


def test_a_held_night_cuts_nobody_until_released(in_norte):
    owe(make_customer(), "600")
    night = plan()
    hold_night(night_id=night.pk, actor=STAFF, now=NOW)
    work(night)
    assert not Hold.objects.exists()
    release_night(night_id=night.pk, actor=STAFF, now=NIGHT)
    work(night)
    assert Hold.objects.count() == 1


def test_too_many_cuts_wait_for_a_person(in_norte):
    policy = current_policy()
    policy.max_cuts = 1
    policy.save()
    for _ in range(2):
        owe(give_access(make_customer()).service.customer, "600")
    night = plan()
    assert night.needs_approval
    work(night)
    assert not Hold.objects.exists()
    approve_night(night_id=night.pk, actor=STAFF, now=NIGHT)
    work(night)
    assert Hold.objects.count() == 2
    assert all(hold.service.accesses.get().cut_approved for hold in Hold.objects.all())


def test_after_the_window_nobody_is_cut_and_it_says_why(in_norte):
    owe(make_customer(), "600")
    night = work(plan(), AFTER)
    assert not Hold.objects.exists()
    assert night.status == "done"
    assert night.decisions.get().outcome == "missed"
    assert "23:00" in night.decisions.get().outcome_sentence


def test_a_cut_the_router_never_got_is_decided_again_the_next_night(in_norte):
    customer = make_customer()
    access = give_access(customer)
    owe(customer, "600")
    work(plan())
    later = NIGHT + dt.timedelta(days=1)
    night = plan_night(day=TODAY + dt.timedelta(days=1), now=later - dt.timedelta(hours=12))
    assert night.decisions.get().action == "cut"
    execute_night(night_id=night.pk, now=later)
    access.refresh_from_db()
    assert access.cut_not_after == AFTER + dt.timedelta(days=1)
    assert Hold.objects.count() == 1
    # Once the router has it, there is nothing left to decide.
    access.applied_generation = access.generation
    access.save()
    assert not plan_night(day=TODAY + dt.timedelta(days=2), now=later).decisions.exists()


def test_reminders_go_once_by_whatsapp(in_norte):
    customer = make_customer("Lucía Gómez")
    reach(customer)
    invoice = owe(customer, "600", days_late=-3)
    night = plan()
    work(night, MORNING - dt.timedelta(minutes=1))
    assert not Message.objects.exists()
    for _ in range(2):
        work(night, MORNING)
    message = Message.objects.get()
    assert message.key == f"invoice:{invoice.pk}:step:-3"
    assert message.variables == {
        "name": "Lucía",
        "amount": "$600.00",
        "invoice": invoice.label,
        "due_date": "28 de noviembre",
        "provider": "Norte Fibra",
    }
    assert Event.objects.filter(type="reminder.sent").count() == 1


def test_who_cannot_be_reached_is_noted(in_norte):
    owe(make_customer(), "600", days_late=0)
    night = plan()
    work(night, MORNING)
    assert night.decisions.get(action="remind").outcome == "not_sent"
    assert not Event.objects.filter(type="reminder.sent").exists()


def test_a_reminder_about_a_paid_invoice_is_not_sent(in_norte):
    customer = make_customer()
    reach(customer)
    invoice = owe(customer, "600", days_late=-3)
    night = plan()
    approve_night(night_id=night.pk, actor=STAFF, now=NOW)
    Invoice.objects.filter(pk=invoice.pk).update(paid=600, status="paid")
    work(night, MORNING)
    assert night.decisions.get().outcome == "spared"
    assert not Message.objects.exists()


def test_planning_is_a_fixed_number_of_queries(in_norte, django_assert_max_num_queries):
    for _ in range(50):
        owe(make_customer(), "600")
    with django_assert_max_num_queries(23):
        night = plan()
    assert night.decisions.count() == 50


def test_the_clock_does_the_whole_day_and_says_when_it_is_next_needed(in_norte):
    owe(make_customer(), "600")
    assert drain(now=NOW - dt.timedelta(hours=3)) == MORNING
    assert drain(now=MORNING) == NIGHT
    drain(now=NIGHT)
    assert Hold.objects.count() == 1
    assert drain(now=NIGHT + dt.timedelta(minutes=1)) == AFTER
    assert Night.objects.get(day=TODAY).status == "done"


def test_the_clock_issues_when_it_was_put_in_charge_and_only_once(in_norte):
    make_customer()
    drain(now=NOW)
    assert not BillingRun.objects.exists()
    policy = current_policy()
    policy.auto_issue_from = TODAY
    policy.save()
    drain(now=NOW)
    drain(now=NOW + dt.timedelta(hours=1))
    run = BillingRun.objects.get()
    assert (run.period, run.status, run.origin) == (dt.date(2026, 12, 1), "done", "clock")
    assert Invoice.objects.count() == 1
    # Down for a month: what was missed is issued when it is back.
    drain(now=NOW + dt.timedelta(days=40))
    assert list(BillingRun.objects.order_by("period").values_list("period", flat=True)) == [
        dt.date(2026, 12, 1),
        dt.date(2027, 1, 1),
    ]


def test_a_night_forgotten_by_a_clock_that_stood_still_cuts_nobody_late(in_norte):
    owe(make_customer(), "600")
    night = plan()
    drain(now=NOW + dt.timedelta(days=2))
    assert night.decisions.get().outcome == "missed"
    assert not Hold.objects.exists()


def test_the_other_provider_has_its_own_night(norte, sur):
    with enter("norte"):
        owe(make_customer(), "600")
        plan()
    with enter("sur"):
        assert not Decision.objects.exists()
        assert not plan().decisions.exists()


def test_one_that_fails_does_not_keep_the_others_waiting(in_norte):
    broken, fine = make_customer("Roto"), make_customer("Bien")
    for customer in (broken, fine):
        reach(customer)
        owe(customer, "600", days_late=0)
    # The database refuses one of the holds.
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF NEW.service_id = {broken.services.get().pk} THEN RAISE 'spoilt'; END IF; RETURN NEW; END $$"
        )
        cursor.execute("CREATE TRIGGER spoil BEFORE INSERT ON customers_hold FOR EACH ROW EXECUTE FUNCTION spoil()")
    night = work(plan())
    outcomes = {d.customer.name: d.outcome for d in night.decisions.filter(action="cut").select_related("customer")}
    assert outcomes == {"Roto": "failed", "Bien": "done"}
    assert night.status == "done"
    assert Hold.objects.get().service.customer == fine
