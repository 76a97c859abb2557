"""Every method and way of cutting, on the versions that differ: cut, restore, plan, provision, remove, survey."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from network.drivers.base import GONE, OFF, ON, Session
from network.tests.methods.cases import IDS, VERSIONS, Case, cases, converge, router_of, session_of, strangers
from simulators.routeros.server import RouterSimulator

Bench = tuple[Case, RouterSimulator, Session]


@pytest.fixture(params=VERSIONS, ids=lambda version: version.split(" ")[0])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=range(len(IDS)), ids=IDS)
def case(request: pytest.FixtureRequest, version: str) -> Case:
    return cases(version)[request.param]


@pytest.fixture
def bench(case: Case, version: str) -> Iterator[Bench]:
    with router_of(version, case.rows) as router, session_of(router, case.setup) as session:
        before = strangers(router)
        yield case, router, session
        assert strangers(router) == before, "rows of nobody here were touched"


@pytest.mark.parametrize("whole", [False, True], ids=["by-key", "in-bulk"])
def test_cut_and_restore(bench: Bench, *, whole: bool) -> None:
    case, router, session = bench
    assert converge(session, [case.want(ON)], whole=whole).done
    for state, passes in ((OFF, False), (ON, True), (OFF, False)):
        turn = converge(session, [case.want(state)], whole=whole)
        assert turn.done, (turn.left, turn.errors)
        assert turn.written
        assert case.is_cut(router) is not passes
        account = turn.snapshot.accounts.get(case.want().key)
        assert account is not None
        assert account.enabled is passes
        quiet = router.received_count
        again = converge(session, [case.want(state)], whole=not whole)
        assert again.done
        assert router.writes(after=quiet) == [], "only differences are written"
        seen = again.snapshot.accounts.get(case.want().key)
        assert seen is not None
        assert seen.enabled is passes, "both ways of reading say the same"


def test_what_is_as_wanted_is_not_written(bench: Bench) -> None:
    case, router, session = bench
    converge(session, [case.want(ON)])
    quiet = router.received_count
    assert converge(session, [case.want(ON)]).done
    assert router.writes(after=quiet) == []


def test_change_of_plan(bench: Bench) -> None:
    case, router, session = bench
    if not case.faster:
        pytest.skip("this method has no speed")
    converge(session, [case.want(ON)])
    turn = converge(session, [case.want(ON, **case.faster)])
    assert turn.done, (turn.left, turn.errors)
    account = turn.snapshot.accounts[case.want().key]
    if "speed" in case.faster:
        assert account.speed == case.faster["speed"]
    else:
        assert account.profile == case.faster["profile"]
    assert converge(session, [case.want(OFF, **case.faster)]).done
    assert converge(session, [case.want(ON, **case.faster)]).done
    assert converge(session, [case.want(ON, **case.faster)]).written == 0
    assert not case.is_cut(router)


def test_provision_and_remove(case: Case, version: str) -> None:
    own = {menu: rows for menu, rows in case.rows.items() if menu != case.menu}
    with router_of(version, own) as router, session_of(router, case.setup) as session:
        before = strangers(router)
        implied = case.kind == "list"
        absent = converge(session, [case.want(OFF if implied else ON)])
        assert implied or (absent.written == 0 and absent.snapshot.accounts.get(case.want().key) is None)
        for state in (OFF, ON):
            turn = converge(session, [case.want(state, provision=True, **case.missing)])
            assert turn.done, (turn.left, turn.errors)
            account = turn.snapshot.accounts.get(case.want().key)
            assert account is not None
            assert account.enabled is (state == ON)
            assert converge(session, [case.want(state, provision=True, **case.missing)]).written == 0
            if not (implied and state == ON):
                assert all(row["comment"] == "Ana Muñoz S00001 [crm:0123abcd]" for row in case.mine(router))
                assert case.mine(router)
        gone = converge(session, [case.want(GONE)])
        assert gone.done, (gone.left, gone.errors)
        assert case.mine(router) == []
        assert converge(session, [case.want(GONE)]).written == 0
        assert strangers(router) == before


def test_made_cut_at_once(case: Case, version: str) -> None:
    own = {menu: rows for menu, rows in case.rows.items() if menu != case.menu}
    with router_of(version, own) as router, session_of(router, case.setup) as session:
        turn = converge(session, [case.want(OFF, provision=True, **case.missing)])
        assert turn.done, (turn.left, turn.errors)
        assert case.is_cut(router)


def test_what_is_not_ours_is_not_removed(bench: Bench) -> None:
    case, router, session = bench
    if case.kind == "list":
        router.add_row(case.menu, {"list": "cortados", "address": case.name, "comment": "Moroso"})
    turn = converge(session, [case.want(GONE)])
    assert case.mine(router), "it stays"
    if case.kind != "list":  # who is on nobody's list needs nothing of us
        assert "a mano" in turn.errors[0]
    assert all("crm:" not in row.get("comment", "") for row in case.mine(router))


def test_the_first_write_signs_and_keeps_the_text(bench: Bench) -> None:
    case, router, session = bench
    texts = {row[".id"]: row.get("comment", "") for row in case.mine(router)}
    converge(session, [case.want(ON)])
    converge(session, [case.want(OFF)])
    written = [row for row in router.rows("/ip/firewall/address-list") if row["list"] == "cortados"]
    written = case.mine(router) if (case.kind, case.cut_by) != ("pppoe", "list") else written
    for row in written:
        if row["comment"] != "ajeno":
            assert row["comment"].endswith(" [crm:0123abcd]")
            assert row["comment"].startswith(texts.get(row[".id"]) or "Ana Muñoz S00001")


def test_survey_finds_it(bench: Bench) -> None:
    case, _router, session = bench
    converge(session, [case.want(OFF)])
    survey = session.survey(deadline_s=5)
    if case.kind in {"list", "pcq"}:
        assert any(row.address == case.name and row.list == "cortados" for row in survey.listed)
        return
    found = next(row for row in survey.found if row.key == case.want().key)
    assert not found.enabled
    assert "[crm:0123abcd]" in found.comment or case.cut_by == "list"
    assert not found.password
