"""/ip/dhcp-server: servers, networks and leases."""

from __future__ import annotations

import time

from simulators.routeros import kinds
from simulators.routeros.specs import Ref, Row, Spec, columns
from simulators.routeros.traps import Trap
from simulators.routeros.versions import Version


def specs(version: Version) -> list[Spec]:
    """The menus of /ip/dhcp-server."""
    return [_servers(version), _networks(), _leases(version)]


def _servers(version: Version) -> Spec:
    return Spec(
        path="/ip/dhcp-server",
        key=("name",),
        columns=columns(
            "name interface address-pool lease-time relay authoritative bootp-support add-arp use-radius "
            "lease-script delay-threshold always-broadcast insert-queue-before parent-queue "
            "allow-dual-stack-queue disabled" + (" comment dynamic-lease-identifiers" if version >= (7, 13) else "")
        ),
        read_only=columns("dynamic invalid"),
        defaults={
            "address-pool": "static-only",
            "lease-time": "30m" if version >= (7, 13) else "10m",
            "authoritative": "yes",
            "use-radius": "no",
            "lease-script": "",
            "dynamic": "false",
            "invalid": "false",
            "disabled": "false",
        },
        booleans=columns("dynamic invalid disabled add-arp always-broadcast"),
        kinds={"lease-time": kinds.duration},
        required=("name", "interface"),
        references={
            "interface": Ref("/interface"),
            "address-pool": Ref("/ip/pool", also=frozenset({"static-only"})),
        },
        clash="failure: already have such name",
    )


def _networks() -> Spec:
    return Spec(
        path="/ip/dhcp-server/network",
        key=("address",),
        name="address",
        columns=columns("address gateway netmask dns-server dns-none ntp-server domain comment dhcp-option"),
        read_only=columns("dynamic"),
        defaults={"gateway": "", "dns-server": "", "ntp-server": "", "dynamic": "false"},
        kinds={"address": kinds.network},
        required=("address",),
    )


def expires_after(row: Row, now: float) -> str | None:
    """What is left of a bound lease."""
    end = row.get("_expires")
    return kinds.format_duration(max(0, float(end) - now)) if end else None


def last_seen(row: Row, now: float) -> str | None:
    """Since when nothing was heard of the client."""
    seen = row.get("_seen")
    if not seen:
        return row.get("last-seen", "never")
    return kinds.format_duration(now - float(seen))


def _leases(version: Version) -> Spec:
    return Spec(
        path="/ip/dhcp-server/lease",
        dynamic_removable=True,
        key=("server", "address"),
        name="_none",
        quick=columns("address mac-address active-address client-id comment"),
        columns=columns(
            "address mac-address client-id server lease-time rate-limit address-lists block-access always-broadcast "
            "use-src-mac insert-queue-before allow-dual-stack-queue dhcp-option dhcp-option-set comment disabled"
            + (" parent-queue queue-type" if version >= (7, 9) else "")
        ),
        read_only=columns(
            "dynamic blocked radius status active-address active-mac-address active-client-id active-server "
            "host-name last-seen expires-after src-mac-address agent-circuit-id agent-remote-id class-id"
        ),
        defaults={
            "server": "all",
            "address-lists": "",
            "dhcp-option": "",
            "status": "waiting",
            "last-seen": "never",
            "radius": "false",
            "dynamic": "false",
            "blocked": "false",
            "disabled": "false",
        },
        booleans=columns("dynamic blocked radius disabled block-access always-broadcast use-src-mac"),
        kinds={
            "address": kinds.pool_or_address,
            "mac-address": kinds.mac,
            "lease-time": kinds.duration,
            "rate-limit": kinds.rate_limit,
            "address-lists": kinds.comma_list,
        },
        references={"server": Ref("/ip/dhcp-server", also=frozenset({"all", ""}))},
        live={"expires-after": expires_after, "last-seen": last_seen},
        check=_lease_is_whole,
        clash="failure: already have static lease with this address",
    )


def _lease_is_whole(row: Row) -> None:
    if not row.get("address") and not row.get("mac-address") and not row.get("client-id"):
        raise Trap("missing value(s) of argument(s) address", category=1)


def touch(row: Row, lease_s: float) -> None:
    """Note on a lease that its client was heard now and keeps it for so long."""
    now = time.monotonic()
    row["_seen"], row["_expires"] = repr(now), repr(now + lease_s)
