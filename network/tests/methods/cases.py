"""Each method with each of its ways of cutting: what is on the router, what is asked, how it looks when cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from network.drivers.base import GONE, OFF, ON, Address, Exchange, Key, Session, Setup, Snapshot, Speed, Step, Wanted
from network.drivers.mikrotik.driver import MikroTik
from simulators.routeros.server import RouterSimulator

VERSIONS = ("6.49.10 (long-term)", "7.14.3 (stable)", "7.20.2 (stable)")
PASSWORD = "muy-secreta-77"
MAC, OTHER_MAC = "AA:BB:CC:00:00:01", "AA:BB:CC:00:00:02"
IP, OTHER_IP = "10.9.0.5", "10.9.0.6"
LIST = "/ip/firewall/address-list"
Rows = dict[str, list[dict[str, Any]]]
PLAN, FASTER = Speed(20_000, 5_000), Speed(50_000, 10_000, 80_000, 20_000, 40_000, 8_000, 10)


def users_menu(version: str) -> tuple[str, str]:
    """Where User Manager's users are in a version, and what their name is called."""
    return ("/tool/user-manager/user", "username") if version.startswith("6") else ("/user-manager/user", "name")


@dataclass(frozen=True)
class Case:
    """`rows` are there before, by menu; `stranger` stands beside them and must never change."""

    kind: str
    cut_by: str
    name: str
    menu: str
    column: str
    rows: Rows
    is_cut: Callable[[RouterSimulator], bool]
    asked: dict[str, Any] = field(default_factory=dict)
    faster: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}-{self.cut_by or 'own'}"

    @property
    def setup(self) -> Setup:
        return Setup(kinds=frozenset({(self.kind, self.cut_by)}), speeds=True, lists=frozenset({"plan-20", "plan-50"}))

    def want(self, state: str = ON, **more: Any) -> Wanted:
        given = {"signature": "crm:0123abcd", "comment": "Ana Muñoz S00001", **self.asked, **more}
        return Wanted(Key(self.kind, self.name), state, cut_by=self.cut_by, **given)

    def mine(self, router: RouterSimulator) -> list[dict[str, str]]:
        return [row for row in router.rows(self.menu) if row.get(self.column, "") == self.name]


def _row(router: RouterSimulator, menu: str, column: str, value: str) -> dict[str, str]:
    return next((row for row in router.rows(menu) if row.get(column) == value), {})


def _listed(router: RouterSimulator, name: str, address: str = IP) -> bool:
    return any(row["list"] == name and row["address"] == address for row in router.rows(LIST))


SECRET = {"name": "ana", "password": "clave", "profile": "plan20", "remote-address": IP, "comment": "Ana de siempre"}
PROFILES = [
    {"name": "plan20", "rate-limit": "5M/20M", "local-address": "10.9.0.1"},
    {"name": "plan50", "rate-limit": "10M/50M", "local-address": "10.9.0.1"},
]
STRANGERS: Rows = {
    "/ppp/secret": [{"name": "ajeno", "password": "x", "comment": "ajeno", "profile": "plan20"}],
    LIST: [{"list": "cortados", "address": "10.9.9.9", "comment": "ajeno"}],
    "/queue/simple": [{"name": "ajena", "target": "10.9.9.9", "max-limit": "1M/1M", "comment": "ajeno"}],
    "/ip/dhcp-server/lease": [{"address": "10.9.9.9", "mac-address": OTHER_MAC, "comment": "ajeno"}],
    "/ip/hotspot/user": [{"name": "ajeno", "password": "x", "comment": "ajeno"}],
    "/ip/hotspot/ip-binding": [{"mac-address": OTHER_MAC, "type": "bypassed", "comment": "ajeno"}],
    "/ip/arp": [{"address": "10.9.9.9", "mac-address": OTHER_MAC, "interface": "ether2", "comment": "ajeno"}],
}


def cases(version: str) -> list[Case]:
    """All of them, as they are in a version."""
    users, name = users_menu(version)
    owner = {"customer": "admin"} if name == "username" else {}
    um_profiles = {
        "/tool/user-manager/profile" if owner else "/user-manager/profile": [
            {"name": "semana", "validity": "1w", **({"owner": "admin"} if owner else {})},
            {"name": "mes", "validity": "30d", **({"owner": "admin"} if owner else {})},
        ]
    }
    pppoe: dict[str, Any] = {
        "kind": "pppoe",
        "name": "ana",
        "menu": "/ppp/secret",
        "column": "name",
        "rows": {"/ppp/profile": PROFILES, "/ppp/secret": [SECRET]},
        "asked": {"speed": PLAN, "profile": "plan20"},
        "faster": {"speed": Speed(50_000, 10_000), "profile": "plan50"},
        "missing": {"password": "nueva", "ip": IP},
    }
    lease: dict[str, Any] = {
        "kind": "dhcp",
        "name": MAC,
        "menu": "/ip/dhcp-server/lease",
        "column": "mac-address",
        "rows": {
            "/ip/dhcp-server/lease": [{"address": IP, "mac-address": MAC, "rate-limit": "5M/20M", "server": "all"}]
        },
        "asked": {"speed": PLAN},
        "faster": {"speed": FASTER},
        "missing": {"ip": IP},
    }
    leases = "/ip/dhcp-server/lease"
    return [
        Case(cut_by="", is_cut=lambda r: _row(r, "/ppp/secret", "name", "ana")["disabled"] == "true", **pppoe),
        Case(cut_by="profile", is_cut=lambda r: _row(r, "/ppp/secret", "name", "ana")["profile"] == "cortado", **pppoe),
        Case(cut_by="list", is_cut=lambda r: _listed(r, "cortados"), **pppoe),
        Case("list", "", IP, LIST, "address", {}, lambda r: _listed(r, "cortados")),
        Case(
            "queue",
            "",
            "Ana",
            "/queue/simple",
            "name",
            {"/queue/simple": [{"name": "Ana", "target": IP, "max-limit": "5M/20M", "comment": "Ana"}]},
            lambda r: _row(r, "/queue/simple", "name", "Ana")["max-limit"] in {"8k/8k", "8000/8000"},
            {"speed": PLAN},
            {"speed": FASTER},
            {"ip": IP},
        ),
        Case(cut_by="", is_cut=lambda r: _row(r, leases, "address", IP)["block-access"] == "true", **lease),
        Case(cut_by="list", is_cut=lambda r: _row(r, leases, "address", IP)["address-lists"] == "cortados", **lease),
        Case(cut_by="speed", is_cut=lambda r: _row(r, leases, "address", IP)["rate-limit"] == "8k/8k", **lease),
        Case(
            "hotspot",
            "",
            "ana",
            "/ip/hotspot/user",
            "name",
            {"/ip/hotspot/user/profile": PROFILES_HOTSPOT, "/ip/hotspot/user": [{"name": "ana", "password": "x"}]},
            lambda r: _row(r, "/ip/hotspot/user", "name", "ana")["disabled"] == "true",
            {"speed": PLAN},
            {"speed": FASTER},
            {"password": "x"},
        ),
        Case(
            "binding",
            "",
            MAC,
            "/ip/hotspot/ip-binding",
            "mac-address",
            {"/ip/hotspot/ip-binding": [{"mac-address": MAC, "type": "bypassed"}]},
            lambda r: _row(r, "/ip/hotspot/ip-binding", "mac-address", MAC)["type"] == "blocked",
        ),
        Case(
            "arp",
            "",
            IP,
            "/ip/arp",
            "address",
            {"/ip/arp": [{"address": IP, "mac-address": MAC, "interface": "ether2"}]},
            lambda r: _row(r, "/ip/arp", "address", IP)["disabled"] == "true",
            missing={"mac": MAC, "server": "ether2"},
        ),
        Case(
            "user_manager",
            "",
            "ana",
            users,
            name,
            {**um_profiles, users: [{name: "ana", "password": "x", **owner}]},
            lambda r: _row(r, users, name, "ana")["disabled"] == "true",
            {"profile": "semana"},
            {"profile": "mes"},
            {"password": "x"},
        ),
        Case(
            "pcq",
            "",
            IP,
            LIST,
            "address",
            {LIST: [{"list": "plan-20", "address": IP, "comment": "Ana"}]},
            lambda r: _listed(r, "cortados") and not _listed(r, "plan-20"),
            {"profile": "plan-20"},
            {"profile": "plan-50"},
        ),
    ]


PROFILES_HOTSPOT = [{"name": "hs", "rate-limit": "1M/1M"}]
IDS = [str(case) for case in cases(VERSIONS[-1])]


@contextmanager
def router_of(version: str, rows: Rows, **config: Any) -> Iterator[RouterSimulator]:
    """A router with these rows, and strangers beside them."""
    merged: Rows = {menu: list(given) for menu, given in STRANGERS.items()}
    for menu, given in rows.items():
        merged[menu] = [*given, *merged.get(menu, [])]
    order = ["/ppp/profile", "/ip/hotspot/user/profile"]
    ordered = {
        menu: merged[menu] for menu in sorted(merged, key=lambda menu: (menu not in order, "profile" not in menu))
    }
    config = {"redial_s": 0.02, "boot_s": 0.05, "cpes": False, **config}
    with RouterSimulator(version=version, password=PASSWORD, rows=ordered, **config) as router:
        router.change_row("/interface/ethernet", "ether2", {"arp": "reply-only"})
        yield router


def address_of(router: RouterSimulator, setup: Setup) -> Address:
    exceptions = frozenset({f"127.0.0.1:{router.port}"})
    return Address("127.0.0.1", router.port, "enlace", PASSWORD, exceptions=exceptions, setup=setup)


@contextmanager
def session_of(router: RouterSimulator, setup: Setup, log: list[Exchange] | None = None) -> Iterator[Session]:
    listener = log.append if log is not None else (lambda _exchange: None)
    session = MikroTik().open(address_of(router, setup), deadline_s=5, listener=listener)
    yield session
    session.close()


@dataclass
class Turn:
    """What a pass came to."""

    snapshot: Snapshot
    left: list[Step]
    errors: list[str]
    written: int

    @property
    def done(self) -> bool:
        return not self.left and not self.errors


def converge(session: Session, wanted: Sequence[Wanted], *, whole: bool = False, rounds: int = 3) -> Turn:
    """A pass as the wire does it: read, write the differences, read back, at most three times."""
    errors: list[str] = []
    failed: set[Key] = set()
    written = 0
    pending = list(wanted)
    snapshot = session.observe(None if whole else pending, deadline_s=5)
    for round_ in range(rounds + 1):
        steps = session.steps(snapshot, [one for one in pending if one.key not in failed])
        if not steps or round_ == rounds:
            return Turn(snapshot, steps, errors, written)
        for outcome in session.perform(steps, deadline_s=5):
            if outcome.error:
                errors.append(outcome.error)
                failed.add(outcome.step.account)
            written += outcome.step.kind != "refuse"
        pending = [replace(one, kick=False) for one in pending]
        snapshot = session.observe(None if whole else pending, deadline_s=5)
    raise AssertionError("unreachable")


def strangers(router: RouterSimulator) -> dict[str, list[dict[str, str]]]:
    """The rows that are nobody's here."""
    return {menu: [row for row in router.rows(menu) if row.get("comment") == "ajeno"] for menu in STRANGERS}


__all__ = ["GONE", "IDS", "OFF", "ON", "VERSIONS", "Case", "cases", "converge", "router_of", "session_of", "strangers"]
