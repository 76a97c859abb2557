"""PPPoE users: secrets, their sessions, and the profiles that carry their speed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import AddressValueError, IPv4Address

from django.utils.translation import gettext as _

from network.drivers.base import GONE, Account, Found, Key, Live, Setup, Step, Wanted
from network.drivers.mikrotik.connection import Row
from network.drivers.mikrotik.methods.base import (
    ADD,
    KICK,
    Method,
    View,
    add,
    change,
    is_on,
    no_such_cut,
    no_way_back,
    refuse,
    remove,
    retire,
    switch,
)
from network.drivers.mikrotik.methods.entries import is_listed, of_address, of_list, put_on, take_off
from network.drivers.mikrotik.methods.profiles import PPP, QUEUES
from network.drivers.mikrotik.tables import Read
from network.drivers.mikrotik.times import seconds_of

SECRETS, ACTIVE = "/ppp/secret", "/ppp/active"
_SECRET = (".id", "name", "disabled", "profile", "remote-address", "comment")
_ACTIVE = (".id", "name", "address", "uptime", "caller-id")
_QUEUE = (".id", "name", "max-limit", "dynamic")


class Pppoe(Method):
    """Key: the secret's name. Cut by disabling it, by another profile, or by its address on the list."""

    kind = "pppoe"

    def bulk(self, setup: Setup) -> list[Read]:
        by_profile = (self.kind, "profile") in setup.kinds
        reads = [Read(SECRETS, _SECRET), Read(ACTIVE, _ACTIVE)]
        if setup.speeds or by_profile:
            reads += [PPP.read(), Read(QUEUES, _QUEUE, (("dynamic", "true"),))]
        if _lists_matter(setup):
            reads.append(of_list(setup.cut_list))
        return reads

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        name = (("name", wanted.key.name),)
        # A password can be compared only where it may be read, and is ours to set only where the account is.
        properties = (*_SECRET, "password") if wanted.provision and wanted.password else _SECRET
        reads = [Read(SECRETS, properties, name, wanted.key), Read(ACTIVE, _ACTIVE, name, wanted.key)]
        if wanted.profile or wanted.speed is not None or wanted.cut_by == "profile":
            reads += [PPP.read(), Read(QUEUES, _QUEUE, (("name", _queue_of(wanted.key.name)),), wanted.key)]
        return reads

    def more(self, view: View, wanted: Wanted) -> list[Read]:
        row = view.tables.first(SECRETS, "name", wanted.key.name)
        if row is None:
            # Before one is made: is there one that differs in nothing but capitals?
            return [Read(SECRETS, (".id", "name"))] if wanted.provision else []
        addresses = set()
        if wanted.cut_by == "list" or _lists_matter(view.setup):
            addresses |= {_fixed_address(row), wanted.ip if wanted.provision else ""}
        if wanted.cut_by == "profile":
            addresses |= {live.address for live in _lives(view, wanted.key.name)}
        return [of_address(address, wanted.key, view.setup.cut_list) for address in sorted(addresses - {""})]

    def names(self, view: View) -> Iterable[str]:
        return view.tables.values(SECRETS, "name")

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        rows = view.tables.where(SECRETS, "name", name)
        if not rows:
            return None
        row = rows[0]
        return Account(
            row[".id"],
            Key(self.kind, name),
            any(_passes(view, each) for each in rows),
            _lives(view, name),
            speed=PPP.speed(view, row.get("profile", "")),
            profile=row.get("profile", ""),
            ip=row.get("remote-address", ""),
            comment=row.get("comment", ""),
        )

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        rows = view.tables.where(SECRETS, "name", wanted.key.name)
        if len(rows) > 1:
            message = _("Hay %(count)s usuarios «%(name)s» en el router: deje uno solo.")
            return [refuse(wanted, message % {"count": len(rows), "name": wanted.key.name})]
        if not rows:
            return self._provide(view, wanted) if wanted.provision and wanted.state != GONE else []
        row, lives = rows[0], _lives(view, wanted.key.name)
        if wanted.state == GONE:
            off = [*switch(wanted, SECRETS, row, on=False, sign=False), *_kicks(wanted, lives)]
            return retire(wanted, SECRETS, row, off)
        if wanted.on:
            return self._let_in(view, wanted, row, lives)
        return self._cut(view, wanted, row, lives)

    def _cut(self, view: View, wanted: Wanted, row: Row, lives: Sequence[Live]) -> list[Step]:
        match wanted.cut_by:
            case "" | "disable":
                return [*switch(wanted, SECRETS, row, on=False), *_kicks(wanted, lives)]
            case "profile":
                return self._move_to_cut(view, wanted, row, lives)
            case "list":
                return self._list(view, wanted, row, lives)
            case _:
                return [no_such_cut(wanted)]

    def _let_in(self, view: View, wanted: Wanted, row: Row, lives: Sequence[Live]) -> list[Step]:
        profile, making = PPP.of_plan(view, wanted, row.get("profile", ""))
        values = {"disabled": "no", **_owned(wanted, row)}
        refused = [step for step in making if step.kind == "refuse"]
        if profile and not refused:
            values["profile"] = profile
        elif row.get("profile") == view.setup.cut_profile and not refused:
            refused = [no_way_back(wanted)]
        writes = change(wanted, SECRETS, row, values, kind="enable" if is_on(row, "disabled") else "change")
        # A running session keeps the speed and the address that it began with.
        moved = {"profile", "remote-address"} & _changed(writes)
        behind = (
            lives if moved or wanted.kick else [one for one in lives if self._is_behind(view, wanted, one, profile)]
        )
        addresses = {_fixed_address(row), wanted.ip if wanted.provision else ""} - {""}
        listed = [step for one in sorted(addresses) for step in take_off(view, wanted, view.setup.cut_list, one)]
        return [*(step for step in making if step not in refused), *writes, *listed, *_kicks(wanted, behind), *refused]

    def _move_to_cut(self, view: View, wanted: Wanted, row: Row, lives: Sequence[Live]) -> list[Step]:
        if not wanted.profile and wanted.speed is None:
            return [no_way_back(wanted)]
        profile, making = PPP.of_cut(view, wanted, row.get("profile", ""))
        writes = change(wanted, SECRETS, row, {"profile": profile}, kind="profile")
        behind = (
            lives if writes or wanted.kick else [one for one in lives if self._is_behind(view, wanted, one, profile)]
        )
        return [*making, *writes, *_kicks(wanted, behind)]

    def _list(self, view: View, wanted: Wanted, row: Row, lives: Sequence[Live]) -> list[Step]:
        owned = _owned(wanted, row)
        address = owned.get("remote-address") or _fixed_address(row)
        if not address:
            return [refuse(wanted, _("No tiene IP fija (remote-address): no se puede cortar con la lista."))]
        writes = change(wanted, SECRETS, row, owned)
        moved = "remote-address" in _changed(writes)
        kicks = _kicks(wanted, lives) if wanted.kick or moved else []
        return [*writes, *put_on(view, wanted, view.setup.cut_list, address), *kicks]

    def _is_behind(self, view: View, wanted: Wanted, live: Live, profile: str) -> bool:
        return bool(profile) and PPP.is_behind(view, live, _queue_of(wanted.key.name), profile)

    def _provide(self, view: View, wanted: Wanted) -> list[Step]:
        name = wanted.key.name
        twin = next((one for one in self.names(view) if one.casefold() == name.casefold()), None)
        if twin is not None:
            message = _("En el router ya existe «%(twin)s», que solo difiere en mayúsculas: corrija uno de los dos.")
            return [refuse(wanted, message % {"twin": twin})]
        by_profile = not wanted.on and wanted.cut_by == "profile"
        profile, making = PPP.of_cut(view, wanted, "") if by_profile else PPP.of_plan(view, wanted, "")
        if any(step.kind == "refuse" for step in making):
            return making
        values = {
            "name": name,
            "password": wanted.password,
            "service": "pppoe",
            "profile": profile,
            "remote-address": wanted.ip,
            "disabled": "yes" if not wanted.on and wanted.cut_by in {"", "disable"} else "no",
        }
        if not wanted.on and wanted.cut_by == "list":
            if not wanted.ip:
                return [refuse(wanted, _("No tiene IP fija (remote-address): no se puede cortar con la lista."))]
            making = [*making, *put_on(view, wanted, view.setup.cut_list, wanted.ip)]
        return [*making, add(wanted, SECRETS, values, kind=ADD)]

    def survey(self, *, secrets: bool) -> list[Read]:
        properties = (*_SECRET, "service", "caller-id", *(("password",) if secrets else ()))
        return [Read(SECRETS, properties), Read(ACTIVE, _ACTIVE), PPP.read()]

    def found(self, view: View) -> list[Found]:
        online = {row.get("name"): row for row in view.tables.rows(ACTIVE)}
        speeds = {row["name"]: PPP.speed(view, row["name"]) for row in view.tables.rows(PPP.menu)}
        found = []
        for row in view.tables.rows(SECRETS):
            session = online.get(row["name"], {})
            mac = row.get("caller-id", "") or session.get("caller-id", "")
            found.append(
                Found(
                    Key(self.kind, row["name"]),
                    row[".id"],
                    _passes(view, row),
                    label=row["name"],
                    ip=row.get("remote-address", "") or session.get("address", ""),
                    mac=mac,
                    profile=row.get("profile", ""),
                    speed=speeds.get(row.get("profile", "")),
                    comment=row.get("comment", ""),
                    is_online=bool(session),
                    password=row.get("password", ""),
                )
            )
        return found


def _queue_of(name: str) -> str:
    """The queue that a session of this user makes, where its profile has a rate."""
    return f"<pppoe-{name}>"


def _passes(view: View, row: Row) -> bool:
    if is_on(row, "disabled") or row.get("profile") == view.setup.cut_profile:
        return False
    return not is_listed(view, view.setup.cut_list, row.get("remote-address", ""))


def _lives(view: View, name: str) -> tuple[Live, ...]:
    return tuple(
        Live(row[".id"], row.get("address", ""), seconds_of(row.get("uptime", "")), row.get("caller-id", ""))
        for row in view.tables.where(ACTIVE, "name", name)
    )


def _kicks(wanted: Wanted, lives: Iterable[Live]) -> list[Step]:
    return [remove(wanted, ACTIVE, {".id": live.ref}, kind=KICK) for live in lives]


def _changed(writes: Iterable[Step]) -> set[str]:
    return {name for step in writes for name in getattr(step.call, "arguments", {})}


def _owned(wanted: Wanted, row: Row) -> dict[str, str]:
    """What is ours to set on an account of our own: its address, and its password where it can be read."""
    if not wanted.provision:
        return {}
    values = {"remote-address": wanted.ip} if wanted.ip else {}
    return {**values, "password": wanted.password} if wanted.password and row.get("password") else values


def _fixed_address(row: Row) -> str:
    """The address that is always its own; `remote-address` may also name a pool."""
    try:
        return str(IPv4Address(row.get("remote-address", "")))
    except AddressValueError:
        return ""


def _lists_matter(setup: Setup) -> bool:
    """Whether the list of who is cut is in use on this router, by any method: who is on it is off."""
    return any(kind in {"list", "pcq"} or way in {"list", "profile"} for kind, way in setup.kinds)
