"""User Manager, the RADIUS server inside RouterOS: users, the plans assigned to them, and their sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from network.drivers.base import GONE, Account, Found, Key, Live, Setup, Step, Wanted
from network.drivers.mikrotik.connection import Row, Sentence
from network.drivers.mikrotik.methods.base import (
    KICK,
    Method,
    View,
    add,
    is_on,
    no_such_cut,
    refuse,
    retire,
    switch,
)
from network.drivers.mikrotik.methods.profiles import name_of
from network.drivers.mikrotik.rates import rate_text
from network.drivers.mikrotik.signing import SHARED
from network.drivers.mikrotik.tables import Read
from network.drivers.mikrotik.times import duration_text, seconds_of

_ACTIVE = (("active", "true"),)
_USED, _IN_USE = "used", "running active"


@dataclass(frozen=True)
class Layout:
    """Where a generation keeps things, and what it calls a user's name."""

    users: str
    name: str
    more: tuple[str, ...]
    sessions: str
    profiles: str
    limits: str
    links: str
    has_comments: bool

    @property
    def user(self) -> tuple[str, ...]:
        """What is read of a user."""
        return (".id", self.name, "disabled", "comment", *self.more)

    @property
    def session(self) -> tuple[str, ...]:
        """What is read of a session."""
        return (".id", "user", "active", "uptime", "calling-station-id", "user-address", "user-ip")


V7 = Layout(
    users="/user-manager/user",
    name="name",
    more=(),
    sessions="/user-manager/session",
    profiles="/user-manager/profile",
    limits="/user-manager/limitation",
    links="/user-manager/profile-limitation",
    has_comments=True,
)
V6 = Layout(
    users="/tool/user-manager/user",
    name="username",
    more=("customer", "actual-profile", "last-seen"),
    sessions="/tool/user-manager/session",
    profiles="/tool/user-manager/profile",
    limits="/tool/user-manager/profile/limitation",
    links="/tool/user-manager/profile/profile-limitation",
    has_comments=False,
)
# The profiles assigned to users; version 6 keeps the one in use on the user.
ASSIGNED = "/user-manager/user-profile"
_ASSIGNED = (".id", "user", "profile", "state")


class UserManager(Method):
    """Key: the user's name. A plan is a profile with a validity, assigned and activated; it is never written over.

    Whether a running session began with the plan of before cannot be told from what the router says; sessions are
    closed with the write that changes the plan.
    """

    kind = "user_manager"

    def bulk(self, setup: Setup) -> list[Read]:
        reads = [Read(ASSIGNED, _ASSIGNED, optional=True)]
        for layout in (V7, V6):
            reads.append(Read(layout.users, layout.user, optional=True))
            reads.append(Read(layout.sessions, layout.session, _ACTIVE, optional=True))
            if setup.speeds:
                reads.append(_profiles(layout))
        return reads

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        name = wanted.key.name
        reads = [Read(ASSIGNED, _ASSIGNED, (("user", name),), wanted.key, optional=True)]
        for layout in (V7, V6):
            reads.append(Read(layout.users, layout.user, ((layout.name, name),), wanted.key, optional=True))
            query = (("user", name), *_ACTIVE)
            reads.append(Read(layout.sessions, layout.session, query, wanted.key, optional=True))
            if wanted.profile or wanted.speed is not None:
                reads.append(_profiles(layout))
        return reads

    def names(self, view: View) -> Iterable[str]:
        layout = _layout(view)
        return view.tables.values(layout.users, layout.name) if layout else ()

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        layout = _layout(view)
        row = view.tables.first(layout.users, layout.name, name) if layout else None
        if layout is None or row is None:
            return None
        assigned = view.tables.where(ASSIGNED, "user", name)
        in_use = next((one for one in assigned if one.get("state") == _IN_USE), {})
        used_up = bool(assigned) and all(one.get("state") == _USED for one in assigned)
        return Account(
            row[".id"],
            Key(self.kind, name),
            not is_on(row, "disabled") and not used_up,
            _lives(view, layout, name),
            profile=row.get("actual-profile", "") or in_use.get("profile", ""),
            comment=row.get("comment", ""),
        )

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        layout = _layout(view)
        if layout is None:
            return [refuse(wanted, _("El router no tiene User Manager."))]
        row = view.tables.first(layout.users, layout.name, wanted.key.name)
        if row is None:
            return [self._provide(layout, wanted)] if wanted.provision and wanted.state != GONE else []
        lives = _lives(view, layout, wanted.key.name)
        if wanted.state == GONE:
            off = [*switch(wanted, layout.users, row, on=False, sign=False), *_closes(wanted, layout, lives)]
            return retire(wanted, layout.users, row, off)
        if not wanted.on:
            if wanted.cut_by not in {"", "disable"}:
                return [no_such_cut(wanted)]
            return [*switch(wanted, layout.users, row, on=False), *_closes(wanted, layout, lives)]
        plan = self._assign(view, layout, wanted, row)
        closes = _closes(wanted, layout, lives) if wanted.kick or any(step.kind == "assign" for step in plan) else []
        return [*switch(wanted, layout.users, row, on=True), *plan, *closes]

    def _assign(self, view: View, layout: Layout, wanted: Wanted, row: Row) -> list[Step]:
        name = wanted.profile or (name_of(wanted.speed) if wanted.speed is not None else "")
        if not name:
            return []
        making = self._make(view, layout, wanted, name)
        if any(step.kind == "refuse" for step in making):
            return making
        if layout is V6:
            return [*making, *self._assign_v6(wanted, row, name)]
        return [*making, *self._assign_v7(view, wanted, name)]

    def _assign_v6(self, wanted: Wanted, row: Row, name: str) -> list[Step]:
        if row.get("actual-profile") == name:
            return []
        if wanted.trial and row.get("last-seen", "never") not in {"", "never"}:
            return [_tried(wanted)]
        customer = row.get("customer", "admin")
        values = {"customer": customer, "numbers": row[".id"], "profile": name}
        call = Sentence(V6.users, "create-and-activate-profile", values, account=wanted.key)
        return [Step(wanted.key, "assign", row[".id"], call)]

    def _assign_v7(self, view: View, wanted: Wanted, name: str) -> list[Step]:
        assigned = view.tables.where(ASSIGNED, "user", wanted.key.name)
        mine = [one for one in assigned if one.get("profile") == name]
        if any(one.get("state") == _IN_USE for one in mine):
            return []
        usable = next((one for one in mine if one.get("state") != _USED), None)
        if usable is None:
            if mine and wanted.trial:
                return [_tried(wanted)]
            values = {"user": wanted.key.name, "profile": name}
            return [Step(wanted.key, "assign", "", Sentence(ASSIGNED, "add", values, account=wanted.key))]
        another = any(one.get("state") == _IN_USE for one in assigned)
        if usable.get("state") == "waiting" and not another:
            return []  # its time begins when the customer first comes
        values = {"numbers": usable[".id"]}
        call = Sentence(ASSIGNED, "activate-user-profile", values, account=wanted.key)
        return [Step(wanted.key, "assign", usable[".id"], call)]

    def _make(self, view: View, layout: Layout, wanted: Wanted, name: str) -> list[Step]:
        """What makes a plan's profile that the router lacks: the limit, the profile, and what ties them."""
        if view.tables.first(layout.profiles, "name", name) is not None or (layout.profiles, name) in view.making:
            return []
        if wanted.speed is None and not wanted.validity_s:
            return [refuse(wanted, _("El perfil «%(name)s» no existe en el router.") % {"name": name})]
        view.making.add((layout.profiles, name))
        owner = {} if layout is V7 else {"owner": "admin"}
        mark = {"comment": SHARED} if layout.has_comments else {}
        begins = {"starts-when": "assigned"} if layout is V7 else {"starts-at": "now"}
        validity = {"validity": duration_text(wanted.validity_s)} if wanted.validity_s else {}
        calls = [Sentence(layout.profiles, "add", {"name": name, **owner, **begins, **validity, **mark})]
        if wanted.speed is not None:
            rates = {"rate-limit-rx": rate_text(wanted.speed.up), "rate-limit-tx": rate_text(wanted.speed.down)}
            calls.insert(0, Sentence(layout.limits, "add", {"name": name, **owner, **rates, **mark}))
            calls.append(Sentence(layout.links, "add", {"profile": name, "limitation": name}))
        there = ("failure: already have",)
        return [
            Step(wanted.key, "profile", "", Sentence(c.path, c.verb, c.arguments, account=wanted.key, forgives=there))
            for c in calls
        ]

    def _provide(self, layout: Layout, wanted: Wanted) -> Step:
        values = {layout.name: wanted.key.name, "password": wanted.password, "disabled": "no" if wanted.on else "yes"}
        if layout is V6:
            values["customer"] = wanted.server or "admin"
        return add(wanted, layout.users, values)

    def survey(self, *, secrets: bool) -> list[Read]:
        reads = [Read(ASSIGNED, _ASSIGNED, optional=True)]
        for layout in (V7, V6):
            user = (*layout.user, "password") if secrets else layout.user
            reads.append(Read(layout.users, user, optional=True))
            reads.append(Read(layout.sessions, layout.session, _ACTIVE, optional=True))
        return reads

    def found(self, view: View) -> list[Found]:
        found = []
        layout = _layout(view)
        for name in self.names(view):
            account = self.account(view, name)
            if layout is None or account is None:
                continue
            live = account.lives[0] if account.lives else None
            row = view.tables.first(layout.users, layout.name, name) or {}
            found.append(
                Found(
                    account.key,
                    account.ref,
                    account.enabled,
                    label=name,
                    ip=live.address if live else "",
                    mac=live.mac if live else "",
                    profile=account.profile,
                    comment=account.comment,
                    is_online=live is not None,
                    password=row.get("password", ""),
                )
            )
        return found


def _layout(view: View) -> Layout | None:
    return next((layout for layout in (V7, V6) if layout.users not in view.tables.absent), None)


def _profiles(layout: Layout) -> Read:
    return Read(layout.profiles, (".id", "name", "validity"), optional=True)


def _lives(view: View, layout: Layout, name: str) -> tuple[Live, ...]:
    return tuple(
        Live(
            row[".id"],
            row.get("user-address", "") or row.get("user-ip", ""),
            seconds_of(row.get("uptime", "")),
            row.get("calling-station-id", ""),
        )
        for row in view.tables.where(layout.sessions, "user", name)
        if is_on(row, "active")
    )


def _closes(wanted: Wanted, layout: Layout, lives: Sequence[Live]) -> list[Step]:
    gone = ("no such item", "failure: session is not active")
    return [
        Step(
            wanted.key,
            KICK,
            live.ref,
            Sentence(layout.sessions, "close-session", {"numbers": live.ref}, account=wanted.key, forgives=gone),
        )
        for live in lives
    ]


def _tried(wanted: Wanted) -> Step:
    return refuse(wanted, _("La prueba ya se usó: no se da dos veces."))
