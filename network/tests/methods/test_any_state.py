"""Whatever a router has and whatever is wanted of it: one pass makes it so, the next finds nothing to write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.drivers.base import GONE, OFF, ON, Key, Session, Setup, Wanted
from network.tests.methods.cases import (
    FASTER,
    IP,
    LIST,
    MAC,
    PLAN,
    PROFILES,
    VERSIONS,
    Rows,
    converge,
    router_of,
    session_of,
    strangers,
    users_menu,
)
from simulators.routeros.server import RouterSimulator

SIGNATURE = "crm:0123abcd"
COMMENTS = st.sampled_from(["", "Ana Muñoz", "Ana [crm:ffffffff]", f"Ana [{SIGNATURE}]"])
FLAGS = st.sampled_from(["yes", "no"])
SPEEDS = st.sampled_from([PLAN, FASTER])
LISTS = frozenset({"plan-20", "plan-50"})
WAYS: dict[str, list[str]] = {
    "pppoe": ["", "disable", "profile", "list"],
    "list": [""],
    "queue": ["", "speed"],
    "dhcp": ["", "block", "list", "speed"],
    "hotspot": ["", "disable"],
    "binding": ["", "block"],
    "arp": ["", "disable"],
    "user_manager": ["", "disable"],
    "pcq": ["", "list"],
}
# Each on its own address, so that one's entry is not another's.
ADDRESSES = {
    "pppoe": "10.8.0.1",
    "list": IP,
    "queue": "10.8.0.2",
    "dhcp": "10.8.0.3",
    "arp": "10.8.0.4",
    "pcq": "10.8.0.5",
}
NAMES = {"pppoe": "ana", "queue": "Ana", "hotspot": "ana", "user_manager": "ana", "dhcp": MAC, "binding": MAC}


@st.composite
def secrets(draw: st.DrawFn, version: str) -> Rows:
    row = {
        "name": "ana",
        "password": "x",
        "profile": draw(st.sampled_from(["default", "plan20", "plan50", "cortado", "crm-20M-5M"])),
        "disabled": draw(FLAGS),
        "remote-address": draw(st.sampled_from(["", ADDRESSES["pppoe"], "10.8.1.1"])),
        "comment": draw(COMMENTS),
    }
    cut = {"list": "cortados", "address": ADDRESSES["pppoe"], "comment": "Moroso"}
    return {"/ppp/profile": PROFILES, "/ppp/secret": [row], LIST: draw(st.sampled_from([[], [cut]]))}


@st.composite
def entries(draw: st.DrawFn, version: str) -> Rows:
    kept = {"list": "cortados", "address": IP, "comment": draw(COMMENTS)}
    return {LIST: [kept | draw(st.sampled_from([{}, {"disabled": "yes"}, {"timeout": "1h"}]))]}


@st.composite
def queues(draw: st.DrawFn, version: str) -> Rows:
    limits = draw(st.sampled_from(["0/0", "8k/8k", "5M/20M", "1500k/3M", "10000000/50000000"]))
    burst = {} if limits != "5M/20M" else draw(st.sampled_from([{}, {"burst-limit": "9M/30M", "burst-time": "5s/5s"}]))
    row = {"name": "Ana", "target": ADDRESSES["queue"], "max-limit": limits, "disabled": draw(FLAGS)}
    return {"/queue/simple": [row | burst | {"comment": draw(COMMENTS)}]}


@st.composite
def leases(draw: st.DrawFn, version: str) -> Rows:
    row = {
        "address": draw(st.sampled_from([ADDRESSES["dhcp"], "10.8.1.3"])),
        "mac-address": MAC,
        "server": "lan",
        "block-access": draw(FLAGS),
        "address-lists": draw(st.sampled_from(["", "cortados", "vip", "vip,cortados"])),
        "rate-limit": draw(st.sampled_from(["", "8k/8k", "5M/20M", "512k"])),
        "comment": draw(COMMENTS),
    }
    dynamic = {"address": row["address"], "mac-address": MAC, "server": "lan", "dynamic": "yes"}
    return {"/ip/dhcp-server/lease": [draw(st.sampled_from([row, dynamic]))]}


@st.composite
def hotspot_users(draw: st.DrawFn, version: str) -> Rows:
    profile = draw(st.sampled_from(["default", "hs"]))
    row = {"name": "ana", "password": "x", "profile": profile, "disabled": draw(FLAGS), "comment": draw(COMMENTS)}
    cookies = draw(st.sampled_from([[], [{"user": "ana", "mac-address": MAC}]]))
    return {"/ip/hotspot/user": [row], "/ip/hotspot/cookie": cookies}


@st.composite
def bindings(draw: st.DrawFn, version: str) -> Rows:
    kind = draw(st.sampled_from(["regular", "bypassed", "blocked"]))
    row = {"mac-address": MAC, "type": kind, "disabled": draw(FLAGS), "comment": draw(COMMENTS)}
    return {"/ip/hotspot/ip-binding": [row]}


@st.composite
def arps(draw: st.DrawFn, version: str) -> Rows:
    row = {"address": ADDRESSES["arp"], "mac-address": draw(st.sampled_from([MAC, "AA:BB:CC:00:00:09"]))}
    return {"/ip/arp": [row | {"interface": "ether2", "disabled": draw(FLAGS), "comment": draw(COMMENTS)}]}


@st.composite
def managed_users(draw: st.DrawFn, version: str) -> Rows:
    menu, name = users_menu(version)
    old = name == "username"
    row = {name: "ana", "password": "x", "disabled": draw(FLAGS), "comment": draw(COMMENTS)}
    profiles = [{"name": given, "validity": "1w", **({"owner": "admin"} if old else {})} for given in ("semana", "mes")]
    root = "/tool/user-manager" if old else "/user-manager"
    rows: Rows = {f"{root}/profile": profiles, menu: [row | ({"customer": "admin"} if old else {})]}
    if not old:
        states = draw(st.lists(st.sampled_from(["used", "running", "waiting"]), max_size=2))
        rows["/user-manager/user-profile"] = [
            {"user": "ana", "profile": draw(st.sampled_from(["semana", "mes"])), "state": state} for state in states
        ]
    return rows


@st.composite
def listings(draw: st.DrawFn, version: str) -> Rows:
    chosen = draw(st.sets(st.sampled_from(["plan-20", "plan-50", "cortados"]), min_size=1))
    rows = [{"list": name, "address": ADDRESSES["pcq"], "disabled": draw(FLAGS)} for name in sorted(chosen)]
    return {LIST: [row | {"comment": draw(COMMENTS)} for row in rows]}


ROWS = {
    "pppoe": secrets,
    "list": entries,
    "queue": queues,
    "dhcp": leases,
    "hotspot": hotspot_users,
    "binding": bindings,
    "arp": arps,
    "user_manager": managed_users,
    "pcq": listings,
}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[str, Rows, list[Wanted]]:
    """A version, a router's rows and what is wanted of it, several methods side by side."""
    version = draw(st.sampled_from(VERSIONS))
    rows: Rows = {"/ip/dhcp-server": [{"name": "lan", "interface": "ether3"}]}
    wanted = []
    for kind in draw(st.sets(st.sampled_from(sorted(WAYS)), min_size=1, max_size=5)):
        if draw(st.booleans()):
            for menu, given_rows in draw(ROWS[kind](version)).items():
                rows[menu] = rows.get(menu, []) + [row for row in given_rows if row not in rows.get(menu, [])]
        wanted.append(draw(wants(kind)))
    return version, rows, wanted


@st.composite
def wants(draw: st.DrawFn, kind: str) -> Wanted:
    profile: dict[str, Any] = {
        "pppoe": st.sampled_from(["", "plan20", "plan50"]),
        "pcq": st.sampled_from(["plan-20", "plan-50"]),
        "user_manager": st.sampled_from(["semana", "mes"]),
    }
    return Wanted(
        Key(kind, NAMES.get(kind) or ADDRESSES[kind]),
        draw(st.sampled_from([ON, ON, OFF, OFF, GONE])),
        cut_by=draw(st.sampled_from(WAYS[kind])),
        provision=True,
        speed=None if kind in {"pcq", "user_manager"} else draw(SPEEDS),
        profile=draw(profile.get(kind, st.just(""))),
        password="x",
        ip=ADDRESSES.get(kind, ""),
        mac=MAC if kind == "arp" else "",
        server={"arp": "ether2", "dhcp": "lan"}.get(kind, ""),
        comment="Ana Muñoz S00001",
        signature=SIGNATURE,
        validity_s=604800 if kind == "user_manager" else 0,
        kick=draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(), whole=st.booleans(), dialled=st.booleans())
def test_one_pass_is_enough(world: tuple[str, Rows, list[Wanted]], *, whole: bool, dialled: bool) -> None:
    version, rows, wanted = world
    kinds = frozenset((one.key.kind, one.cut_by) for one in wanted)
    setup = Setup(kinds=kinds, speeds=True, lists=LISTS)
    with router_of(version, rows) as router, session_of(router, setup) as session:
        if dialled:
            router.open_extra_session("ana")
            router.open_hotspot_session("ana", "AA:BB:CC:00:00:77")
        before = strangers(router)
        make_so(router, session, wanted, whole=whole)
        # And the other way round, for those that stay.
        turned = [replace(one, state=OFF if one.on else ON) for one in wanted if one.state != GONE]
        make_so(router, session, turned, whole=not whole)
        assert strangers(router) == before


def make_so(router: RouterSimulator, session: Session, wanted: list[Wanted], *, whole: bool) -> None:
    """One pass, and a second one that finds nothing to do."""
    turn = converge(session, wanted, whole=whole)
    for one in wanted:
        account = turn.snapshot.accounts.get(one.key)
        if one.state == GONE:
            held = turn.errors or one.key.kind in {"list", "dhcp"}  # nobody's row, a lease that came by itself
            assert account is None or held, (one, account)
            continue
        assert account is not None, one
        assert account.enabled is one.on, (one, account)
    assert all("a mano" in error for error in turn.errors), turn.errors
    assert len(turn.errors) <= sum(one.state == GONE for one in wanted), turn.errors
    assert all(step.kind == "refuse" for step in turn.left)
    quiet = router.received_count
    again = converge(session, [replace(one, kick=False) for one in wanted], whole=not whole)
    assert router.writes(after=quiet) == [], (wanted, "what is as wanted is not written")
    assert all("a mano" in error for error in again.errors)
