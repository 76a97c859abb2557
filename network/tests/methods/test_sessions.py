"""Sessions: ended where a cut or a new plan asks for it, also when the kick of an earlier pass was lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from network.drivers.base import OFF, ON, Key, Setup, Speed, Wanted
from network.tests.methods.cases import (
    IP,
    LIST,
    MAC,
    PLAN,
    PROFILES,
    SECRET,
    VERSIONS,
    converge,
    router_of,
    session_of,
    users_menu,
)
from simulators.routeros.server import RouterSimulator

LATEST = VERSIONS[-1]
ANA = Key("pppoe", "ana")
PPPOE = {"/ppp/profile": PROFILES, "/ppp/secret": [SECRET]}


def setup_of(*ways: tuple[str, str]) -> Setup:
    return Setup(kinds=frozenset(ways), speeds=True)


def drop_kicks(session: Any, steps: list[Any]) -> None:
    """A pass that died between the write and the kick."""
    session.perform([step for step in steps if step.kind != "kick"], deadline_s=3)


def online(router: RouterSimulator) -> list[str]:
    return [row["address"] for row in router.rows("/ppp/active") if row["name"] == "ana"]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("cut_by", ["", "profile"])
def test_a_lost_kick_is_noticed(cut_by: str, *, whole: bool) -> None:
    wanted = Wanted(ANA, OFF, cut_by=cut_by, profile="plan20", signature="crm:1")
    with router_of(LATEST, PPPOE) as router, session_of(router, setup_of(("pppoe", cut_by))) as session:
        router.open_extra_session("ana")
        drop_kicks(session, session.steps(session.observe([wanted], deadline_s=3), [wanted]))
        assert online(router)
        turn = converge(session, [wanted], whole=whole)
        assert turn.done
        assert turn.written == 1
        assert not online(router)


@pytest.mark.parametrize("whole", [False, True])
def test_a_session_on_the_speed_of_before_is_ended(*, whole: bool) -> None:
    fast = Wanted(ANA, ON, speed=Speed(50_000, 10_000), profile="plan50", signature="crm:1")
    with router_of(LATEST, PPPOE) as router, session_of(router, setup_of(("pppoe", ""))) as session:
        router.open_extra_session("ana")
        drop_kicks(session, session.steps(session.observe([fast], deadline_s=3), [fast]))
        assert router.secret("ana")["profile"] == "plan50"
        assert len(online(router)) == 1
        assert converge(session, [fast], whole=whole).written == 1
        router.open_extra_session("ana")
        assert converge(session, [fast], whole=whole).written == 0, "the new session has the new speed"
        assert len(online(router)) == 1


def test_a_cut_profile_without_rate_is_checked_by_its_list() -> None:
    rows = {
        "/ppp/profile": [*PROFILES, {"name": "cortado", "address-list": "cortados"}, {"name": "libre"}],
        "/ppp/secret": [{**SECRET, "profile": "libre"}],
    }
    wanted = Wanted(ANA, OFF, cut_by="profile", profile="libre", signature="crm:1")
    with router_of(LATEST, rows) as router, session_of(router, setup_of(("pppoe", "profile"))) as session:
        router.open_extra_session("ana")
        drop_kicks(session, session.steps(session.observe([wanted], deadline_s=3), [wanted]))
        assert converge(session, [wanted]).written == 1
        router.open_extra_session("ana")  # it dials again, and is on the list
        assert online(router)
        assert converge(session, [wanted]).done
        assert online(router), "who is cut by profile stays online, in the walled garden"
        assert converge(session, [wanted], whole=True).written == 0


def test_every_session_is_kicked_and_a_kick_is_asked_once() -> None:
    with router_of(LATEST, PPPOE) as router, session_of(router, setup_of(("pppoe", ""))) as session:
        router.open_extra_session("ana")
        router.open_extra_session("ana")
        kick = Wanted(ANA, ON, kick=True)
        assert converge(session, [kick]).written == 2
        router.open_extra_session("ana")
        assert converge(session, [replace(kick, kick=False)]).written == 0


def test_new_profiles_take_over_what_sessions_need() -> None:
    rows = {
        "/ip/pool": [{"name": "clientes", "ranges": "10.9.1.2-10.9.1.200"}],
        "/ppp/profile": [{"name": "viejo", "local-address": "10.9.0.1", "remote-address": "clientes"}],
        "/ppp/secret": [{**SECRET, "profile": "viejo"}, {**SECRET, "name": "eva", "profile": "viejo", "comment": ""}],
    }
    both = [Wanted(Key("pppoe", name), ON, speed=PLAN, signature="crm:1") for name in ("ana", "eva")]
    with router_of(LATEST, rows) as router, session_of(router, setup_of(("pppoe", ""))) as session:
        turn = converge(session, both)
        assert turn.done
        assert turn.written == 3, "one profile for both"
        made = next(row for row in router.rows("/ppp/profile") if row["name"] == "crm-20M-5M")
        assert (made["rate-limit"], made["local-address"], made["remote-address"]) == (
            "5M/20M",
            "10.9.0.1",
            "clientes",
        )
        router.change_row("/ppp/profile", "crm-20M-5M", {"rate-limit": "1M/1M"})
        assert converge(session, both).done
        assert next(r for r in router.rows("/ppp/profile") if r["name"] == "crm-20M-5M")["rate-limit"] == "5M/20M"


def test_a_cut_that_could_not_be_undone_is_not_made() -> None:
    lost = [
        (Wanted(ANA, OFF, cut_by="profile"), PPPOE),
        (Wanted(Key("queue", "Ana"), OFF), {"/queue/simple": [{"name": "Ana", "target": IP, "max-limit": "5M/20M"}]}),
        (
            Wanted(Key("dhcp", MAC), OFF, cut_by="speed"),
            {"/ip/dhcp-server/lease": [{"address": IP, "mac-address": MAC}]},
        ),
    ]
    for wanted, rows in lost:
        with (
            router_of(LATEST, rows) as router,
            session_of(router, setup_of((wanted.key.kind, wanted.cut_by))) as session,
        ):
            turn = converge(session, [wanted])
            assert "No se sabe qué velocidad o perfil" in turn.errors[0]
            assert router.writes() == []


def test_hotspot_cookies_go_with_the_session() -> None:
    rows = {
        "/ip/hotspot": [{"name": "hotspot1", "interface": "ether3"}],
        "/ip/hotspot/user": [{"name": "ana", "password": "x"}],
    }
    with router_of(LATEST, rows) as router, session_of(router, setup_of(("hotspot", ""))) as session:
        assert router.open_hotspot_session("ana", MAC)
        assert router.rows("/ip/hotspot/cookie")
        assert converge(session, [Wanted(Key("hotspot", "ana"), OFF)]).done
        assert router.rows("/ip/hotspot/cookie") == []
        assert router.rows("/ip/hotspot/active") == []
        assert not router.open_hotspot_session("ana", MAC)


def test_a_blocked_device_is_judged_anew() -> None:
    rows = {
        "/ip/hotspot": [{"name": "hotspot1", "interface": "ether3"}],
        "/ip/hotspot/ip-binding": [{"mac-address": MAC, "type": "bypassed"}],
    }
    key = Key("binding", MAC)
    with router_of(LATEST, rows) as router, session_of(router, setup_of(("binding", ""))) as session:
        router.open_hotspot_session("nadie", MAC)
        assert router.rows("/ip/hotspot/host")
        turn = converge(session, [Wanted(key, OFF)])
        assert turn.done
        assert turn.written == 2
        router.open_hotspot_session("nadie", MAC)
        assert router.rows("/ip/hotspot/host")[0]["blocked"] == "true"
        assert converge(session, [Wanted(key, OFF)]).written == 0
        assert converge(session, [Wanted(key, ON)]).done
        assert router.rows("/ip/hotspot/host") == [], "it comes back as who passes"


def test_a_dynamic_lease_is_fixed_before_it_is_written() -> None:
    key = Key("dhcp", MAC)
    rows = {
        "/ip/pool": [{"name": "lan", "ranges": "10.9.2.2-10.9.2.20"}],
        "/ip/dhcp-server": [{"name": "lan", "interface": "ether3", "address-pool": "lan"}],
    }
    with router_of(LATEST, rows) as router, session_of(router, setup_of(("dhcp", ""), ("dhcp", "list"))) as session:
        assert router.bind_lease(MAC, "lan")
        assert converge(session, [Wanted(key, ON, server="lan")]).written == 0, "what passes may stay dynamic"
        turn = converge(session, [Wanted(key, OFF, cut_by="list", server="lan", signature="crm:1")])
        assert turn.done, (turn.errors, turn.left)
        lease = next(row for row in router.rows("/ip/dhcp-server/lease") if row["mac-address"] == MAC)
        assert (lease["dynamic"], lease["address-lists"]) == ("false", "cortados")
        assert any(row["list"] == "cortados" and row["address"] == lease["address"] for row in router.rows(LIST))
        assert [word.words[0].rpartition("/")[2] for word in router.writes()] == ["make-static", "set"]
        account = turn.snapshot.accounts[key]
        assert account.lives[0].seconds == -1
        assert not account.enabled


@pytest.mark.parametrize("version", VERSIONS)
def test_user_manager_closes_sessions_and_gives_plans_anew(version: str) -> None:
    menu, name = users_menu(version)
    old = version.startswith("6")
    owner = {"customer": "admin"} if old else {}
    rows = {menu: [{name: "ana", "password": "x", **owner}]}
    key = Key("user_manager", "ana")
    week = Wanted(key, ON, profile="1 semana", speed=PLAN, validity_s=7 * 86400, signature="crm:1")
    with router_of(version, rows) as router, session_of(router, setup_of(("user_manager", ""))) as session:
        turn = converge(session, [week])
        assert turn.done, (turn.errors, turn.left)
        profiles = "/tool/user-manager/profile" if old else "/user-manager/profile"
        made = next(row for row in router.rows(profiles) if row["name"] == "1 semana")
        assert made["validity"] == "1w"
        limits = "/tool/user-manager/profile/limitation" if old else "/user-manager/limitation"
        assert len(router.rows(limits)) == 1
        assert turn.snapshot.accounts[key].profile == "1 semana"
        assert router.open_user_manager_session("ana", MAC)
        turn = converge(session, [replace(week, state=OFF)])
        assert turn.done
        assert turn.snapshot.accounts[key].lives == ()
        assert not router.open_user_manager_session("ana", MAC)
        assert converge(session, [week]).written == 1, "the plan it has is not given twice"
        month = replace(week, profile="1 mes", validity_s=30 * 86400)
        assert converge(session, [month]).snapshot.accounts[key].profile == "1 mes"
        back = converge(session, [week])
        assert back.snapshot.accounts[key].profile == "1 semana"
        assert back.done
        assert converge(session, [week]).written == 0


def test_a_plan_used_up_is_given_again_and_a_trial_is_not() -> None:
    rows = {
        "/user-manager/profile": [{"name": "prueba", "validity": "1d"}],
        "/user-manager/user": [{"name": "ana", "password": "x"}],
        "/user-manager/user-profile": [{"user": "ana", "profile": "prueba", "state": "used"}],
    }
    key = Key("user_manager", "ana")
    with router_of(LATEST, rows) as router, session_of(router, setup_of(("user_manager", ""))) as session:
        account = session.observe(None, deadline_s=3).accounts[key]
        assert not account.enabled, "with its plan used up it is not let in"
        trial = Wanted(key, ON, profile="prueba", trial=True)
        turn = converge(session, [trial])
        assert "ya se usó" in turn.errors[0]
        assert router.writes() == []
        assert converge(session, [replace(trial, trial=False)]).done
        assert len(router.rows("/user-manager/user-profile")) == 2
