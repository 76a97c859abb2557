"""Pure comparison: any router against any house. What is found is so, and what was agreed about is not found again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.domain.comparison import Difference, Ours, compare
from network.drivers.base import Found, Key, Listed, Rule, Setup, Speed, Survey

CUT = "cortados"
KINDS = frozenset({("pppoe", ""), ("pppoe", "list"), ("queue", ""), ("list", "")})
SETUP = Setup(kinds=KINDS, cut_list=CUT)
PPP = Key("pppoe", "a")
DROP = Rule("filter", "forward", 0, "*1", "drop", True, CUT)
SPEEDS = st.sampled_from([None, Speed(20000, 5000), Speed(8, 8), Speed(50000, 9000)])
PLANS = st.sampled_from([None, Speed(20000, 5000), Speed(50000, 9000)])
NAMES = st.sampled_from(["ana", "Ana", "eva", "luz", "sol"])
# Every account has an address of its own: two states for one address cannot both be made so.
IP = {
    (kind, name): f"10.0.{at}.{number}"
    for at, kind in enumerate(("pppoe", "queue", "hotspot"))
    for number, name in enumerate(("ana", "Ana", "eva", "luz", "sol"), 2)
}
FIXED = st.sampled_from(["10.9.0.2", "10.9.0.3", "10.9.0.4"])
ADDRESSES = st.sampled_from([*IP.values(), "10.9.0.2", "10.9.0.3", "10.9.0.9"])


@st.composite
def houses(draw: st.DrawFn) -> list[Ours]:
    keys = draw(st.lists(st.tuples(st.sampled_from(["pppoe", "queue"]), NAMES), unique=True, max_size=6))
    accesses = [
        Ours(
            number,
            Key(*key),
            draw(st.sampled_from(["on", "off"])),
            draw(st.booleans()) and draw(st.booleans()),
            draw(st.sampled_from(["", "list"])) if key[0] == "pppoe" else "",
            draw(st.sampled_from(["", IP[key]])),
            "",
            draw(PLANS),
        )
        for number, key in enumerate(keys)
    ]
    fixed = draw(st.lists(FIXED, unique=True, max_size=3))
    return accesses + [
        Ours(100 + number, Key("list", ip), draw(st.sampled_from(["on", "off"])), ip=ip)
        for number, ip in enumerate(fixed)
    ]


@st.composite
def routers(draw: st.DrawFn) -> Survey:
    keys = draw(st.lists(st.sampled_from(sorted(IP)), max_size=8))
    found = [
        Found(
            Key(*key),
            f"*{number}",
            draw(st.booleans()),
            ip=draw(st.sampled_from(["", IP[key]])),
            speed=draw(SPEEDS),
            is_dynamic=draw(st.booleans()) and draw(st.booleans()),
            is_online=draw(st.booleans()),
        )
        for number, key in enumerate(keys)
    ]
    listed = [
        Listed(draw(st.sampled_from([CUT, "Aviso"])), draw(ADDRESSES), f"*{50 + number}")
        for number in range(draw(st.integers(0, 6)))
    ]
    return Survey(tuple(found), tuple(listed), (DROP,))


@settings(max_examples=60, deadline=None)
@given(houses(), routers())
def test_agreeing_with_all_leaves_nothing_and_foreign_rows_as_they_were(house: list[Ours], router: Survey) -> None:
    differences = compare(house, router, SETUP)
    assert compare(list(reversed(house)), router, SETUP) == differences, "the order of ours says nothing"
    after = agree(house, router, differences)
    again = [d for d in compare(house, after, SETUP) if d.kind not in {"no_ip", "ip"}]
    assert again == [], (differences, again)
    assert [row for row in after.listed if row.list != CUT] == [row for row in router.listed if row.list != CUT]
    foreign = [row for row in router.found if row.key.kind == "hotspot" or row.is_dynamic]
    assert [row for row in after.found if row.key.kind == "hotspot" or row.is_dynamic] == foreign


@settings(max_examples=60, deadline=None)
@given(houses(), routers())
def test_nothing_is_said_of_what_is_on_its_way(house: list[Ours], router: Survey) -> None:
    pending = {access.access_id for access in house if access.is_pending}
    assert not pending & {difference.access_id for difference in compare(house, router, SETUP)}


def agree(house: list[Ours], router: Survey, differences: list[Difference]) -> Survey:
    """A router after all was agreed: accesses as the drivers make them, rows of nobody as the deeds do."""
    found, listed = list(router.found), list(router.listed)
    by_id = {access.access_id: access for access in house}
    gone: set[str] = set()
    for one in differences:
        rows = one.detail.get("rows", [])
        remove = one.detail.get("remove", [])
        disable = one.detail.get("disable", [])
        if one.kind == "unknown":
            remove, disable = (rows, []) if one.detail["method"] == "queue" else ([], rows)
        elif one.kind == "duplicate" and one.detail["method"] == "queue":
            remove, disable = [*remove, *disable], []
        elif one.kind == "orphan":
            gone |= {row["ref"] for row in rows}
        gone |= {row["ref"] for row in remove}
        off = {row["ref"] for row in disable}
        found = [replace(row, enabled=False) if row.ref in off else row for row in found]
    found = [row for row in found if row.ref not in gone]
    listed = [row for row in listed if row.ref not in gone]
    for one in differences:
        access = by_id.get(one.access_id if one.access_id is not None else -1)
        if access is None or access.is_pending:
            continue
        if one.kind == "missing":
            found.append(Found(access.key, f"*new{access.access_id}", True, ip=access.ip, speed=access.speed))
        found, listed = converge(access, found, listed)
    return Survey(tuple(found), tuple(listed), router.rules)


def converge(access: Ours, found: list[Found], listed: list[Listed]) -> tuple[list[Found], list[Listed]]:
    """What a driver does for one access."""
    on = access.state == "on"
    address = {access.ip, access.key.name if access.key.kind == "list" else ""} - {""}
    address |= {row.ip for row in found if row.key == access.key and row.ip and not row.is_dynamic}
    if on:
        listed = [row for row in listed if not (row.list == CUT and row.address in address)]
    elif access.way == "list":
        listed = [*listed, *(Listed(CUT, one, f"*l{one}") for one in sorted(address))]
    changed = []
    for row in found:
        if row.key != access.key or row.is_dynamic:
            changed.append(row)
        elif access.way == "speed":
            changed.append(replace(row, enabled=True, speed=(access.speed or Speed(1000, 1000)) if on else Speed(8, 8)))
        else:
            enabled = on or (access.way == "list" and row.enabled)
            changed.append(replace(row, enabled=enabled, speed=access.speed or row.speed))
    return changed, listed


@pytest.mark.parametrize(
    ("ours", "row", "kind", "theirs"),
    [
        (Ours(1, Key("pppoe", "a"), "on"), Found(Key("pppoe", "a"), "*1", False), "cut", "disabled"),
        (Ours(1, Key("pppoe", "a"), "off"), Found(Key("pppoe", "a"), "*1", True), "enabled", "on"),
        (Ours(1, Key("pppoe", "a"), "gone"), Found(Key("pppoe", "a"), "*1", True), "enabled", "on"),
        (
            Ours(1, Key("pppoe", "a"), "on", cut_by="profile"),
            Found(Key("pppoe", "a"), "*1", True, profile="cortado"),
            "cut",
            "profile",
        ),
        (Ours(1, Key("queue", "a"), "on"), Found(Key("queue", "a"), "*1", True, speed=Speed(8, 8)), "cut", "speed"),
        (
            Ours(1, Key("pppoe", "a"), "on", profile="p50"),
            Found(Key("pppoe", "a"), "*1", True, profile="p20"),
            "plan",
            "p20",
        ),
        (
            Ours(1, Key("pppoe", "a"), "on", ip="10.0.0.2"),
            Found(Key("pppoe", "a"), "*1", True, ip="10.0.0.3"),
            "ip",
            "10.0.0.3",
        ),
    ],
)
def test_each_difference_by_itself(ours: Ours, row: Found, kind: str, theirs: str) -> None:
    setup = Setup(kinds=frozenset({(ours.key.kind, ours.cut_by)}))
    (one,) = compare([ours], Survey((row,)), setup)
    assert (one.kind, one.theirs, one.access_id) == (kind, theirs, 1)


def test_what_is_gone_here_and_there_or_unread_profiles_say_nothing() -> None:
    setup = Setup(kinds=frozenset({("pppoe", "")}))
    gone = Ours(1, Key("pppoe", "a"), "gone")
    assert compare([gone], Survey((Found(Key("pppoe", "a"), "*1", False),)), setup) == []
    assert compare([gone], Survey(), setup) == []
    on = Ours(1, Key("pppoe", "a"), "on", ip="10.0.0.2")
    assert compare([on], Survey((Found(Key("pppoe", "a"), "*1", True, ip="pool-1"),)), setup) == [], "a pool is no IP"


def test_a_cut_by_list_without_an_ip_cannot_be_made() -> None:
    setup = Setup(kinds=frozenset({("pppoe", "list")}))
    access = Ours(1, Key("pppoe", "a"), "off", cut_by="list")
    kinds = [d.kind for d in compare([access], Survey((Found(Key("pppoe", "a"), "*1", True),), (), (DROP,)), setup)]
    assert kinds == ["no_ip"]


def test_the_queue_beside_a_secret_is_nobodys_stranger() -> None:
    setup = Setup(kinds=frozenset({("pppoe", ""), ("queue", "")}))
    access = Ours(1, Key("pppoe", "a"), "on", ip="10.0.0.2")
    rows = (Found(Key("pppoe", "a"), "*1", True), Found(Key("queue", "q-a"), "*2", True, ip="10.0.0.2"))
    assert compare([access], Survey(rows), setup) == []
    assert [d.kind for d in compare([], Survey(rows), setup)] == ["unknown", "unknown"]


def test_capitals_make_a_second_way_in() -> None:
    setup = Setup(kinds=frozenset({("pppoe", "")}))
    access = Ours(1, Key("pppoe", "ana"), "off")
    rows = (Found(Key("pppoe", "ana"), "*1", False), Found(Key("pppoe", "ANA"), "*2", True))
    (one,) = compare([access], Survey(rows), setup)
    assert (one.kind, one.ours, one.theirs) == ("duplicate", "ana", "ANA")
    assert one.detail["disable"] == [{"ref": "*2", "name": "ANA", "server": ""}]


def test_rules_matter_only_where_somebody_is_cut_by_list() -> None:
    assert compare([], Survey(), Setup(kinds=frozenset({("pppoe", "")}))) == []
    (one,) = compare([], Survey(), Setup(kinds=frozenset({("pcq", "")})))
    assert (one.kind, one.key) == ("rules_missing", CUT)
