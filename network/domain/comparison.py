"""Where a router and the house disagree: pure, over plain rows and one whole reading of the router.

What is on its way is no difference yet; what the equipment makes by itself (dynamic rows) is nobody's; a row that lets
no one through is not a stranger; and menus that are not in use for customers on that router are not looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from network.domain.matching import plain_ip
from network.domain.rules import BELOW, MISSING, check_rules
from network.drivers.base import Found, Key, Listed, Setup, Speed, Survey

# How each method cuts when nothing else was chosen. What is not here is off when its row does not let through.
OWN_WAY = {"list": "list", "pcq": "list", "queue": "speed"}
# Methods whose accounts are an address: no row is theirs until they are cut.
WITHOUT_ROW = frozenset({"list", "pcq"})
NEEDS_IP = frozenset({"list", "pcq"})
# UISP's burst is an amount of data and not ours to set.
WITHOUT_BURST = frozenset({"uisp_site", "uisp_service"})
# A site is cut by all the addresses of its devices: it may have several, and without one it cannot be cut.
BY_DEVICES = frozenset({"uisp_site"})
_KEY = 160
_TEXT = 200


@dataclass(frozen=True)
class Ours:
    """An access as a comparison needs it. `state` is on, off or gone; speed and profile only where they are ours."""

    access_id: int
    key: Key
    state: str
    is_pending: bool = False
    cut_by: str = ""
    ip: str = ""
    mac: str = ""
    speed: Speed | None = None
    profile: str = ""

    @property
    def way(self) -> str:
        """How it is cut."""
        return self.cut_by or OWN_WAY.get(self.key.kind, "")


@dataclass(frozen=True)
class Difference:
    """One disagreement. `kind` is one of Drift.Kind; `ours` and `theirs` are values, put into words by the page."""

    kind: str
    key: str
    access_id: int | None = None
    ours: str = ""
    theirs: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def compare(accesses: Iterable[Ours], survey: Survey, setup: Setup) -> list[Difference]:
    """Return the differences, each (kind, key) once, in an order that depends on nothing but them."""
    one = _Comparison(list(accesses), survey, setup)
    found = {(d.kind, d.key): d for d in one.differences()}
    return [found[pair] for pair in sorted(found)]


class _Comparison:
    """Both sides by what tells them, so that ten thousand rows take ten thousand look-ups."""

    def __init__(self, accesses: Sequence[Ours], survey: Survey, setup: Setup) -> None:
        self._accesses, self._survey, self._setup = accesses, survey, setup
        self._by_key = {access.key: access for access in accesses}
        self._found: defaultdict[Key, list[Found]] = defaultdict(list)
        self._alike: defaultdict[Key, list[Found]] = defaultdict(list)
        for row in survey.found:
            if not row.is_dynamic:
                self._found[row.key].append(row)
                self._alike[_folded(row.key)].append(row)
        self._entries: defaultdict[str, list[Listed]] = defaultdict(list)
        for entry in survey.listed:
            if entry.list == setup.cut_list and entry.enabled:
                self._entries[_plain(entry.address)].append(entry)
        self._by_address: defaultdict[str, list[Ours]] = defaultdict(list)
        for access in accesses:
            for address in self._addresses(access):
                self._by_address[address].append(access)
        self._macs = {access.mac for access in accesses if access.mac}

    def differences(self) -> Iterator[Difference]:
        for access in self._accesses:
            if not access.is_pending:
                yield from self._of_access(access)
        yield from self._duplicates()
        yield from self._strangers()
        yield from self._orphans()
        yield from self._rules()

    def _addresses(self, access: Ours) -> set[str]:
        """Every address that is known to be an access's: ours, and what its rows on the router say."""
        own = {access.key.name} if access.key.kind in {*WITHOUT_ROW, "arp"} else set()
        rows = {row.ip for row in self._found.get(access.key, ())}
        return {_plain(address) for address in (access.ip, *own, *rows) if address}

    # Of an access

    def _of_access(self, access: Ours) -> Iterator[Difference]:
        rows = self._found.get(access.key, [])
        if not rows and access.key.kind not in WITHOUT_ROW:
            if access.state != "gone":
                yield self._about("missing", access, ours=access.state)
            return
        row = _best(rows)
        if access.way in NEEDS_IP and not self._addresses(access) and access.state != "gone":
            yield self._about("no_ip", access, theirs=row.ip if row else "")
            return
        if access.way in NEEDS_IP and not access.ip and row is not None and row.ip and access.state != "gone":
            yield self._about("no_ip", access, theirs=row.ip)
        if access.key.kind in BY_DEVICES and row is not None and not row.ip and access.state != "gone":
            yield self._about("no_ip", access)
        yield from self._state(access, row)
        if row is not None and access.state == "on":
            yield from self._plan(access, row)
            theirs = plain_ip(row.ip)
            if access.ip and theirs and access.key.kind not in BY_DEVICES and _plain(access.ip) != theirs:
                yield self._about("ip", access, ours=_plain(access.ip), theirs=theirs)

    def _state(self, access: Ours, row: Found | None) -> Iterator[Difference]:
        lets_through = self._lets_through(access, row)
        online = row is not None and row.is_online
        if access.state == "on" and not lets_through:
            yield self._about("cut", access, ours="on", theirs=self._how(access, row), online=online)
        elif access.state == "off" and lets_through:
            yield self._about("enabled", access, ours="off", theirs="on", online=online)
        elif access.state == "gone" and row is not None and lets_through:
            yield self._about("enabled", access, ours="gone", theirs="on", online=online)

    def _lets_through(self, access: Ours, row: Found | None) -> bool:
        """Whether the router lets it through: the list keeps off whoever is in it, however they are cut here."""
        if any(self._entries.get(address) for address in self._addresses(access)):
            return False
        if row is None:
            return True
        by_profile = access.way == "profile" and row.profile == self._setup.cut_profile
        by_speed = access.way == "speed" and self._is_starved(row)
        return row.enabled and not by_profile and not by_speed

    def _how(self, access: Ours, row: Found | None) -> str:
        """How the router keeps it off."""
        if any(self._entries.get(address) for address in self._addresses(access)):
            return "list"
        if row is not None and row.profile == self._setup.cut_profile:
            return "profile"
        return "speed" if row is not None and row.enabled else "disabled"

    def _is_starved(self, row: Found) -> bool:
        limit = self._setup.cut_kbps
        return row.speed is not None and 0 < row.speed.down <= limit and 0 < row.speed.up <= limit

    def _plan(self, access: Ours, row: Found) -> Iterator[Difference]:
        theirs = self._speed_of(row)
        facts = {"their_speed": list(theirs) if theirs else None, "their_profile": row.profile}
        if access.profile and row.profile and access.profile != row.profile:
            yield self._about("plan", access, ours=access.profile, theirs=row.profile, **facts)
        elif access.speed is not None and not access.profile and theirs is not None:
            ours = Speed(*access.speed[:2]) if access.key.kind in WITHOUT_BURST else access.speed
            if theirs != ours:
                yield self._about("plan", access, ours=_rates(ours), theirs=_rates(theirs), **facts)

    def _speed_of(self, row: Found) -> Speed | None:
        return row.speed or self._survey.profiles.get(Key(row.key.kind, row.profile))

    # Of the router

    def _duplicates(self) -> Iterator[Difference]:
        """Rows of one name, and names that differ by nothing but capitals: who is cut by one gets in by the other."""
        for key, rows in self._alike.items():
            if len(rows) < 2 or not self._is_in_use(key.kind):
                continue
            mine = [row for row in rows if row.key in self._by_key]
            accesses = [self._by_key[row.key] for row in mine]
            keep = _best(mine)
            if keep is None or any(access.is_pending for access in accesses):
                continue
            same = [row for row in rows if row is not keep and row.key == keep.key]
            # Two names may be two customers: those that are known here all stay.
            twins = [row for row in rows if row.key != keep.key and row.key not in self._by_key and row.enabled]
            if same or twins:
                yield Difference(
                    "duplicate",
                    _cut(f"{key.kind}:{key.name}", _KEY),
                    accesses[0].access_id,
                    keep.key.name,
                    _cut(", ".join(row.key.name for row in (*same, *twins)), _TEXT),
                    {
                        "method": key.kind,
                        "remove": [_named(row) for row in same],
                        "disable": [_named(row) for row in twins],
                    },
                )

    def _strangers(self) -> Iterator[Difference]:
        for key, rows in self._found.items():
            if key in self._by_key or not self._is_in_use(key.kind):
                continue
            # The like of one of ours is reported as its duplicate.
            if key.name == "default-trial" or any(row.key in self._by_key for row in self._alike[_folded(key)]):
                continue
            live = [row for row in rows if row.enabled and not self._is_companion(row)]
            if live:
                row = live[0]
                text = " · ".join(part for part in (row.ip, row.mac, row.comment) if part)
                facts = {"method": key.kind, "rows": [_named(one) for one in live], **_shown(row)}
                yield Difference("unknown", _cut(f"{key.kind}:{key.name}", _KEY), None, "", _cut(text, _TEXT), facts)

    def _is_in_use(self, kind: str) -> bool:
        return any(kind == used for used, _way in self._setup.kinds)

    def _is_companion(self, row: Found) -> bool:
        """Whether it serves a known customer in another menu: the queue beside a secret, the lease beside a queue."""
        return bool((row.ip and _plain(row.ip) in self._by_address) or (row.mac and row.mac in self._macs))

    def _orphans(self) -> Iterator[Difference]:
        """Whoever is in the cut list and nobody of ours: customers of before, mostly."""
        for address, entries in self._entries.items():
            # Whoever of ours is in it with service is reported as cut.
            if any(one.is_pending or one.state != "gone" for one in self._by_address.get(address, [])):
                continue
            # What came with a profile or a timeout goes by itself.
            lasting = [entry for entry in entries if not entry.is_dynamic]
            if lasting:
                rows = [{"ref": one.ref, "match": {"list": one.list, "address": one.address}} for one in lasting]
                yield Difference(
                    "orphan",
                    _cut(f"{self._setup.cut_list}:{address}", _KEY),
                    None,
                    "",
                    _cut(lasting[0].comment, _TEXT),
                    {"list": self._setup.cut_list, "address": lasting[0].address, "rows": rows},
                )

    def _rules(self) -> Iterator[Difference]:
        if not any(OWN_WAY.get(kind, "") == "list" if not way else way == "list" for kind, way in self._setup.kinds):
            return
        verdict = check_rules(self._survey.rules, self._setup.cut_list)
        if verdict.state == MISSING:
            detail = {"disabled": len(verdict.disabled)}
            yield Difference("rules_missing", self._setup.cut_list, detail=detail, theirs=_first(verdict.disabled))
        elif verdict.state == BELOW:
            yield Difference(
                "rules_below",
                self._setup.cut_list,
                theirs=_cut(verdict.below[0].comment or verdict.below[0].action, _TEXT),
                detail={"passer": verdict.passer.comment if verdict.passer else ""},
            )

    def _about(self, kind: str, access: Ours, *, ours: str = "", theirs: str = "", **detail: Any) -> Difference:
        key = _cut(f"{access.key.kind}:{access.key.name}", _KEY)
        return Difference(kind, key, access.access_id, _cut(ours, _TEXT), _cut(theirs, _TEXT), detail)


def _best(rows: Sequence[Found]) -> Found | None:
    """Of several with one key: the one in use, then the one that lets through, then the oldest."""
    return max(rows, key=lambda row: (row.is_online, row.enabled), default=None)


def _folded(key: Key) -> Key:
    return Key(key.kind, key.name.casefold())


def _plain(address: str) -> str:
    """An address in its shortest form; a range or a name as it is written."""
    if "/" in address and not address.endswith(("/32", "/128")):
        return address
    return plain_ip(address) or address.strip()


def _rates(speed: Speed) -> str:
    return f"{speed.down}/{speed.up}"


def _first(rules: Sequence[Any]) -> str:
    return _cut(rules[0].comment or rules[0].action, _TEXT) if rules else ""


def _named(row: Found) -> dict[str, Any]:
    """What names a row and what it must still say; the driver's own id and the name as it was read."""
    return {"ref": row.ref, "name": row.key.name, "server": row.server}


def _shown(row: Found) -> dict[str, Any]:
    shown = {
        "name": row.key.name,
        "ip": row.ip,
        "mac": row.mac,
        "comment": row.comment[:_TEXT],
        "profile": row.profile,
        "external": row.external,
        "server": row.server,
    }
    return {name: value for name, value in shown.items() if value} | {"online": row.is_online}


def _cut(text: str, length: int) -> str:
    return text[:length]
