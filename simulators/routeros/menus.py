"""The menus this router has, and what each accepts."""

from __future__ import annotations

from .tables import Spec

_LIMITS = ("limit-bytes-in", "limit-bytes-out")

SECRETS = Spec(
    path="/ppp/secret",
    key=("name",),
    columns=frozenset(
        {"name", "password", "service", "profile", "caller-id", "local-address", "remote-address", "routes"}
        | {"ipv6-routes", "comment", "disabled", "last-logged-out", "last-caller-id", *_LIMITS}
        | {"last-disconnect-reason", "remote-ipv6-prefix"}
    ),
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
    required=("name",),
    sensitive=frozenset({"password"}),
    references={"profile": "/ppp/profile"},
    clash="failure: secret with the same name already exists",
)

PROFILES = Spec(
    path="/ppp/profile",
    key=("name",),
    columns=frozenset(
        {"name", "local-address", "remote-address", "rate-limit", "address-list", "only-one", "dns-server"}
        | {"use-encryption", "use-compression", "change-tcp-mss", "comment", "default", "session-timeout"}
        | {"idle-timeout", "parent-queue", "queue-type", "on-up", "on-down"}
    ),
    defaults={"use-encryption": "default", "only-one": "default", "default": "false", "address-list": ""},
    booleans=frozenset({"default"}),
    required=("name",),
    clash="failure: profile with the same name already exists",
)

ACTIVE = Spec(
    path="/ppp/active",
    columns=frozenset({"name", "service", "caller-id", "address", "uptime", "encoding", "session-id", "radius"}),
    booleans=frozenset({"radius"}),
    addable=False,
)

ADDRESS_LIST = Spec(
    path="/ip/firewall/address-list",
    key=("list", "address"),
    columns=frozenset({"list", "address", "comment", "disabled", "timeout", "dynamic", "creation-time"}),
    defaults={"disabled": "false", "dynamic": "false"},
    booleans=frozenset({"disabled", "dynamic"}),
    required=("list", "address"),
)

QUEUES = Spec(
    path="/queue/simple",
    key=("name",),
    columns=frozenset({"name", "target", "max-limit", "parent", "comment", "disabled", "dynamic", "bytes"}),
    defaults={"max-limit": "0/0", "parent": "none", "disabled": "false", "dynamic": "false", "bytes": "0/0"},
    booleans=frozenset({"disabled", "dynamic"}),
    required=("name", "target"),
    clash="failure: already have such name",
)

INTERFACES = Spec(
    path="/interface",
    key=("name",),
    columns=frozenset({"name", "type", "mtu", "running", "disabled", "comment", "mac-address", "dynamic"}),
    defaults={"type": "ether", "mtu": "1500", "running": "true", "disabled": "false", "dynamic": "false"},
    booleans=frozenset({"running", "disabled", "dynamic"}),
    addable=False,
)

ALL = (SECRETS, PROFILES, ACTIVE, ADDRESS_LIST, QUEUES, INTERFACES)
