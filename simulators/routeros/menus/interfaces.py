"""/interface, and what stands on it: addresses, pools, ARP."""

from __future__ import annotations

from ipaddress import ip_interface

from simulators.routeros import kinds
from simulators.routeros.specs import Ref, Row, Spec, columns
from simulators.routeros.traps import Trap
from simulators.routeros.versions import Version

_ARP = frozenset({"enabled", "disabled", "proxy-arp", "local-proxy-arp", "reply-only"})
_TRAFFIC = "rx-byte tx-byte rx-packet tx-packet rx-drop tx-drop rx-error tx-error fp-rx-byte fp-tx-byte"
# Menus whose rows are interfaces too, with what a row's `type` is in /interface.
KINDS = {
    "/interface/ethernet": "ether",
    "/interface/bridge": "bridge",
    "/interface/vlan": "vlan",
    "/interface/wireless": "wlan",
    "/interface/wifiwave2": "wifi",
    "/interface/wifi": "wifi",
}


def specs(version: Version) -> list[Spec]:
    """The menus of interfaces, addresses, pools and ARP."""
    return [
        _interfaces(),
        _ethernet(),
        _kind("/interface/bridge", "protocol-mode vlan-filtering fast-forward igmp-snooping auto-mac"),
        _kind("/interface/vlan", "interface vlan-id use-service-tag"),
        *_wireless(version),
        _pools(version),
        _addresses(),
        _arp(version),
    ]


def _interfaces() -> Spec:
    return Spec(
        path="/interface",
        key=("name",),
        quick=columns("type"),
        columns=columns("name mtu l2mtu disabled comment"),
        read_only=columns(
            f"default-name type actual-mtu mac-address running slave dynamic last-link-up-time link-downs {_TRAFFIC}"
        ),
        defaults={"type": "ether", "mtu": "1500", "running": "true", "dynamic": "false", "disabled": "false"},
        booleans=columns("running disabled dynamic slave"),
        live={
            "rx-byte": lambda row, now: _flow(row, now, 40_000),
            "tx-byte": lambda row, now: _flow(row, now, 400_000),
            "rx-packet": lambda row, now: _flow(row, now, 100),
            "tx-packet": lambda row, now: _flow(row, now, 400),
        },
        addable=False,
        clash="failure: already have interface with such name",
    )


def _flow(row: Row, now: float, per_second: int) -> str:
    """Steady traffic since the interface came up: counters that grow and start again."""
    return str(int((now - float(row.get("_since", now))) * per_second))


def _kind(path: str, more: str, *, addable: bool = True) -> Spec:
    return Spec(
        path=path,
        key=("name",),
        columns=columns(f"name mtu l2mtu arp arp-timeout mac-address disabled comment {more}"),
        read_only=columns("default-name running slave dynamic"),
        defaults={"mtu": "1500", "arp": "enabled", "running": "true", "dynamic": "false", "disabled": "false"},
        booleans=columns("running disabled slave dynamic"),
        choices={"arp": _ARP},
        kinds={"mac-address": kinds.mac},
        required=("name",),
        references={"interface": Ref("/interface")},
        addable=addable,
        removable=addable,
        clash="failure: already have interface with such name",
    )


def _ethernet() -> Spec:
    return _kind("/interface/ethernet", "speed auto-negotiation advertise full-duplex", addable=False)


def _wireless(version: Version) -> list[Spec]:
    """Radios moved house: wireless (legacy), wifiwave2 until 7.12, wifi since 7.13."""
    old = "interface mac-address ap signal-strength signal-strength-ch0 signal-strength-ch1 signal-to-noise tx-ccq "
    old += "rx-ccq tx-rate rx-rate p-throughput uptime last-activity last-ip bytes packets radio-name comment"
    new = "interface ssid mac-address signal tx-rate rx-rate tx-bits-per-second rx-bits-per-second uptime "
    new += "authorized bytes packets auth-type band last-activity"
    found = [
        _kind("/interface/wireless", "ssid band frequency mode channel-width security-profile", addable=False),
        _seen("/interface/wireless/registration-table", old),
    ]
    if version < (7, 13):
        found.append(_seen("/caps-man/registration-table", new))
    if version >= (7, 0):
        name = "wifi" if version >= (7, 13) else "wifiwave2"
        found.append(_kind(f"/interface/{name}", "ssid configuration master-interface", addable=False))
        found.append(_seen(f"/interface/{name}/registration-table", new))
    return found


def _seen(path: str, names: str) -> Spec:
    """A menu that the router fills by itself."""
    return Spec(
        path=path,
        name="_none",
        quick=columns("mac-address"),
        columns=frozenset(),
        read_only=columns(names),
        addable=False,
        settable=False,
    )


def _pools(version: Version) -> Spec:
    return Spec(
        path="/ip/pool",
        key=("name",),
        columns=columns("name ranges next-pool" + (" comment" if version >= (7, 0) else "")),
        read_only=columns("total used available") if version >= (7, 16) else frozenset(),
        required=("name", "ranges"),
        references={"next-pool": Ref("/ip/pool", also=frozenset({"", "none"}))},
        clash="failure: pool with such name exists",
    )


def _addresses() -> Spec:
    return Spec(
        path="/ip/address",
        key=("address", "interface"),
        name="_none",
        columns=columns("address interface network broadcast netmask comment disabled"),
        read_only=columns("actual-interface invalid dynamic"),
        defaults={"invalid": "false", "dynamic": "false", "disabled": "false"},
        booleans=columns("invalid dynamic disabled"),
        kinds={"address": kinds.interface_address},
        required=("address", "interface"),
        references={"interface": Ref("/interface")},
        live={
            "network": lambda row, _now: (
                row.get("network") or str(ip_interface(row["address"]).network.network_address)
            ),
            "actual-interface": lambda row, _now: row["interface"],
        },
        clash="failure: already have such address",
    )


def _arp_is_static(row: Row) -> None:
    if not row.get("mac-address"):
        raise Trap("missing value(s) of argument(s) mac-address", category=1)


def _arp(version: Version) -> Spec:
    return Spec(
        path="/ip/arp",
        dynamic_removable=True,
        supersedes_dynamic=True,
        key=("address", "interface"),
        name="_none",
        quick=columns("mac-address comment"),
        columns=columns("address interface mac-address published comment disabled"),
        read_only=columns("dynamic complete invalid DHCP" + (" status" if version >= (7, 0) else "")),
        defaults={
            "published": "false",
            "invalid": "false",
            "DHCP": "false",
            "dynamic": "false",
            "complete": "true",
            "disabled": "false",
        },
        booleans=columns("published invalid DHCP dynamic complete disabled"),
        kinds={"address": kinds.address, "mac-address": kinds.mac},
        required=("address", "interface"),
        references={"interface": Ref("/interface")},
        check=_arp_is_static,
    )
