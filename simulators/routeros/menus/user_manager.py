"""User Manager: /tool/user-manager in version 6, /user-manager since 7; neither has the other's."""

from __future__ import annotations

from simulators.routeros import kinds
from simulators.routeros.specs import Ref, Row, Spec, columns
from simulators.routeros.versions import Version

from .ppp import since

_V7 = (7, 0)
_LIMITS = ("download-limit", "upload-limit", "transfer-limit", "rate-limit-rx", "rate-limit-tx")


def specs(version: Version) -> list[Spec]:
    """The menus of the User Manager this version has."""
    return _version_7() if version >= _V7 else _version_6()


def _version_6() -> list[Spec]:
    owner = Ref("/tool/user-manager/customer")
    return [
        Spec(
            path="/tool/user-manager/customer",
            key=("login",),
            name="login",
            columns=columns("login password permissions parent backup-allowed time-zone disabled"),
            defaults={"permissions": "owner", "disabled": "false"},
            booleans=columns("disabled backup-allowed"),
            required=("login",),
            sensitive=frozenset({"password"}),
        ),
        Spec(
            path="/tool/user-manager/profile",
            key=("name",),
            columns=columns("name owner name-for-users validity starts-at price override-shared-users"),
            defaults={"validity": "", "starts-at": "logon", "price": "0", "override-shared-users": "off"},
            choices={"starts-at": frozenset({"logon", "now"})},
            kinds={"validity": kinds.duration},
            required=("name", "owner"),
            references={"owner": owner},
        ),
        Spec(
            path="/tool/user-manager/profile/limitation",
            key=("name",),
            columns=columns(
                "name owner group-name ip-pool download-limit upload-limit transfer-limit uptime-limit rate-limit-rx "
                "rate-limit-tx rate-limit-min-rx rate-limit-min-tx rate-limit-burst-rx rate-limit-burst-tx "
                "rate-limit-burst-threshold-rx rate-limit-burst-threshold-tx rate-limit-burst-time-rx "
                "rate-limit-burst-time-tx rate-limit-priority address-list"
            ),
            kinds={"uptime-limit": kinds.duration},
            required=("name", "owner"),
            references={"owner": owner},
        ),
        Spec(
            path="/tool/user-manager/profile/profile-limitation",
            name="_none",
            columns=columns("profile limitation from-time till-time weekdays"),
            defaults={"from-time": "0s", "till-time": "23h59m59s"},
            required=("profile", "limitation"),
            references={
                "profile": Ref("/tool/user-manager/profile"),
                "limitation": Ref("/tool/user-manager/profile/limitation"),
            },
        ),
        Spec(
            path="/tool/user-manager/router",
            key=("name",),
            columns=columns("name customer ip-address shared-secret coa-port use-coa log time-zone disabled"),
            defaults={"coa-port": "1700", "use-coa": "false", "disabled": "false"},
            booleans=columns("use-coa disabled"),
            required=("name", "customer", "ip-address"),
            sensitive=frozenset({"shared-secret"}),
            references={"customer": owner},
        ),
        Spec(
            path="/tool/user-manager/user",
            key=("username",),
            name="username",
            quick=columns("comment"),
            columns=columns(
                "customer username password shared-users ip-address caller-id first-name last-name phone email "
                "location comment wireless-psk wireless-enc-algo wireless-enc-key disabled"
            ),
            read_only=columns(
                "actual-profile active active-sessions last-seen reg-key registration-date uptime-used download-used "
                "upload-used incomplete"
            ),
            defaults={
                "shared-users": "1",
                "wireless-psk": "",
                "uptime-used": "0s",
                "download-used": "0",
                "upload-used": "0",
                "last-seen": "never",
                "active": "false",
                "active-sessions": "0",
                "incomplete": "false",
                "disabled": "false",
            },
            booleans=columns("active incomplete disabled"),
            required=("customer", "username"),
            sensitive=frozenset({"password", "wireless-psk"}),
            references={"customer": owner},
            clash="failure: user with the same name already exists",
        ),
        _sessions("/tool/user-manager/session", "customer nas-port nas-port-type"),
    ]


def _version_7() -> list[Spec]:
    return [
        Spec(
            path="/user-manager",
            name="_none",
            columns=columns(
                "enabled use-profiles authentication-port accounting-port certificate require-message-auth"
            ),
            defaults={
                "enabled": "false",
                "use-profiles": "false",
                "authentication-port": "1812",
                "accounting-port": "1813",
                "certificate": "*0",
            },
            booleans=columns("enabled use-profiles"),
            singleton=True,
        ),
        Spec(
            path="/user-manager/user/group",
            key=("name",),
            columns=columns("name outer-auths inner-auths attributes comment"),
            read_only=columns("default default-name"),
            defaults={"outer-auths": "", "inner-auths": "", "attributes": "", "default": "false"},
            booleans=columns("default"),
            required=("name",),
        ),
        Spec(
            path="/user-manager/user",
            key=("name",),
            quick=columns("comment"),
            columns=columns("name password otp-secret group shared-users attributes caller-id comment disabled"),
            defaults={
                "otp-secret": "",
                "group": "default",
                "shared-users": "1",
                "attributes": "",
                "disabled": "false",
            },
            booleans=columns("disabled"),
            required=("name",),
            sensitive=frozenset({"password", "otp-secret"}),
            references={"group": Ref("/user-manager/user/group")},
            clash="failure: user with the same name already exists",
        ),
        Spec(
            path="/user-manager/profile",
            key=("name",),
            columns=columns("name name-for-users price starts-when validity override-shared-users comment"),
            defaults={
                "name-for-users": "",
                "price": "0",
                "starts-when": "assigned",
                "validity": "unlimited",
                "override-shared-users": "off",
            },
            choices={"starts-when": frozenset({"assigned", "first-auth"})},
            kinds={"validity": lambda text: text if text == "unlimited" else kinds.duration(text)},
            required=("name",),
        ),
        Spec(
            path="/user-manager/limitation",
            key=("name",),
            columns=columns(
                "name download-limit upload-limit transfer-limit uptime-limit rate-limit-rx rate-limit-tx "
                "rate-limit-min-rx rate-limit-min-tx rate-limit-burst-rx rate-limit-burst-tx "
                "rate-limit-burst-threshold-rx rate-limit-burst-threshold-tx rate-limit-burst-time-rx "
                "rate-limit-burst-time-tx rate-limit-priority reset-counters-interval reset-counters-start-time comment"
            ),
            defaults=dict.fromkeys(_LIMITS, "0") | {"uptime-limit": "0s"},
            kinds={
                "uptime-limit": kinds.duration,
                **dict.fromkeys(("rate-limit-rx", "rate-limit-tx"), kinds.rate(short=False)),
            },
            required=("name",),
        ),
        Spec(
            path="/user-manager/profile-limitation",
            name="_none",
            quick=columns("profile limitation"),
            columns=columns("profile limitation from-time till-time weekdays comment"),
            defaults={
                "from-time": "0s",
                "till-time": "23h59m59s",
                "weekdays": "sunday,monday,tuesday,wednesday,thursday,friday,saturday",
            },
            required=("profile", "limitation"),
            references={"profile": Ref("/user-manager/profile"), "limitation": Ref("/user-manager/limitation")},
        ),
        Spec(
            path="/user-manager/user-profile",
            name="_none",
            quick=columns("user profile"),
            columns=columns("user profile"),
            read_only=columns("state end-time"),
            required=("user", "profile"),
            references={"user": Ref("/user-manager/user"), "profile": Ref("/user-manager/profile")},
            live={"state": _state},
            settable=False,
        ),
        Spec(
            path="/user-manager/router",
            key=("name",),
            columns=columns("name address shared-secret coa-port disabled comment"),
            defaults={"coa-port": "3799", "disabled": "false"},
            booleans=columns("disabled"),
            required=("name", "address"),
            sensitive=frozenset({"shared-secret"}),
        ),
        _sessions("/user-manager/session", "nas-port-type"),
    ]


def _state(row: Row, now: float) -> str:
    """`running active` is the one in use, `running` one whose time also runs, `used` one whose time is over."""
    if "state" in row:
        return row["state"]
    ends = row.get("_ends")
    if ends is not None and float(ends) <= now:
        return "used"
    if row.get("_active") == "true":
        return "running active"
    return "running" if row.get("_started") == "true" else "waiting"


def _sessions(path: str, more: str) -> Spec:
    return Spec(
        path=path,
        name="_none",
        quick=columns("user acct-session-id"),
        dynamic_removable=True,
        columns=frozenset(),
        read_only=columns(
            "user active acct-session-id nas-ip-address nas-port-id calling-station-id started ended uptime "
            f"download upload from-time till-time host-ip user-ip user-address status terminate-cause {more}"
        ),
        booleans=columns("active"),
        live={"uptime": lambda row, now: row.get("uptime") or since(row, now)},
        addable=False,
        settable=False,
    )
