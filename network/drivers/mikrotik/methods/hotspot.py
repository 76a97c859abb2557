"""Hotspot users: disabled, thrown out, and their cookies dropped, or they would be back at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from network.drivers.base import GONE, Account, Found, Key, Live, Setup, Step, Wanted
from network.drivers.mikrotik.connection import Row
from network.drivers.mikrotik.methods.base import (
    KICK,
    Method,
    View,
    add,
    change,
    is_on,
    mac_of,
    no_such_cut,
    refuse,
    remove,
    retire,
    switch,
)
from network.drivers.mikrotik.methods.profiles import HOTSPOT, QUEUES
from network.drivers.mikrotik.tables import Read
from network.drivers.mikrotik.times import seconds_of

USERS, ACTIVE, COOKIES = "/ip/hotspot/user", "/ip/hotspot/active", "/ip/hotspot/cookie"
_USER = (".id", "name", "server", "profile", "address", "mac-address", "disabled", "default", "comment")
_ACTIVE = (".id", "user", "address", "mac-address", "uptime")
_COOKIE = (".id", "user")
_QUEUE = (".id", "name", "max-limit", "dynamic")


class Hotspot(Method):
    """Key: the user's name, with its server where the name is on several."""

    kind = "hotspot"

    def bulk(self, setup: Setup) -> list[Read]:
        reads = [Read(USERS, _USER), Read(ACTIVE, _ACTIVE), Read(COOKIES, _COOKIE)]
        if setup.speeds:
            reads += [HOTSPOT.read(), Read(QUEUES, _QUEUE, (("dynamic", "true"),))]
        return reads

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        name = wanted.key.name
        reads = [
            Read(USERS, _USER, (("name", name),), wanted.key),
            Read(ACTIVE, _ACTIVE, (("user", name),), wanted.key),
            Read(COOKIES, _COOKIE, (("user", name),), wanted.key),
        ]
        if wanted.profile or wanted.speed is not None:
            reads += [HOTSPOT.read(), Read(QUEUES, _QUEUE, (("name", _queue_of(name)),), wanted.key)]
        return reads

    def names(self, view: View) -> Iterable[str]:
        return view.tables.values(USERS, "name")

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        rows = _users(view, name, server)
        if not rows:
            return None
        row = rows[0]
        return Account(
            row[".id"],
            Key(self.kind, name),
            any(not is_on(each, "disabled") for each in rows),
            _lives(view, name),
            speed=HOTSPOT.speed(view, row.get("profile", "")),
            profile=row.get("profile", ""),
            ip=row.get("address", ""),
            mac=row.get("mac-address", ""),
            comment=row.get("comment", ""),
        )

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        rows = _users(view, wanted.key.name, wanted.server)
        if len(rows) > 1:
            message = _("Hay %(count)s usuarios de hotspot «%(name)s»: diga en qué servidor está el cliente.")
            return [refuse(wanted, message % {"count": len(rows), "name": wanted.key.name})]
        if not rows:
            return self._provide(view, wanted) if wanted.provision and wanted.state != GONE else []
        row = rows[0]
        lives = _lives(view, wanted.key.name)
        if wanted.state == GONE:
            off = [*switch(wanted, USERS, row, on=False, sign=False), *self._throw_out(view, wanted, lives)]
            return retire(wanted, USERS, row, off)
        if not wanted.on:
            if wanted.cut_by not in {"", "disable"}:
                return [no_such_cut(wanted)]
            return [*switch(wanted, USERS, row, on=False), *self._throw_out(view, wanted, lives)]
        return self._let_in(view, wanted, row, lives)

    def _throw_out(self, view: View, wanted: Wanted, lives: Sequence[Live]) -> list[Step]:
        cookies = view.tables.where(COOKIES, "user", wanted.key.name)
        # The cookie first: with it the device is back before the session's removal is answered.
        return [
            *(remove(wanted, COOKIES, cookie, kind="cookie") for cookie in cookies),
            *(remove(wanted, ACTIVE, {".id": live.ref}, kind=KICK) for live in lives),
        ]

    def _let_in(self, view: View, wanted: Wanted, row: Row, lives: Sequence[Live]) -> list[Step]:
        profile, making = HOTSPOT.of_plan(view, wanted, row.get("profile", ""))
        refused = [step for step in making if step.kind == "refuse"]
        values = {"disabled": "no"}
        if profile and not refused:
            values["profile"] = profile
        writes = change(wanted, USERS, row, values, kind="enable" if is_on(row, "disabled") else "change")
        moved = bool(profile) and not refused and row.get("profile") != profile
        behind = lives
        if not (moved or wanted.kick):
            queue = _queue_of(wanted.key.name)
            behind = [one for one in lives if profile and HOTSPOT.is_behind(view, one, queue, profile)]
        kicks = [remove(wanted, ACTIVE, {".id": live.ref}, kind=KICK) for live in behind]
        return [*(step for step in making if step not in refused), *writes, *kicks, *refused]

    def _provide(self, view: View, wanted: Wanted) -> list[Step]:
        profile, making = HOTSPOT.of_plan(view, wanted, "")
        if any(step.kind == "refuse" for step in making):
            return making
        values = {
            "name": wanted.key.name,
            "password": wanted.password,
            "server": wanted.server,
            "profile": profile,
            "address": wanted.ip,
            "mac-address": mac_of(wanted.mac),
            "disabled": "no" if wanted.on else "yes",
        }
        return [*making, add(wanted, USERS, values)]

    def survey(self, *, secrets: bool) -> list[Read]:
        user = (*_USER, "password") if secrets else _USER
        return [Read(USERS, user, optional=True), Read(ACTIVE, _ACTIVE, optional=True), HOTSPOT.read()]

    def found(self, view: View) -> list[Found]:
        online = {row.get("user") for row in view.tables.rows(ACTIVE)}
        return [
            Found(
                Key(self.kind, row["name"]),
                row[".id"],
                not is_on(row, "disabled"),
                label=row["name"],
                ip=row.get("address", ""),
                mac=row.get("mac-address", ""),
                server=row.get("server", ""),
                profile=row.get("profile", ""),
                speed=HOTSPOT.speed(view, row.get("profile", "")),
                comment=row.get("comment", ""),
                is_online=row["name"] in online,
                password=row.get("password", ""),
            )
            for row in view.tables.rows(USERS)
            if not is_on(row, "default")
        ]


def _queue_of(name: str) -> str:
    """The queue that a session of this user makes, where its profile has a rate."""
    return f"<hotspot-{name}>"


def _users(view: View, name: str, server: str) -> Sequence[Row]:
    rows = view.tables.where(USERS, "name", name)
    return [row for row in rows if row.get("server", "all") in {server, "all", ""}] if server else rows


def _lives(view: View, name: str) -> tuple[Live, ...]:
    return tuple(
        Live(row[".id"], row.get("address", ""), seconds_of(row.get("uptime", "")), row.get("mac-address", ""))
        for row in view.tables.where(ACTIVE, "user", name)
    )
