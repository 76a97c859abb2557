"""/ip/hotspot: servers, users, profiles, sessions, cookies, bindings and hosts."""

from __future__ import annotations

from simulators.routeros import kinds
from simulators.routeros.specs import Ref, Spec, columns
from simulators.routeros.versions import Version

from .ppp import since

_ANY_SERVER = Ref("/ip/hotspot", also=frozenset({"all", ""}))
_COUNTERS = "bytes-in bytes-out packets-in packets-out"


def specs(version: Version) -> list[Spec]:
    """The menus of /ip/hotspot."""
    return [
        _server_profiles(),
        _servers(),
        _profiles(version),
        _users(),
        _active(),
        _cookies(),
        _bindings(),
        _hosts(),
        *_gardens(),
    ]


def _server_profiles() -> Spec:
    return Spec(
        path="/ip/hotspot/profile",
        key=("name",),
        columns=columns(
            "name hotspot-address dns-name html-directory rate-limit http-proxy smtp-server login-by "
            "http-cookie-lifetime split-user-domain use-radius ssl-certificate trial-uptime-limit trial-uptime-reset"
        ),
        read_only=columns("default"),
        defaults={"login-by": "cookie,http-chap", "http-cookie-lifetime": "3d", "use-radius": "false"},
        booleans=columns("default use-radius split-user-domain"),
        required=("name",),
        clash="failure: profile with the same name already exists",
    )


def _servers() -> Spec:
    return Spec(
        path="/ip/hotspot",
        key=("name",),
        columns=columns(
            "name interface address-pool profile idle-timeout keepalive-timeout addresses-per-mac disabled"
        ),
        read_only=columns("invalid HTTPS ip-of-dns-name proxy-status"),
        defaults={
            "address-pool": "none",
            "profile": "default",
            "idle-timeout": "5m",
            "addresses-per-mac": "2",
            "invalid": "false",
            "HTTPS": "false",
            "disabled": "false",
        },
        booleans=columns("disabled invalid HTTPS"),
        kinds={"idle-timeout": kinds.duration, "keepalive-timeout": kinds.duration},
        required=("name", "interface"),
        references={
            "interface": Ref("/interface"),
            "address-pool": Ref("/ip/pool", also=frozenset({"none"})),
            "profile": Ref("/ip/hotspot/profile"),
        },
        clash="failure: already have such name",
    )


def _profiles(version: Version) -> Spec:
    return Spec(
        path="/ip/hotspot/user/profile",
        key=("name",),
        columns=columns(
            "name address-pool session-timeout idle-timeout keepalive-timeout status-autorefresh shared-users "
            "rate-limit add-mac-cookie mac-cookie-timeout address-list incoming-filter outgoing-filter "
            "incoming-packet-mark outgoing-packet-mark open-status-page on-login on-logout transparent-proxy "
            "parent-queue queue-type insert-queue-before advertise" + (" comment" if version >= (7, 18) else "")
        ),
        read_only=columns("default"),
        defaults={
            "idle-timeout": "none",
            "keepalive-timeout": "2m",
            "status-autorefresh": "1m",
            "shared-users": "1",
            "add-mac-cookie": "true",
            "mac-cookie-timeout": "3d",
            "address-list": "",
            "transparent-proxy": "false",
            "default": "false",
        },
        booleans=columns("default add-mac-cookie transparent-proxy"),
        kinds={
            "rate-limit": kinds.rate_limit,
            "session-timeout": kinds.duration,
            "idle-timeout": kinds.duration,
            "keepalive-timeout": kinds.duration,
            "mac-cookie-timeout": kinds.duration,
        },
        required=("name",),
        references={
            "address-pool": Ref("/ip/pool", also=frozenset({"", "none"})),
            "queue-type": Ref("/queue/type", many=True),
        },
        clash="failure: profile with the same name already exists",
    )


def _users() -> Spec:
    return Spec(
        path="/ip/hotspot/user",
        key=("name", "server"),
        quick=columns("comment mac-address"),
        columns=columns(
            "name password server profile address mac-address email routes limit-uptime limit-bytes-in "
            "limit-bytes-out limit-bytes-total comment disabled"
        ),
        read_only=columns(f"uptime {_COUNTERS} dynamic default"),
        defaults={
            "server": "all",
            "profile": "default",
            "uptime": "0s",
            "bytes-in": "0",
            "bytes-out": "0",
            "packets-in": "0",
            "packets-out": "0",
            "dynamic": "false",
            "default": "false",
            "disabled": "false",
        },
        booleans=columns("dynamic default disabled"),
        kinds={
            "mac-address": kinds.mac,
            "address": kinds.maybe_address,
            "limit-uptime": kinds.duration,
            "limit-bytes-in": kinds.integer(0, 2**63),
            "limit-bytes-out": kinds.integer(0, 2**63),
            "limit-bytes-total": kinds.integer(0, 2**63),
        },
        required=("name",),
        sensitive=frozenset({"password"}),
        references={"profile": Ref("/ip/hotspot/user/profile"), "server": _ANY_SERVER},
        clash="failure: already have user with this name for this server",
    )


def _active() -> Spec:
    return Spec(
        path="/ip/hotspot/active",
        dynamic_removable=True,
        name="user",
        quick=columns("mac-address address"),
        columns=frozenset(),
        read_only=columns(
            f"server user domain address mac-address login-by uptime idle-time session-time-left keepalive-timeout "
            f"limit-bytes-total radius blocked {_COUNTERS}"
        ),
        booleans=columns("radius blocked"),
        live={"uptime": since},
        addable=False,
        settable=False,
    )


def _cookies() -> Spec:
    return Spec(
        path="/ip/hotspot/cookie",
        dynamic_removable=True,
        name="user",
        quick=columns("mac-address"),
        columns=frozenset(),
        read_only=columns("user domain mac-address mac-cookie expires-in"),
        booleans=columns("mac-cookie"),
        addable=False,
        settable=False,
    )


def _bindings() -> Spec:
    return Spec(
        path="/ip/hotspot/ip-binding",
        name="_none",
        quick=columns("mac-address address comment"),
        columns=columns("mac-address address to-address server type comment disabled"),
        read_only=columns("bypassed blocked"),
        defaults={"type": "regular", "disabled": "false"},
        booleans=columns("bypassed blocked disabled"),
        choices={"type": frozenset({"regular", "bypassed", "blocked"})},
        kinds={"mac-address": kinds.mac},
        references={"server": _ANY_SERVER},
        live={
            "bypassed": lambda row, _now: "true" if row.get("type") == "bypassed" else "false",
            "blocked": lambda row, _now: "true" if row.get("type") == "blocked" else "false",
        },
        ordered=True,
    )


def _hosts() -> Spec:
    return Spec(
        path="/ip/hotspot/host",
        dynamic_removable=True,
        name="_none",
        quick=columns("mac-address address"),
        columns=frozenset(),
        read_only=columns(
            f"mac-address address to-address server bridge-port uptime idle-time found-by authorized bypassed "
            f"blocked {_COUNTERS}"
        ),
        booleans=columns("authorized bypassed blocked"),
        live={"uptime": since},
        addable=False,
        settable=False,
    )


def _gardens() -> list[Spec]:
    """What is open to those who have not logged in, and to those who have not paid."""
    hosts = columns("action server src-address dst-host dst-port path method comment disabled")
    addresses = columns("action server src-address dst-address dst-host dst-port protocol comment disabled")
    return [
        Spec(
            path=path,
            name="_none",
            columns=settable,
            read_only=columns("hits dynamic"),
            defaults={"action": "allow", "dynamic": "false", "disabled": "false"},
            booleans=columns("dynamic disabled"),
            ordered=True,
        )
        for path, settable in (
            ("/ip/hotspot/walled-garden", hosts),
            ("/ip/hotspot/walled-garden/ip", addresses),
        )
    ]
