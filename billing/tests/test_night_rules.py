"""The night by the ladder's rules, with its effects: quiet hours, days without cuts, limits and who may lift them."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.domain.clock import drain
from billing.domain.night_work import execute_night
from billing.domain.nights import approve_night, plan_night, rest_of
from billing.domain.payments import record_payment
from billing.domain.policies import current_policy
from billing.domain.promises import grant_promise
from billing.models import Decision, Invoice, Night
from billing.tests.scenes import NOW, STAFF, TODAY, give_access, make_customer, notices, owe, reach
from billing.tests.test_races import at_once
from customers.models import Hold
from events.models import Event
from inbox.models import Message
from network.models import Access
from tenants.current import tenant_today

HTMX = {"HTTP_HX_REQUEST": "true"}


def local(hour, minute=0, day=25):
    """That hour of November in Mexico City, which is UTC-6."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=dt.UTC) + dt.timedelta(hours=6)


def policy(**values):
    found = current_policy()
    for name, value in values.items():
        setattr(found, name, value)
    found.save()
    return found


def sent():
    return Message.objects.filter(direction="out").count()


def test_each_notice_goes_at_its_own_hour_with_its_own_text(in_norte):
    policy(notices=[*notices(0, hour="10:00"), *notices(1, hour="16:00", template="payment_overdue")])
    today, yesterday = make_customer(), make_customer()
    for customer, late in ((today, 0), (yesterday, 1)):
        reach(customer)
        owe(customer, "600", days_late=late)
    assert drain(now=local(8)) == local(10)
    drain(now=local(10))
    assert [m.template.key for m in Message.objects.filter(direction="out")] == ["payment_due"]
    drain(now=local(16))
    texts = Message.objects.filter(direction="out").order_by("id").values_list("template__key", flat=True)
    assert list(texts) == ["payment_due", "payment_overdue"]


def test_nobody_is_written_to_in_quiet_hours_not_even_late(in_norte):
    policy(notices=notices(0, hour="13:30"), quiet_from=dt.time(13), quiet_until=dt.time(15))
    customer = make_customer()
    reach(customer)
    owe(customer, "600", days_late=0)
    night = plan_night(day=TODAY, now=NOW)
    assert night.decisions.get(action="remind").at == local(15)
    for moment in (local(13, 30), local(14, 59)):
        drain(now=moment)
        assert sent() == 0
    drain(now=local(15))
    drain(now=local(16))
    assert sent() == 1


def test_a_worker_that_woke_in_the_quiet_hours_waits_and_the_next_day_it_is_too_late(in_norte):
    policy(notices=notices(0, hour="12:00"), quiet_from=dt.time(13), quiet_until=dt.time(15))
    customer = make_customer()
    reach(customer)
    owe(customer, "600", days_late=0)
    plan_night(day=TODAY, now=NOW)
    assert drain(now=local(14)) == local(15)
    assert sent() == 0
    drain(now=local(9, day=26))
    assert sent() == 0
    assert Decision.objects.get(action="remind").outcome == "missed"


def test_on_a_day_without_cuts_nobody_is_cut_and_the_next_day_they_are(in_norte):
    policy(spare_weekends=True, spare_eves=True)
    owe(make_customer(), "600", days_late=4)
    friday, monday = dt.date(2026, 11, 27), dt.date(2026, 11, 30)
    for day in range(27, 30):
        drain(now=local(20, day=day))
        assert not Hold.objects.exists()
        assert Decision.objects.get(night__day=dt.date(2026, 11, day)).action == "spare"
    assert rest_of(friday).until == monday
    assert rest_of(monday) is None
    drain(now=dt.datetime(2026, 12, 1, 2, tzinfo=dt.UTC))
    assert Hold.objects.count() == 1


def test_a_payment_on_a_day_without_cuts_is_judged_by_the_last_day_with_them(in_norte):
    policy(spare_weekends=True)
    customer = make_customer()
    give_access(customer)
    owe(customer, "600", days_late=4)
    drain(now=local(20))
    assert Hold.objects.filter(closed_at=None).count() == 1
    # Another one falls due on Saturday: nobody is cut for it before Monday.
    owe(customer, "300", days_late=-3)
    saturday = local(20, day=28)
    pay = {"customer_id": customer.pk, "amount": Decimal(600), "method": "cash", "key": "k"}
    paid = record_payment(received_at=saturday, actor=STAFF, now=saturday, **pay)
    assert paid.reconnects
    assert not Hold.objects.filter(closed_at=None).exists()


def test_fewer_invoices_than_the_policy_cuts_for_bring_the_service_back(in_norte):
    policy(min_unpaid_invoices=2)
    customer = make_customer()
    give_access(customer)
    owe(customer, "600", days_late=9)
    drain(now=local(20))
    assert not Hold.objects.exists()
    assert "se corta desde 2" in Decision.objects.get().sentence
    owe(customer, "400", days_late=2)
    drain(now=local(20, day=26))
    assert Hold.objects.filter(closed_at=None).count() == 1
    pay = {"customer_id": customer.pk, "amount": Decimal(600), "method": "cash", "key": "k"}
    moment = local(21, day=26)
    assert record_payment(received_at=moment, actor=STAFF, now=moment, **pay).reconnects


@pytest.mark.parametrize("reason", ["abuse", "pause", "staff"])
def test_a_payment_lifts_the_debt_and_no_other_hold(in_norte, reason):
    customer = make_customer()
    access = give_access(customer)
    owe(customer, "600", days_late=4)
    drain(now=local(20))
    service = customer.services.get()
    Hold.objects.create(service=service, reason=reason, source="x", since=NOW, opened_by="Ana")
    pay = {"customer_id": customer.pk, "amount": Decimal(600), "method": "cash", "key": "k"}
    record_payment(received_at=local(21), actor=STAFF, now=local(21), **pay)
    assert list(Hold.objects.filter(closed_at=None).values_list("reason", flat=True)) == [reason]
    access.refresh_from_db()
    assert access.desired == "off"


def test_who_promises_or_pays_while_the_night_runs_stays_connected(fresh_db, in_norte):
    for _ in range(12):
        owe(give_access(make_customer()).service.customer, "600")
    night = plan_night(day=TODAY, now=NOW)
    customers = list(Decision.objects.values_list("customer_id", flat=True))
    moment = local(19)
    pay = {"amount": Decimal(600), "method": "cash", "received_at": moment, "actor": STAFF, "now": moment}
    promise = {"until": None, "by": "staff", "actor": STAFF, "now": moment}
    at_once(
        lambda: execute_night(night_id=night.pk, now=moment),
        *(lambda c=pk: record_payment(customer_id=c, key=f"k{c}", **pay) for pk in customers[:3]),
        *(lambda c=pk: grant_promise(customer_id=c, key=f"p{c}", **promise) for pk in customers[3:6]),
    )
    held = set(Hold.objects.filter(closed_at=None).values_list("service__customer_id", flat=True))
    assert held == set(customers[6:])
    assert set(Access.objects.filter(desired="off").values_list("service__customer_id", flat=True)) == held


def over_the_limit():
    """A night of today's own date that waits for a person."""
    policy(max_cuts=0)
    today = tenant_today(timezone.now())
    owe(make_customer("Lucía"), "600", today=today)
    return plan_night(day=today, now=timezone.now())


def test_only_the_right_role_approves_and_the_page_says_who_it_is(sign_in, norte, in_norte):
    night = over_the_limit()
    owner, collector = sign_in(norte), sign_in(norte, role="collections")
    url = reverse("billing:night_approve", args=[night.pk])
    page = collector.get(reverse("billing:tonight")).content.decode()
    assert "Puede aprobarlos:" in page
    assert "Owner" in page
    assert url not in page
    assert collector.post(url, **HTMX).status_code in {403, 404}
    assert Night.objects.get().approved_at is None
    assert url in owner.get(reverse("billing:tonight")).content.decode()
    assert owner.post(url, **HTMX).status_code == 200
    assert Night.objects.get().approved_by == "Owner"
    assert Event.objects.get(type="night.approved").facts["cuts"] == 1


def test_the_other_provider_cannot_approve_it(sign_in, norte, sur, in_norte):
    night = over_the_limit()
    assert sign_in(sur).post(reverse("billing:night_approve", args=[night.pk]), **HTMX).status_code == 404
    assert Night.objects.get().approved_at is None


def test_the_page_says_which_day_has_no_cuts_and_when_they_go_on(client_norte, in_norte):
    policy(spare_holidays=True)
    page = client_norte.get(reverse("billing:tonight"), {"day": "2026-12-25"}).content.decode()
    assert "Ese día no se corta." in page
    assert "26 de diciembre" in page
    assert 'id="rest"' not in client_norte.get(reverse("billing:tonight"), {"day": "2026-12-23"}).content.decode()


def test_why_says_the_whole_chain_and_what_comes_next(client_norte, in_norte):
    now, today = timezone.now(), tenant_today(timezone.now())
    customer = make_customer("Lucía", services=2)
    invoice = owe(customer, "600", days_late=-5, today=today)
    one, other = customer.services.order_by("id")
    Event.objects.create(
        at=now, type="service.held", subject_kind="customers.service", subject_id=other.pk, customer_id=customer.pk,
        actor_kind="user", actor_label="Otra mano", facts={"reason": "staff", "service": other.code},
    )  # fmt: skip
    page = client_norte.get(reverse("billing:why", args=[one.pk])).content.decode()
    assert "Si no paga:" in page
    assert page.index("se le avisa") < page.index("se corta")
    assert "Otra mano" not in page
    Invoice.objects.filter(pk=invoice.pk).update(due_on=today - dt.timedelta(days=3))
    policy(never_cut=True)
    assert "nunca se corta" in client_norte.get(reverse("billing:why", args=[one.pk])).content.decode()


def test_approving_twice_or_after_the_end_changes_nothing(in_norte):
    night = over_the_limit()
    approve_night(night_id=night.pk, actor=STAFF, now=timezone.now())
    execute_night(night_id=night.pk, now=night.cut_at)
    assert Hold.objects.count() == 1
