"""Deeds on a MikroTik: rows taken off, rules put in place, one list's work given to another. Against the simulator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from network.domain.rules import (
    BELOW,
    FILTER,
    GOOD,
    MISSING,
    check_rules,
    describe_lists,
    installing,
    migrating,
    raising,
    script,
)
from network.drivers.base import Address, Deed, DriverError, Listed, Rule
from network.drivers.mikrotik.connection import Connection
from network.drivers.mikrotik.deeds import do_deed
from simulators.routeros.server import RouterSimulator

LISTS, NAT = "/ip/firewall/address-list", "/ip/firewall/nat"
CUT = [f"10.0.0.{number}" for number in range(2, 8)]
FASTTRACK = {"chain": "forward", "action": "fasttrack-connection", "connection-state": "established,related"}
ESTABLISHED = {"chain": "forward", "action": "accept", "connection-state": "established,related"}
WISPHUB = [
    {"chain": "dstnat", "action": "accept", "src-address-list": "Moroso", "dst-address-list": "servers_wisphub"},
    {
        "chain": "dstnat",
        "action": "redirect",
        "protocol": "tcp",
        "dst-port": "!8291",
        "src-address-list": "Moroso",
        "to-ports": "999",
        "comment": "Suspension de clientes(TCP)",
    },
    {
        "chain": "dstnat",
        "action": "redirect",
        "protocol": "tcp",
        "dst-port": "80",
        "src-address-list": "Aviso",
        "to-ports": "999",
        "comment": "Aviso de Pago en Pantalla",
    },
    {"chain": "srcnat", "action": "masquerade"},
]


def router(
    filters: Sequence[dict[str, str]] = (), nat: Sequence[dict[str, str]] = (), cut: Sequence[str] = CUT
) -> RouterSimulator:
    rows: dict[str, list[dict[str, Any]]] = {
        "/ip/firewall/filter": list(filters),
        NAT: list(nat),
        LISTS: [{"list": "Moroso", "address": one, "comment": f"00{number}"} for number, one in enumerate(cut)]
        + [{"list": "Aviso", "address": "10.0.0.90"}],
    }
    return RouterSimulator(rows=rows, secrets=[{"name": "ana", "password": "x"}, {"name": "eva", "password": "x"}])


@pytest.fixture
def wisphub() -> Iterator[RouterSimulator]:
    with router([FASTTRACK, ESTABLISHED], WISPHUB) as simulator:
        yield simulator


def filters(simulator: RouterSimulator) -> list[dict[str, str]]:
    """The filter's rules without the counter that fasttrack shows by itself."""
    return [row for row in simulator.rows(FILTER) if row.get("dynamic") != "true"]


def ask(simulator: RouterSimulator, *deeds: Deed) -> list[str]:
    address = Address(
        "127.0.0.1",
        simulator.port,
        "enlace",
        simulator.password,
        exceptions=frozenset({f"127.0.0.1:{simulator.port}"}),
    )
    connection = Connection.open(address, deadline_s=5, listener=lambda _exchange: None)
    try:
        return [do_deed(connection, deed, deadline_s=10) for deed in deeds]
    finally:
        connection.close()


def rules_of(simulator: RouterSimulator) -> list[Rule]:
    found = []
    for menu in ("filter", "nat"):
        for place, row in enumerate(simulator.rows(f"/ip/firewall/{menu}")):
            found.append(
                Rule(
                    menu,
                    row["chain"],
                    place,
                    row[".id"],
                    row["action"],
                    row.get("disabled") != "true",
                    row.get("src-address-list", ""),
                    row.get("dst-address-list", ""),
                    row.get("comment", ""),
                    row,
                )
            )
    return found


def listed(simulator: RouterSimulator) -> list[Listed]:
    return [
        Listed(row["list"], row["address"], row[".id"], row.get("comment", ""), row.get("disabled") != "true")
        for row in simulator.rows(LISTS)
    ]


def kept_off(simulator: RouterSimulator, address: str) -> bool:
    """Whether the router's rules, as they are this moment, keep an address off."""
    lists = {row.list for row in listed(simulator) if row.enabled and row.address == address}
    return any(check_rules(rules_of(simulator), name).state != MISSING for name in lists)


def test_wisphubs_cut_is_recognised_and_its_notice_is_not(wisphub: RouterSimulator) -> None:
    rules = rules_of(wisphub)
    assert check_rules(rules, "Moroso").state == GOOD
    assert check_rules(rules, "Aviso").state == MISSING
    assert check_rules(rules, "otra").state == MISSING
    lists = describe_lists(listed=listed(wisphub), rules=rules, held=frozenset(CUT[:2]))
    assert [(one.name, one.entries, one.held, one.state, one.is_redirected) for one in lists] == [
        ("Moroso", 6, 2, GOOD, True),
        ("Aviso", 1, 0, MISSING, False),
    ]


def test_a_full_list_whose_rule_is_off_is_told(wisphub: RouterSimulator) -> None:
    rule = next(row for row in wisphub.rows(NAT) if row.get("dst-port") == "!8291")
    wisphub.change_row(NAT, rule[".id"], {"disabled": "yes"})
    lists = describe_lists(listed=listed(wisphub), rules=rules_of(wisphub), held=frozenset())
    assert next(one for one in lists if one.name == "Moroso").is_switched_off


@pytest.mark.parametrize(
    "before", [[], [FASTTRACK, ESTABLISHED], [ESTABLISHED, {"chain": "forward", "action": "drop"}]]
)
def test_our_rules_are_put_above_whatever_lets_pass_and_twice_is_once(before: list[dict[str, str]]) -> None:
    with router(before) as simulator:
        deeds = installing(cut_list="cortados", page="10.0.0.1")
        assert set(ask(simulator, *deeds)) == {""}
        assert check_rules(rules_of(simulator), "cortados").state == GOOD
        comments = [row.get("comment", "").split(" ")[-1] for row in filters(simulator)]
        assert comments[:3] == ["dns", "permitidos", "corte"]
        was, heard = simulator.rows(FILTER), simulator.received_count
        assert set(ask(simulator, *deeds)) == {""}
        assert simulator.writes(after=heard) == []
        assert simulator.rows(FILTER) == was


def test_a_rule_that_somebody_moved_disabled_or_took_away_is_put_right() -> None:
    with router([FASTTRACK]) as simulator:
        deeds = installing(cut_list="cortados")
        ask(simulator, *deeds)
        dns, _allowed, drop = (row[".id"] for row in filters(simulator)[:3])
        simulator.remove_row(FILTER, dns)
        simulator.change_row(FILTER, drop, {"disabled": "yes"})
        assert check_rules(rules_of(simulator), "cortados").state == MISSING
        assert set(ask(simulator, *deeds)) == {""}
        assert check_rules(rules_of(simulator), "cortados").state == GOOD
        comments = [row.get("comment", "").split(" ")[-1] for row in filters(simulator)]
        assert comments.index("dns") < comments.index("corte")


def test_rules_below_fasttrack_are_seen_and_raised() -> None:
    drop = {"chain": "forward", "action": "drop", "src-address-list": "Moroso", "comment": "de antes"}
    with router([FASTTRACK, ESTABLISHED, drop]) as simulator:
        verdict = check_rules(rules_of(simulator), "Moroso")
        assert verdict.state == BELOW
        assert ask(simulator, *raising(verdict)) == [""]
        assert check_rules(rules_of(simulator), "Moroso").state == GOOD
        assert [row["action"] for row in filters(simulator)] == ["drop", "fasttrack-connection", "accept"]


def test_a_fasttrack_that_leaves_the_list_out_is_no_trouble() -> None:
    drop = {"chain": "forward", "action": "drop", "src-address-list": "Moroso"}
    with router([{**FASTTRACK, "src-address-list": "!Moroso"}, drop]) as simulator:
        assert check_rules(rules_of(simulator), "Moroso").state == GOOD


def test_at_no_moment_of_a_migration_does_whoever_is_cut_get_through(wisphub: RouterSimulator) -> None:
    free: list[str] = []
    for deed in migrating(rules=rules_of(wisphub), source="Moroso", target="cortados"):
        seen = wisphub.received_count
        assert ask(wisphub, deed) == [""]
        free += [one for one in CUT if not kept_off(wisphub, one)]
        if deed.kind == "verify_list":
            # The last cut of the old way, made while we were at it.
            wisphub.add_row(LISTS, {"list": "Moroso", "address": "10.0.0.50"})
        assert wisphub.received_count > seen
    assert not free
    assert kept_off(wisphub, "10.0.0.50")
    assert check_rules(rules_of(wisphub), "cortados").state == GOOD
    assert check_rules(rules_of(wisphub), "Moroso").state == MISSING
    rows = listed(wisphub)
    assert {row.address for row in rows if row.list == "Moroso"} == {*CUT, "10.0.0.50"}, "nothing is taken away"
    assert {row.address for row in rows if row.list == "cortados"} == {*CUT, "10.0.0.50"}
    notice = [row for row in wisphub.rows(NAT) if row.get("src-address-list") == "Aviso"]
    assert [row["disabled"] for row in notice] == ["false"], "the reminder's list is nobody's business"


@pytest.mark.parametrize("stop", range(0, 30, 3))
def test_a_migration_cut_short_anywhere_lets_nobody_through_and_is_asked_again(stop: int) -> None:
    """The connection breaks at one sentence after another: what was done stays, and asking again ends it."""
    with router([FASTTRACK], WISPHUB, cut=CUT[:2]) as simulator:
        deeds = migrating(rules=rules_of(simulator), source="Moroso", target="cortados")
        simulator.fail_on("/ip/firewall", "reset", after=stop)
        for deed in deeds:
            try:
                ask(simulator, deed)
            except DriverError:
                break
        assert all(kept_off(simulator, one) for one in CUT[:2])
        simulator.clear_faults()
        again = migrating(rules=rules_of(simulator), source="Moroso", target="cortados")
        for deed in deeds if len(again) < 3 else again:
            assert ask(simulator, deed) == [""]
            assert all(kept_off(simulator, one) for one in CUT[:2])
        assert check_rules(rules_of(simulator), "cortados").state == GOOD
        assert check_rules(rules_of(simulator), "Moroso").state == MISSING


def test_a_row_that_changed_since_is_not_touched() -> None:
    with router() as simulator:
        ana = simulator.secret("ana")
        assert ana is not None
        rows = [{"ref": ana[".id"], "name": "otra", "server": ""}]
        assert "cambió" in ask(simulator, Deed("disable", {"method": "pppoe", "rows": rows}))[0]
        assert simulator.secret("ana")["disabled"] == "false"
        simulator.remove_secret("ana")
        assert ask(simulator, Deed("remove", {"method": "pppoe", "rows": rows})) == [""], "gone is gone"
        assert simulator.secret("eva") is not None


def test_a_user_taken_off_loses_its_session() -> None:
    with router() as simulator:
        eva = simulator.secret("eva")
        assert eva is not None
        rows = [{"ref": eva[".id"], "name": "eva", "server": ""}]
        assert ask(simulator, Deed("disable", {"method": "pppoe", "rows": rows})) == [""]
        assert "eva" not in simulator.online_names()
        assert "eva" in simulator.disabled_names()


def test_an_unknown_deed_is_refused_in_words() -> None:
    with router() as simulator:
        assert "no admite" in ask(simulator, Deed("volar"))[0]


def test_the_script_makes_what_the_installation_makes() -> None:
    passing = {"chain": "forward", "action": "fasttrack-connection"}
    with router() as installed, router() as pasted:
        for simulator in (installed, pasted):
            simulator.add_row("/ip/firewall/filter", passing)
        for deed in installing(cut_list="cortados"):
            assert ask(installed, deed) == [""]
        pasted.paste(script(cut_list="cortados"))
        named = [[row.get("comment", "") for row in one.rows("/ip/firewall/filter")] for one in (installed, pasted)]
        assert named[0] == named[1]
        assert len([comment for comment in named[0] if comment.startswith("crm:corte")]) == 3
