"""The network process for real: PostgreSQL, Redis, and routers on the wire."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.utils import timezone

from events.models import Event
from network.domain.desire import refresh_desired
from network.domain.routers import approve_cuts, change_router
from network.models import Access, Command, Router
from network.tests.conftest import ACTOR, MakeAccess
from network.tests.process_tools import cut, events_of, eventually, restore, router_row, running, settled, simulate
from tenants.current import enter, entered
from tenants.models import Tenant, Wake

pytestmark = pytest.mark.usefixtures("fresh_db")


def test_cut_and_restore_end_to_end(in_norte: Tenant, sur: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red", "beto@red", "otro@red") as router, running():
        row = router_row(router)
        ana, beto = make_access("ana@red", row), make_access("beto@red", row)
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == 2)
        cut(ana)
        assert eventually(lambda: settled(ana))
        assert router.disabled_names() == {"ana@red"}
        assert router.online_names() == {"beto@red", "otro@red"}
        ana.refresh_from_db()
        assert (ana.observed, ana.session_up, ana.cut_since is not None) == ("off", False, True)
        restore(ana)
        assert eventually(lambda: settled(ana))
        assert router.disabled_names() == set()
        assert eventually(lambda: Access.objects.get(pk=ana.pk).session_up), "looked again until it was online"
        assert events_of(ana) == ["access.added", "access.cut", "access.restored"]
        assert events_of(beto) == ["access.added"]
        event = Event.objects.get(type="access.cut")
        assert event.customer_id == ana.service.customer_id
        assert event.facts["causes"][0]["reason"] == "debt"
        assert event.facts["took_ms"] < 5000
        row.refresh_from_db()
        assert (row.version, row.failures, row.strangers) == ("7.20.2 (stable)", 0, 1)
        writes = [note.words[0] for note in router.writes()]
        assert writes == ["/ppp/secret/set", "/ppp/active/remove", "/ppp/secret/set"]
        logged = list(Command.objects.filter(access=ana).order_by("id").values_list("sentence", flat=True))
        assert any(sentence.startswith("/ppp/secret/set") and "disabled=yes" in sentence for sentence in logged)
        assert "clave" not in " ".join(logged)
        with enter("sur"):
            assert not Access.objects.exists()
            assert not Command.objects.exists()
    assert not Wake.objects.filter(lane="network").exists()
    assert not Router.objects.exclude(lease_owner="").exists(), "stopping gives the leases back"


def test_a_second_pass_writes_nothing(in_norte: Tenant, make_access: MakeAccess) -> None:
    names = [f"u{n}@red" for n in range(60)]
    with simulate(*names) as router, running():
        row = router_row(router)
        accesses = [make_access(name, row) for name in names]
        cut(*accesses)
        assert eventually(lambda: settled(*accesses))
        assert router.disabled_names() == set(names)
        assert eventually(lambda: router.online_names() == set())
        before = len(router.writes())
        assert before == 120
        Access.objects.update(applied_generation=0)
        refresh_desired(service_ids=[a.service_id for a in accesses], now=timezone.now(), actor=ACTOR, approved=True)
        assert eventually(lambda: settled(*accesses))
        assert len(router.writes()) == before
        assert Event.objects.filter(type="access.cut").count() == 60


def test_unapproved_cuts_above_the_limit_wait_for_a_person(in_norte: Tenant, make_access: MakeAccess) -> None:
    names = [f"u{n}@red" for n in range(5)]
    with simulate(*names) as router, running():
        row = router_row(router, max_cuts_per_run=3)
        accesses = [make_access(name, row) for name in names]
        cut(*accesses, approved=False)
        assert eventually(lambda: Event.objects.filter(type="router.cuts_waiting").exists())
        time.sleep(0.3)
        assert router.writes() == []
        row.refresh_from_db()
        assert row.cuts_waiting_since is not None
        restore(accesses[0])
        assert eventually(lambda: settled(accesses[0])), "reconnections do not wait"
        assert approve_cuts(router_id=row.pk, actor=ACTOR, now=timezone.now()) == 4
        assert eventually(lambda: settled(*accesses))
        assert router.disabled_names() == set(names[1:])
        assert Event.objects.filter(type="router.cuts_waiting").count() == 1


def test_few_unapproved_cuts_happen(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("a@red", "b@red", "c@red") as router, running():
        row = router_row(router, max_cuts_per_run=2)
        accesses = [make_access(name, row) for name in ("a@red", "b@red", "c@red")]
        cut(accesses[0], approved=False)
        assert eventually(lambda: settled(accesses[0]))
        cut(accesses[1], approved=False)
        assert eventually(lambda: settled(accesses[1]))
        cut(accesses[2], approved=False)
        assert eventually(lambda: Event.objects.filter(type="router.cuts_waiting").exists()), "drop by drop, too"
        assert router.disabled_names() == {"a@red", "b@red"}


def test_a_cut_past_its_window_is_not_sent(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red") as router:
        row = router_row(router)
        ana = make_access("ana@red", row)
        cut(ana, cut_not_after=timezone.now() - dt.timedelta(seconds=1))
        with running():
            assert eventually(lambda: router.received_count > 0)
            time.sleep(0.3)
            assert router.writes() == []
            refresh_desired(
                service_ids=[ana.service_id],
                now=timezone.now(),
                actor=ACTOR,
                cut_not_after=timezone.now() + dt.timedelta(hours=1),
            )
            assert eventually(lambda: settled(ana)), "the policy decided again"


def test_an_unreadable_router_cuts_nobody_and_converges_when_back(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red", "beto@red") as router, running():
        row = router_row(router)
        ana, beto = make_access("ana@red", row), make_access("beto@red", row)
        assert eventually(lambda: Router.objects.get(pk=row.pk).last_seen_at)
        router.fail_on("/ppp/secret/print", "trap", message="failure", times=None)
        cut(ana)
        assert eventually(lambda: Router.objects.get(pk=row.pk).failures > 0)
        assert router.writes() == []
        row.refresh_from_db()
        assert row.next_try_at > timezone.now()
        assert "failure" in row.last_error
        router.clear_faults()
        router.power(on=False)
        router.power(on=True)
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now())
        assert eventually(lambda: settled(ana, beto))
        assert router.disabled_names() == {"ana@red"}


def test_a_wrong_password_waits_for_a_person(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red") as router, running():
        row = router_row(router)
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now(), password="otra")
        ana = make_access("ana@red", row)
        cut(ana)
        assert eventually(lambda: "contraseña" in Router.objects.get(pk=row.pk).last_error)
        assert Router.objects.get(pk=row.pk).next_try_at > timezone.now() + dt.timedelta(minutes=10)
        assert not Command.objects.filter(reply__contains="otra").exists()
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now(), password="clave-del-router")
        assert eventually(lambda: settled(ana))


def test_a_missing_secret_is_told_and_tried_later(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red") as router, running():
        row = router_row(router)
        lost = make_access("perdido@red", row)
        cut(lost)
        assert eventually(lambda: Access.objects.get(pk=lost.pk).attempts == 1)
        lost.refresh_from_db()
        assert (lost.observed, lost.is_pending) == ("missing", True)
        assert "no existe" in lost.last_error
        assert lost.next_try_at > timezone.now() + dt.timedelta(minutes=5)
        assert router.writes() == []


def test_paid_while_the_cut_is_on_its_way_ends_online(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red") as router, running():
        row = router_row(router)
        ana = make_access("ana@red", row)
        assert eventually(lambda: Access.objects.get(pk=ana.pk).session_up)
        router.set_faults(latency_ms=60)
        for _ in range(4):
            cut(ana)
            restore(ana)
        assert eventually(lambda: settled(ana))
        assert eventually(lambda: router.online_names() == {"ana@red"})
        assert router.disabled_names() == set()
        told = events_of(ana)
        assert told.count("access.cut") == told.count("access.restored")


def test_a_reset_after_the_write_is_read_again_not_repeated(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red") as router, running():
        row = router_row(router)
        ana = make_access("ana@red", row)
        assert eventually(lambda: Access.objects.get(pk=ana.pk).session_up)
        router.fail_on("/ppp/secret/set", "reset")
        cut(ana)
        assert eventually(lambda: router.disabled_names() == {"ana@red"})
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now())
        assert eventually(lambda: settled(ana))
        assert [note.words[0] for note in router.writes()].count("/ppp/secret/set") == 1
        assert router.online_names() == set()
        assert events_of(ana)[-1] == "access.cut"


def test_a_technician_who_enables_by_hand_is_shown_not_overruled(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red") as router, running():
        row = router_row(router)
        ana = make_access("ana@red", row)
        cut(ana)
        assert eventually(lambda: settled(ana))
        router.set_secret("ana@red", disabled="no")
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now())
        assert eventually(lambda: Access.objects.get(pk=ana.pk).observed == "on")
        ana.refresh_from_db()
        assert not ana.agrees
        assert router.disabled_names() == set()


def test_a_slow_router_does_not_delay_another(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("lento@red") as slow, simulate("ana@red") as quick, running():
        first, second = router_row(slow, "RB-Lento"), router_row(quick, "RB-Veloz")
        lento, ana = make_access("lento@red", first), make_access("ana@red", second)
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == 2)
        slow.set_faults(hang=True)
        cut(lento, ana)
        started = time.monotonic()
        assert eventually(lambda: settled(ana))
        assert time.monotonic() - started < 2
        assert not settled(lento)


def test_a_waiting_reconnection_goes_between_the_chunks_of_a_mass_cut(
    in_norte: Tenant, make_access: MakeAccess
) -> None:
    names = [f"u{n}@red" for n in range(200)]
    with simulate(*names, "ana@red") as router, running():
        row = router_row(router)
        accesses = [make_access(name, row) for name in names]
        ana = make_access("ana@red", row)
        cut(ana)
        assert eventually(lambda: settled(ana))
        router.set_faults(latency_ms=200)
        before = router.received_count
        cut(*accesses)
        assert eventually(lambda: len(router.writes(after=before)) > 20)
        restore(ana)
        assert eventually(lambda: router.secret("ana@red")["disabled"] == "false")
        assert len(router.disabled_names()) < 200, "the reconnection did not wait for the whole sweep"
        router.set_faults(latency_ms=0)
        assert eventually(lambda: settled(*accesses, ana), 30)
        assert router.disabled_names() == set(names)


def test_two_processes_share_routers_without_meeting(in_norte: Tenant, make_access: MakeAccess) -> None:
    names = [f"u{n}@red" for n in range(20)]
    with simulate(*names) as router, running(), running():
        row = router_row(router)
        accesses = [make_access(name, row) for name in names]
        for access in accesses:
            cut(access)
        assert eventually(lambda: settled(*accesses))
        for access in accesses:
            restore(access)
        assert eventually(lambda: settled(*accesses))
        assert router.connection_count == 1
        assert len([note for note in router.writes() if "/ppp/secret/set" in note.words]) == 40
        assert router.disabled_names() == set()


def test_each_provider_has_its_own_routers(norte: Tenant, sur: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red") as first, simulate("ana@red") as second, running():
        with entered(norte):
            ana = make_access("ana@red", router_row(first))
        with entered(sur):
            other = make_access("ana@red", router_row(second))
        with entered(norte):
            cut(ana)
            assert eventually(lambda: settled(ana))
        assert first.disabled_names() == {"ana@red"}
        assert second.disabled_names() == set()
        with entered(sur):
            assert events_of(other) == ["access.added"]
