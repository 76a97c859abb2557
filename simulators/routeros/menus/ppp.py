"""/ppp: secrets, profiles and sessions."""

from __future__ import annotations

from simulators.routeros import kinds
from simulators.routeros.specs import Ref, Row, Spec, columns
from simulators.routeros.versions import Version


def since(row: Row, now: float) -> str | None:
    """The age of a session, from the monotonic time kept in `_since`."""
    start = row.get("_since")
    return kinds.format_duration(now - float(start)) if start else None


def specs(version: Version) -> list[Spec]:
    """The menus of /ppp."""
    return [_profiles(), _secrets(), _active(), _servers(version)]


def _profiles() -> Spec:
    return Spec(
        path="/ppp/profile",
        key=("name",),
        columns=columns(
            "name local-address remote-address remote-ipv6-prefix-pool dhcpv6-pd-pool rate-limit address-list only-one "
            "dns-server wins-server use-encryption use-compression use-mpls use-ipv6 use-upnp change-tcp-mss comment "
            "session-timeout idle-timeout parent-queue queue-type insert-queue-before on-up on-down bridge "
            "incoming-filter outgoing-filter interface-list"
        ),
        read_only=columns("default"),
        defaults={
            "use-mpls": "default",
            "use-compression": "default",
            "use-encryption": "default",
            "only-one": "default",
            "change-tcp-mss": "default",
            "use-upnp": "default",
            "address-list": "",
            "on-up": "",
            "on-down": "",
            "default": "false",
        },
        booleans=frozenset({"default"}),
        choices={"only-one": frozenset({"default", "yes", "no"})},
        kinds={
            "rate-limit": kinds.rate_limit,
            "session-timeout": kinds.duration,
            "idle-timeout": kinds.duration,
        },
        required=("name",),
        references={"queue-type": Ref("/queue/type", many=True), "parent-queue": Ref("/queue/simple", also=_NONE)},
        clash="failure: profile with the same name already exists",
    )


_NONE = frozenset({"", "none"})


def _secrets() -> Spec:
    return Spec(
        path="/ppp/secret",
        key=("name",),
        columns=columns(
            "name password service profile caller-id local-address remote-address routes ipv6-routes "
            "remote-ipv6-prefix comment disabled limit-bytes-in limit-bytes-out"
        ),
        read_only=columns("last-logged-out last-caller-id last-disconnect-reason dynamic"),
        defaults={
            "service": "any",
            "caller-id": "",
            "password": "",
            "profile": "default",
            "routes": "",
            "ipv6-routes": "",
            "limit-bytes-in": "0",
            "limit-bytes-out": "0",
            "last-logged-out": "1970-01-01 00:00:00",
            "disabled": "false",
        },
        booleans=frozenset({"disabled"}),
        choices={"service": frozenset({"any", "async", "l2tp", "ovpn", "pppoe", "pptp", "sstp"})},
        kinds={"limit-bytes-in": kinds.integer(0, 2**63), "limit-bytes-out": kinds.integer(0, 2**63)},
        required=("name",),
        sensitive=frozenset({"password"}),
        references={"profile": Ref("/ppp/profile")},
        clash="failure: secret with the same name already exists",
    )


def _active() -> Spec:
    return Spec(
        path="/ppp/active",
        dynamic_removable=True,
        columns=frozenset(),
        read_only=columns(
            "name service caller-id address uptime encoding session-id radius limit-bytes-in limit-bytes-out "
            "bytes packets"
        ),
        booleans=frozenset({"radius"}),
        live={"uptime": since},
        addable=False,
        settable=False,
        quick=frozenset({"address", "caller-id"}),
    )


def _servers(version: Version) -> Spec:
    return Spec(
        path="/interface/pppoe-server/server",
        key=("service-name", "interface"),
        name="service-name",
        columns=columns(
            "service-name interface default-profile authentication max-mtu max-mru mrru keepalive-timeout "
            "one-session-per-host max-sessions pado-delay disabled" + (" comment" if version >= (7, 0) else "")
        ),
        read_only=columns("invalid"),
        defaults={
            "service-name": "service1",
            "default-profile": "default",
            "authentication": "pap,chap,mschap1,mschap2",
            "keepalive-timeout": "10",
            "one-session-per-host": "false",
            "disabled": "true",
        },
        booleans=columns("one-session-per-host disabled"),
        required=("interface",),
        references={"default-profile": Ref("/ppp/profile"), "interface": Ref("/interface")},
    )
