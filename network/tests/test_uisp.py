"""Both sides of UISP on the wire: what is read, what is written, and only on difference."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.domain.comparison import Ours, compare
from network.drivers.base import GONE, OFF, ON, Deed, DriverError, Key, Setup, Speed
from network.tests.uisp_tools import PASSWORD, READ, TOKEN, Dialing, converge, everything_said, service, simulate, site
from simulators.uisp import UispSimulator
from simulators.uisp.crm import BASE as CRM
from simulators.uisp.nms import BASE as NMS


@pytest.fixture
def uisp() -> Iterator[UispSimulator]:
    with simulate() as simulator:
        yield simulator


@pytest.fixture
def dial() -> Iterator[Dialing]:
    dialing = Dialing()
    yield dialing
    dialing.close()


def test_who_answers_and_who_is_there(uisp: UispSimulator, dial: Dialing) -> None:
    uisp.world.add_tower("Cerro")
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1/24", mac="aa:bb:cc:00:00:01")
    beto = uisp.world.add_customer("Beto Díaz", ip="10.1.0.2/24", suspended=True)
    away = uisp.world.add_customer("Caro Peña", online=False)
    session = dial.nms(uisp)
    identity = session.identify(deadline_s=2)
    assert (identity.board, identity.version, identity.fingerprint) == ("UISP", "2.4.206", "")
    before = len(uisp.calls)
    snapshot = session.observe(None, deadline_s=2)
    assert len(uisp.calls) - before == 2, "two lists, however many sites"
    assert snapshot.complete
    found = {key.name: account for key, account in snapshot.accounts.items()}
    assert set(found) == {ana.site_id, beto.site_id, away.site_id}, "a tower is nobody's"
    account = found[ana.site_id]
    assert (account.enabled, account.ip, account.mac, account.speed) == (
        True,
        "10.1.0.1",
        "aa:bb:cc:00:00:01",
        Speed(50_000, 10_000),
    )
    assert account.label == "Ana Muñoz"
    assert [(live.address, live.seconds) for live in account.lives] == [("10.1.0.1", 3600)]
    assert (found[beto.site_id].enabled, found[beto.site_id].lives) == (False, ()), "its radio answers, it is off"
    assert found[away.site_id].lives == ()
    some = session.observe([site(ana.site_id), site("no-existe")], deadline_s=2)
    assert (list(some.accounts), some.complete) == ([account.key], False)


def test_suspending_a_site_cuts_at_the_gateway_and_only_once(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    beto = uisp.world.add_customer("Beto Díaz", ip="10.1.0.2", suspended=True)
    session = dial.nms(uisp)
    wanted = [site(ana.site_id, OFF), site(beto.site_id, OFF), site("nadie", OFF)]
    assert converge(session, wanted) == ["suspend"]
    assert not uisp.world.reaches_internet("10.1.0.1")
    assert converge(session, wanted) == []
    assert converge(session, [site(ana.site_id), site(beto.site_id)], bulk=True) == ["unsuspend", "unsuspend"]
    assert uisp.world.reaches_internet("10.1.0.1")
    assert uisp.world.reaches_internet("10.1.0.2")
    assert len(uisp.writes()) == 3


def test_a_tower_is_never_suspended(uisp: UispSimulator, dial: Dialing) -> None:
    tower = uisp.world.add_tower("Cerro")
    session = dial.nms(uisp)
    assert converge(session, [site(tower.id, OFF)]) == converge(session, [site(tower.id, OFF)], bulk=True) == []
    assert uisp.writes() == []


def test_the_speed_of_a_site(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    session = dial.nms(uisp)
    fast = site(ana.site_id, speed=Speed(100_000, 20_000, 150_000, 30_000, 50_000, 10_000, 8))
    assert converge(session, [fast]) == ["shape"]
    found = uisp.world.sites[ana.site_id]
    assert (found.shaped, found.download, found.upload) == (True, 100_000_000, 20_000_000)
    assert converge(session, [fast]) == []
    assert converge(session, [site(ana.site_id, speed=Speed(0, 0))]) == ["shape"]
    assert (found.shaped, found.download, found.upload) == (False, None, None)
    assert converge(session, [site(ana.site_id, speed=Speed(0, 0))]) == []
    assert converge(session, [site(ana.site_id, OFF, speed=Speed(1, 1))]) == ["suspend"], "the speed waits"
    assert converge(session, [site(ana.site_id)]) == ["unsuspend"], "no speed is ours to set"


def test_a_site_is_not_taken_away(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    session = dial.nms(uisp)
    assert converge(session, [site(ana.site_id, GONE)]) == ["suspend"]
    assert "Bórrelo en UISP" in converge(session, [site(ana.site_id, GONE)])[0]
    assert len(uisp.writes()) == 1


def test_suspending_by_the_crm_with_its_reason(uisp: UispSimulator, dial: Dialing) -> None:
    people = [uisp.world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}") for n in range(1, 8)]
    session = dial.crm(uisp)
    wanted = [service(one.id, OFF) for one in people]
    assert converge(session, wanted) == ["suspend"] * 7
    assert len(uisp.world.ips(suspended=True)) == 7, "the site goes with its service"
    reasons = {uisp.world.reasons[one.reason_id] for one in people}
    assert reasons == {"Falta de pago"}
    assert uisp.writes().count(f"POST {CRM}/service-suspension-reasons") == 1, "the reason is made once"
    assert converge(session, wanted) == converge(session, wanted, bulk=True) == []
    assert converge(dial.crm(uisp), [service(people[0].id)]) == ["cancel-suspend"]
    assert uisp.world.reaches_internet("10.1.0.1")
    assert not uisp.world.reaches_internet("10.1.0.2")
    uisp.world.cancel_suspend(people[1].id, at="")
    assert converge(dial.crm(uisp), [service(people[1].id, OFF)]) == ["suspend"]
    assert uisp.writes().count(f"POST {CRM}/service-suspension-reasons") == 1, "and found again"


def test_plans_and_speeds_by_the_crm(uisp: UispSimulator, dial: Dialing) -> None:
    slow, fast = uisp.world.add_plan("Hogar 50", 50, 10), uisp.world.add_plan("Hogar 100", 100, 20)
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1", plan=slow)
    session = dial.crm(uisp)
    account = session.observe([service(ana.id)], deadline_s=2).accounts[Key("uisp_service", str(ana.id))]
    assert (account.profile, account.speed) == ("Hogar 50", Speed(50_000, 10_000))
    on_fast = service(ana.id, profile="Hogar 100", speed=Speed(100_000, 20_000))
    assert converge(session, [on_fast]) == ["plan"]
    assert (ana.plan_id, ana.period_id) == (fast.id, fast.period_ids[0])
    assert converge(session, [on_fast]) == []
    assert converge(session, [service(ana.id, profile=str(slow.period_ids[1]))]) == ["plan"], "by the period's id"
    assert ana.period_id == slow.period_ids[1]
    assert converge(session, [service(ana.id, profile="Hogar 50", speed=Speed(8_000, 2_500))]) == ["override"]
    assert uisp.world.speeds(ana) == (8, 2.5)
    assert converge(session, [service(ana.id, speed=Speed(0, 1_000))]) == ["override"]
    assert uisp.world.speeds(ana) == (None, 1)
    assert converge(session, [service(ana.id, speed=Speed(0, 1_000))]) == []
    assert converge(session, [service(ana.id, speed=Speed(50_000, 10_000))]) == ["no-override"]
    assert uisp.world.speeds(ana) == (50, 10)
    assert "«Hogar 900»" in converge(session, [service(ana.id, profile="Hogar 900")])[0]
    assert ana.plan_id == slow.id


def test_what_is_over_in_the_crm_is_not_there(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    session = dial.crm(uisp)
    assert converge(session, [service(ana.id, GONE)]) == ["end"]
    assert ana.status == 2
    assert session.observe([service(ana.id)], deadline_s=2).accounts == {}
    assert session.observe(None, deadline_s=2).accounts == {}
    assert converge(session, [service(ana.id, GONE)]) == []
    assert session.observe([service("7/suspend"), service("99")], deadline_s=2).accounts == {}


def test_long_lists_come_in_pages_and_nobody_is_lost_between_them(
    uisp: UispSimulator, dial: Dialing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("network.drivers.uisp.crm.PAGE", 4)
    people = [uisp.world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}") for n in range(1, 12)]
    session = dial.crm(uisp)
    assert len(session.observe(None, deadline_s=2).accounts) == 11
    pages = [call.query for call in uisp.calls if call.path.endswith("/clients/services")]
    assert len(pages) == 3
    waiting = uisp.fail_on("/clients/services", "slow", seconds=0.0, after=1)

    def vanish() -> bool:
        uisp.world.services.pop(people[0].id, None)
        return False

    hits = waiting.hits
    waiting.hits = lambda method, path: vanish() if not hits(method, path) and uisp.calls else False
    assert len(session.observe(None, deadline_s=2).accounts) == 10, "whoever moved up a page is still found"


def test_a_refusal_because_it_is_so_already_is_done(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    session = dial.crm(uisp)
    wanted = [service(ana.id, OFF)]
    steps = session.steps(session.observe(wanted, deadline_s=2), wanted)
    uisp.world.suspend_service(ana.id, 1, at="")
    assert [outcome.error for outcome in session.perform(steps, deadline_s=2)] == [""]
    uisp.world.cancel_suspend(ana.id, at="")
    ana.status = 7
    refused = session.perform(steps, deadline_s=2)[0]
    assert refused.permanent
    assert "can't be suspended" in refused.error


def test_a_survey_tells_what_a_match_needs(uisp: UispSimulator, dial: Dialing) -> None:
    uisp.world.add_plan("Hogar 50", 50, 10)
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1/24", mac="aa:bb:cc:00:00:01", user_ident="C00001")
    uisp.world.sites[ana.site_id].note = "casa azul"
    seen = dial.nms(uisp).survey(deadline_s=2).found[0]
    assert (seen.key.name, seen.label, seen.ip, seen.mac) == (ana.site_id, "Ana Muñoz", "10.1.0.1", "aa:bb:cc:00:00:01")
    assert (seen.external, seen.comment, seen.is_online) == (str(ana.id), "Ana Muñoz · casa azul", True)
    survey = dial.crm(uisp).survey(deadline_s=2)
    seen = survey.found[0]
    assert (seen.key.name, seen.label, seen.external) == (str(ana.id), "Ana Muñoz", ana.site_id)
    assert "C00001" in seen.comment
    assert survey.profiles == {Key("uisp_service", "Hogar 50"): Speed(50_000, 10_000)}


@pytest.mark.parametrize("side", ["nms", "crm"])
def test_a_stranger_is_kept_off_when_a_person_says_so(uisp: UispSimulator, dial: Dialing, side: str) -> None:
    found = uisp.world.add_customer("Nadie", ip="10.1.0.1")
    kind, name = ("uisp_site", found.site_id) if side == "nms" else ("uisp_service", str(found.id))
    session = getattr(dial, side)(uisp)
    deed = Deed("disable", {"method": kind, "rows": [{"ref": name, "name": name}]})
    assert [session.do(deed, deadline_s=2) for _ in range(2)] == ["", ""]
    assert not uisp.world.reaches_internet("10.1.0.1")
    assert sum(call.endswith("/suspend") for call in uisp.writes()) == 1
    assert "no admite" in session.do(Deed("remove", deed.detail), deadline_s=2)
    uisp.fail_on("/suspend", "answer", status=422, body=b'{"message": "No se puede."}')
    uisp.world.sites[found.site_id].suspended, found.status = False, 1
    assert "No se puede." in session.do(deed, deadline_s=2)


def test_a_whole_reading_is_compared_with_ours(uisp: UispSimulator, dial: Dialing) -> None:
    world = uisp.world
    people = [
        world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}", plan=world.add_plan(f"P{n}", 50, 10)) for n in range(5)
    ]
    world.add_device(people[3].site_id, name="Router", mac="", ip="10.1.0.33")
    keys = [Key("uisp_site", str(one.site_id)) for one in people]
    world.sites[people[1].site_id].suspended = True
    nowhere = world.add_customer("Sin equipo")
    ours = [
        Ours(1, keys[0], "on", speed=Speed(50_000, 10_000, 80_000, 20_000, 9, 9, 8), ip="10.1.0.0"),
        Ours(2, keys[1], "on"),
        Ours(3, keys[2], "off", speed=Speed(1, 1)),
        Ours(4, keys[3], "on", speed=Speed(90_000, 10_000), ip="10.1.0.33"),
        Ours(5, Key("uisp_site", "otro"), "on"),
        Ours(6, Key("uisp_site", str(nowhere.site_id)), "on"),
    ]
    setup = Setup(kinds=frozenset({("uisp_site", "")}))
    found = compare(ours, dial.nms(uisp).survey(deadline_s=2), setup)
    assert {(one.kind, one.access_id) for one in found} == {
        ("cut", 2),
        ("enabled", 3),
        ("plan", 4),
        ("missing", 5),
        ("no_ip", 6),
        ("unknown", None),
    }


def test_signing_in_once_and_again_when_a_token_runs_out(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")

    def logins() -> int:
        return sum(call.path.endswith("/login") for call in uisp.calls)

    for _ in range(3):
        dial.nms(uisp).observe(None, deadline_s=2)
    assert logins() == 1, "sessions share the token: signing in too often locks out"
    session = dial.nms(uisp)
    wanted = [site(ana.site_id, OFF)]
    steps = session.steps(session.observe(wanted, deadline_s=2), wanted)
    uisp.nms.tokens.clear()
    assert [outcome.error for outcome in session.perform(steps, deadline_s=2)] == [""]
    assert (logins(), uisp.suspended_names()) == (2, {"Ana Muñoz"})
    people = [uisp.world.add_customer(f"Persona {n}") for n in range(6)]
    uisp.nms.tokens.clear()
    assert len(session.observe([site(one.site_id) for one in people], deadline_s=2).accounts) == 6
    assert logins() == 3, "several at a time sign in once"


def test_a_token_made_in_uisp_needs_no_signing_in(uisp: UispSimulator, dial: Dialing) -> None:
    uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    session = dial.nms(uisp, username="", password=TOKEN)
    assert len(session.observe(None, deadline_s=2).accounts) == 1
    assert not any(call.path.endswith("/login") for call in uisp.calls)
    with pytest.raises(DriverError, match="no aceptó") as caught:
        dial.nms(uisp, username="", password="otro").observe(None, deadline_s=2)
    assert caught.value.permanent


def test_wrong_passwords_and_missing_rights_are_permanent_and_never_told(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    wrong = secrets.token_hex(8)
    with pytest.raises(DriverError, match="no aceptó el usuario") as caught:
        dial.nms(uisp, password=wrong)
    assert caught.value.permanent
    assert wrong not in everything_said(caught.value)
    assert caught.value.__context__ is caught.value.__cause__ is None
    uisp.nms.users["doble"] = (PASSWORD, "admin", True)
    with pytest.raises(DriverError, match="segundo paso") as caught:
        dial.nms(uisp, username="doble")
    assert caught.value.permanent
    uisp.nms.users["mira"] = (PASSWORD, "guest", False)
    with pytest.raises(DriverError, match="faltan permisos") as caught:
        converge(dial.nms(uisp, username="mira"), [site(ana.site_id, OFF)])
    assert caught.value.permanent
    with pytest.raises(DriverError, match="faltan permisos"):
        converge(dial.crm(uisp, password=READ), [service(ana.id, OFF)])
    with pytest.raises(DriverError, match="no aceptó"):
        dial.crm(uisp, password=wrong).observe(None, deadline_s=2)
    assert uisp.suspended_names() == set()
    said = repr(dial.log)
    assert PASSWORD not in said
    assert wrong not in said
    assert READ not in said


def test_every_exchange_is_logged_without_secrets(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    converge(dial.nms(uisp), [site(ana.site_id, OFF)])
    assert [(exchange.sentence.split("?")[0], exchange.is_write) for exchange in dial.log] == [
        (f"POST {NMS}/user/login", False),
        (f"GET {NMS}/sites/{ana.site_id}", False),
        (f"GET {NMS}/devices", False),
        (f"POST {NMS}/sites/{ana.site_id}/suspend", True),
    ]
    assert all(exchange.ok for exchange in dial.log)
    assert {exchange.account for exchange in dial.log[1:]} == {Key("uisp_site", ana.site_id)}
    tokens = [token for token in uisp.nms.tokens if token != TOKEN]
    assert tokens[0] not in repr(dial.log)


def test_what_is_typed_as_an_id_stays_one_part_of_the_address(uisp: UispSimulator, dial: Dialing) -> None:
    session = dial.nms(uisp)
    odd = ["../users", "a/../../user/logout", "x?y=1", "ñandú #1", "%2e%2e"]
    assert session.observe([site(name) for name in odd], deadline_s=2).accounts == {}
    assert all("users" not in call.path.split("/") for call in uisp.calls)
    assert not any(call.path.endswith("/user/logout") and "sites" not in call.path for call in uisp.calls)


def test_nulls_absences_and_the_unknown(uisp: UispSimulator, dial: Dialing) -> None:
    def told(path: str, rows: object) -> None:
        uisp.fail_on(path, "answer", status=200, body=json.dumps(rows).encode(), method="GET")

    told("/sites", [
        {"identification": {"id": "s-1", "type": "endpoint", "suspended": None, "zz": 1}, "qos": None, "new": {}},
        {"identification": {"id": "s-2", "type": "endpoint", "suspended": True}, "description": {"ipAddresses": 7}},
        {"identification": {"type": "endpoint"}},
        {"identification": {"id": "s-4"}},
        None,
    ])  # fmt: skip
    told("/devices", [
        {"identification": {"id": "d-1", "site": None}, "ipAddress": None, "overview": None},
        {"identification": {"id": "d-2", "mac": None, "site": {"id": "s-1"}}, "overview": {"status": "active"}},
        {"identification": {"id": "d-3", "site": {"id": "s-1"}}, "overview": {"uptime": "n/a", "status": []}},
        {"identification": None},
    ])  # fmt: skip
    accounts = dial.nms(uisp).observe(None, deadline_s=2).accounts
    assert {(key.name, account.enabled, len(account.lives)) for key, account in accounts.items()} == {
        ("s-1", True, 1),
        ("s-2", False, 0),
    }
    told("/service-plans", [])
    told("/clients/services", [{"id": 5}, {"id": "6", "status": None, "downloadSpeed": "x"}, {"id": None}])
    assert {key.name for key in dial.crm(uisp).observe(None, deadline_s=2).accounts} == {"5", "6"}
    for rows in ({"items": []}, [{"uuid": 1}, {"uuid": 2}]):
        told("/sites", rows)
        with pytest.raises(DriverError, match="no es UISP"):
            dial.nms(uisp).observe(None, deadline_s=2)


_PEOPLE = 5
states = st.lists(st.tuples(st.booleans(), st.sampled_from([None, (0, 0), (8_000, 2_000), (50_000, 10_000)])),
                  min_size=_PEOPLE, max_size=_PEOPLE)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=states, wanted=states, bulk=st.booleans(), side=st.sampled_from(["nms", "crm"]))
def test_any_state_converges_in_one_pass_and_stays(  # noqa: PLR0917 -- what hypothesis gives
    uisp: UispSimulator, dial: Dialing, before: list, wanted: list, bulk: bool, side: str
) -> None:
    world = uisp.world
    if not world.plans:
        for n in range(_PEOPLE):
            world.add_customer(f"Persona {n}", ip=f"10.1.0.{n + 1}")
    people = list(world.services.values())
    for one, (on, speed) in zip(people, before, strict=True):
        one.status, world.sites[one.site_id].suspended = (1, False) if on else (3, True)
        one.periods = [] if on else [["", None]]
        one.override = speed and dict(
            zip(("downloadSpeedOverride", "uploadSpeedOverride"), (rate / 1000 or None for rate in speed), strict=True)
        ) | {"trafficShapingOverrideEnd": None}  # fmt: skip
        world.shape(one)
    session = dial.nms(uisp) if side == "nms" else dial.crm(uisp)
    asked = [
        (site(one.site_id, ON if on else OFF, speed=speed and Speed(*speed)) if side == "nms"
         else service(one.id, ON if on else OFF, speed=speed and Speed(*speed)))
        for one, (on, speed) in zip(people, wanted, strict=True)
    ]  # fmt: skip
    done = converge(session, asked, bulk=bulk)
    assert set(done) <= {"suspend", "unsuspend", "shape", "cancel-suspend", "override", "no-override"}
    for n, (on, _speed) in enumerate(wanted):
        assert world.reaches_internet(f"10.1.0.{n + 1}") == on
    writes = len(uisp.writes())
    assert converge(session, asked, bulk=not bulk) == []
    assert len(uisp.writes()) == writes
