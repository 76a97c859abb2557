"""What a pass saw and did becomes states, events, the log and what the customer is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.domain.holds import close_holds, open_hold
from customers.models import Contact
from events.models import Event
from events.sentences import sentence as sentence_of
from inbox.domain.templates import approve_notices, ensure_default_templates
from inbox.models import Channel, Message
from network.domain.desire import refresh_desired
from network.domain.planning import target_of
from network.domain.recording import STUCK_ATTEMPTS, record_pass, trim_log
from network.domain.telling import tell_customers
from network.drivers.base import Account, DriverError, Exchange, Key, Live
from network.models import Access, Command, Router
from network.passes import Report, Result
from network.runtime.recorder import PART, parts_of
from network.tests.conftest import ACTOR, NOW, MakeAccess, key_of, make_item, make_router, make_service
from tenants.models import Tenant, Wake

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)


def account(access: Access, *, enabled: bool, online: bool = False) -> Account:
    lives = (Live("*8", "10.0.0.9", 60, "02:00:00:00:00:01"),) if online else ()
    return Account("*1", key_of(access), enabled, lives)


def report_of(access: Access, *results: Result, **more: object) -> Report:
    given = {"seen": {r.item.key: r.account for r in results}, "seen_at": NOW, "started_at": NOW, **more}
    return Report(target=target_of(access.router), batch=uuid4(), results=results, **given)


def done(access: Access, *, on: bool, generation: int, was_off: bool = False) -> Result:
    item = make_item(access, on, generation)
    return Result(item, done=True, account=account(access, enabled=on), was_off=was_off)


def owe(access: Access, now: dt.datetime = NOW) -> None:
    detail = {"amount": "450.00"}
    open_hold(service_id=access.service_id, reason="debt", source="dunning", actor=ACTOR, now=now, detail=detail)
    refresh_desired(service_ids=[access.service_id], now=now, actor=ACTOR)
    access.refresh_from_db()


def pay(access: Access, now: dt.datetime) -> None:
    close_holds(service_ids=[access.service_id], reason="debt", actor=ACTOR, now=now)
    refresh_desired(service_ids=[access.service_id], now=now, actor=ACTOR)
    access.refresh_from_db()


def reachable(access: Access) -> None:
    channel = Channel(
        kind="twilio_whatsapp", name="WhatsApp", address="whatsapp:+524440000001", account="AC1", is_default=True
    )
    channel.seal(auth_token="t")
    channel.save()
    ensure_default_templates()
    approve_notices(channel=channel, ids={"service_cut": "HX1", "service_restored": "HX2"})
    Contact.objects.create(customer=access.service.customer, kind="whatsapp", value="+524441234567", is_primary=True)


def test_a_cut_and_its_end_are_told_once(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    reachable(access)
    owe(access)
    cut_report = report_of(access, done(access, on=False, generation=1))
    for _ in range(2):
        record_pass(cut_report, now=NOW + SECOND)
        tell_customers(now=NOW + SECOND)
    access.refresh_from_db()
    assert (access.observed, access.is_pending, access.cut_since) == ("off", False, NOW + SECOND)
    assert Event.objects.filter(type="access.cut").count() == 1
    [notice] = Message.objects.all()
    assert notice.template.key == "service_cut"
    assert notice.variables == {"name": "Ana Muñoz", "amount": "$450.00", "service": access.service.code}
    later = NOW + dt.timedelta(hours=3)
    pay(access, later)
    restored = report_of(access, done(access, on=True, generation=2, was_off=True), seen_at=later)
    for _ in range(2):
        record_pass(restored, now=later + SECOND)
        tell_customers(now=later + SECOND)
    access.refresh_from_db()
    assert (access.observed, access.is_pending, access.cut_since, access.urgent) == ("on", False, None, False)
    event = Event.objects.get(type="access.restored")
    assert event.facts["took_ms"] == 1000
    assert [message.template.key for message in Message.objects.order_by("id")] == ["service_cut", "service_restored"]


def test_a_cut_by_hand_is_an_event_and_no_notice(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    reachable(access)
    open_hold(service_id=access.service_id, reason="staff", source="person", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=[access.service_id], now=NOW, actor=ACTOR)
    record_pass(report_of(access, done(access, on=False, generation=1)), now=NOW + SECOND)
    tell_customers(now=NOW + SECOND)
    assert Event.objects.filter(type="access.cut").count() == 1
    assert not Message.objects.exists()


def test_what_was_replaced_meanwhile_is_seen_but_not_applied(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    owe(access)
    pay(access, NOW + SECOND)
    assert access.generation == 2
    record_pass(report_of(access, done(access, on=False, generation=1)), now=NOW + SECOND)
    access.refresh_from_db()
    assert (access.observed, access.is_pending, access.applied_generation) == ("off", True, 0)
    assert access.cut_since is not None, "it was off for a moment, so its return is told"
    record_pass(report_of(access, done(access, on=True, generation=2), seen_at=NOW + 2 * SECOND), now=NOW + 2 * SECOND)
    assert list(Event.objects.filter(type__startswith="access.").order_by("id").values_list("type", flat=True)) == [
        "access.added",
        "access.cut",
        "access.restored",
    ]


def test_paid_before_the_cut_happened_tells_nothing(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    owe(access)
    pay(access, NOW + SECOND)
    record_pass(report_of(access, done(access, on=True, generation=2)), now=NOW + SECOND)
    assert not Event.objects.filter(type__in=["access.cut", "access.restored"]).exists()


def test_older_sightings_do_not_undo_newer_ones(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    on, off = account(access, enabled=True, online=True), account(access, enabled=False)
    record_pass(report_of(access, seen={key_of(access): on}, seen_at=NOW), now=NOW)
    record_pass(report_of(access, seen={key_of(access): off}, seen_at=NOW - SECOND), now=NOW + SECOND)
    access.refresh_from_db()
    assert (access.observed, access.session_up, access.session_address) == ("on", True, "10.0.0.9")
    assert access.session_since == NOW - dt.timedelta(seconds=60)


def test_a_whole_reading_finds_the_missing_and_the_strangers(in_norte: Tenant, make_access: MakeAccess) -> None:
    access, lost = make_access("ana@red"), make_access("perdido@red")
    seen = {Key("pppoe", name): account(access, enabled=True) for name in ("ana@red", "otro@red")}
    record_pass(report_of(access, seen=seen, complete=True), now=NOW)
    lost.refresh_from_db()
    assert lost.observed == "missing"
    assert Router.objects.get().strangers == 1
    assert not Command.objects.exists(), "readings are not logged"


def test_failures_back_off_and_are_told_when_they_last(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    owe(access)
    failed = report_of(
        access,
        Result(make_item(access, False, 1), done=False),
        seen={},
        failure=DriverError("No respondió."),
        exchanges=(Exchange("/ppp/secret/print", "No respondió.", False, 8000, key_of(access)),),
    )
    waits = []
    for _ in range(4):
        record_pass(failed, now=NOW)
        waits.append(Router.objects.get().next_try_at - NOW)
    assert waits == sorted(waits)
    assert waits[0] == dt.timedelta(seconds=5)
    assert Event.objects.filter(type="router.silent").count() == 1
    access.refresh_from_db()
    assert (access.is_pending, access.attempts, access.next_try_at) == (True, 0, None)
    assert Command.objects.filter(ok=False, access=access).count() == 4
    record_pass(report_of(access, done(access, on=False, generation=1)), now=NOW)
    assert Event.objects.filter(type="router.back").count() == 1
    assert Router.objects.get().failures == 0
    assert trim_log(now=NOW + dt.timedelta(days=61)) == 4


def test_what_stays_wrong_backs_off_by_itself(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    owe(access)
    stuck = Result(make_item(access, False, 1), done=False, account=account(access, enabled=False, online=True))
    record_pass(report_of(access, stuck), now=NOW)
    access.refresh_from_db()
    assert (access.attempts, access.next_try_at, access.is_pending) == (1, NOW + dt.timedelta(seconds=5), True)
    assert access.last_error


def test_long_reports_are_written_in_parts(in_norte: Tenant, make_access: MakeAccess) -> None:
    first = make_access("u000@red")
    accesses = [first, *[make_access(f"u{n:03d}@red") for n in range(1, PART + 5)]]
    refresh = [access.service_id for access in accesses]
    for service_id in refresh:
        open_hold(service_id=service_id, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=refresh, now=NOW, actor=ACTOR)
    results = [done(access, on=False, generation=1) for access in accesses]
    exchanges = (
        Exchange("/ppp/secret/print", "!re (55)", True, 5),
        *[Exchange("/ppp/secret/set", "!done", True, 5, key_of(access), True) for access in accesses],
    )
    whole = report_of(first, *results, complete=True, exchanges=exchanges)
    parts = list(parts_of(whole))
    assert [len(part.results) for part in parts] == [PART, 5, 0]
    for part in parts:
        record_pass(part, now=NOW)
    assert Event.objects.filter(type="access.cut").count() == PART + 5
    assert Command.objects.count() == PART + 6
    assert Access.objects.filter(observed="off").count() == PART + 5


def test_what_fails_for_good_or_too_often_is_left_to_a_person(in_norte: Tenant, make_access: MakeAccess) -> None:
    refused, weary = make_access("a@red"), make_access("b@red")
    owe(refused)
    owe(weary)
    no = Result(make_item(refused, False, 1), done=False, account=account(refused, enabled=True), error="No.")
    record_pass(report_of(refused, replace(no, permanent=True)), now=NOW)
    record_pass(report_of(refused, replace(no, permanent=True)), now=NOW + SECOND)
    again = Result(make_item(weary, False, 1), done=False, account=account(weary, enabled=True), error="Quizá.")
    for _turn in range(STUCK_ATTEMPTS):
        assert Access.objects.get(pk=weary.pk).stuck_since is None
        record_pass(report_of(weary, again), now=NOW)
    assert set(Access.objects.values_list("stuck_since", flat=True)) == {NOW}
    stuck = Event.objects.filter(type="access.stuck").order_by("id")
    assert [(event.subject_id, event.facts["error"]) for event in stuck] == [(refused.pk, "No."), (weary.pk, "Quizá.")]
    assert "No se logra cortar a a@red" in sentence_of(stuck[0])
    pay(refused, NOW + SECOND)
    assert (refused.stuck_since, refused.attempts) == (None, 0), "something new is asked of it"


def test_what_was_missing_is_tried_when_a_technician_makes_it(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    owe(access)
    lost = Result(make_item(access, False, 1), done=False, missing=True)
    record_pass(report_of(access, lost, seen={key_of(access): None}), now=NOW)
    Access.objects.update(stuck_since=NOW)
    Wake.objects.all().delete()
    later = NOW + dt.timedelta(minutes=1)
    there = report_of(access, seen={key_of(access): account(access, enabled=True)}, seen_at=later, complete=True)
    record_pass(there, now=later)
    access.refresh_from_db()
    assert (access.observed, access.stuck_since, access.next_try_at, access.attempts) == ("on", None, None, 0)
    assert Wake.objects.filter(lane="network").exists()


def test_two_accesses_of_a_service_are_told_once(in_norte: Tenant, make_access: MakeAccess) -> None:
    one = make_access("a@red")
    two = make_access("b@red", service=one.service)
    reachable(one)
    owe(one)
    two.refresh_from_db()
    record_pass(report_of(one, done(one, on=False, generation=1)), now=NOW + SECOND)
    assert tell_customers(now=NOW + SECOND) == 1
    record_pass(report_of(two, done(two, on=False, generation=1)), now=NOW + SECOND)
    assert tell_customers(now=NOW + SECOND) == 1
    assert Message.objects.count() == 1
    assert Event.objects.filter(type="access.cut").count() == 2
    assert not Access.objects.filter(cut_since=None).exists()
    later = NOW + dt.timedelta(hours=1)
    pay(one, later)
    two.refresh_from_db()
    for access in (one, two):
        record_pass(report_of(access, done(access, on=True, generation=2, was_off=True), seen_at=later), now=later)
    assert tell_customers(now=later) == 2
    assert [message.template.key for message in Message.objects.order_by("id")] == ["service_cut", "service_restored"]


def test_many_who_cannot_be_reached_cost_few_queries(in_norte: Tenant, make_access: MakeAccess) -> None:
    router = make_router()
    accesses = [make_access(f"u{n}@red", router, make_service(f"Cliente {n}")) for n in range(12)]
    for access in accesses:
        owe(access)
    record_pass(report_of(accesses[0], *[done(access, on=False, generation=1) for access in accesses]), now=NOW)
    with CaptureQueriesContext(connection) as few:
        assert tell_customers(now=NOW, limit=2) == 2
    with CaptureQueriesContext(connection) as many:
        assert tell_customers(now=NOW) == 10
    assert len(many) == len(few)
    unsent = Event.objects.filter(type="notice.not_sent")
    assert {event.facts["reason"] for event in unsent} == {"no_template"}
    assert unsent.count() == 12
    assert tell_customers(now=NOW) == 0
