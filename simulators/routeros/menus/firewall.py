"""/ip/firewall: rules in their order, address lists and connections."""

from __future__ import annotations

from simulators.routeros import kinds
from simulators.routeros.specs import Ref, Row, Spec, columns
from simulators.routeros.versions import Version

_MATCHERS = (
    "chain action comment disabled log log-prefix src-address dst-address src-address-list dst-address-list "
    "src-address-type dst-address-type protocol src-port dst-port port in-interface out-interface in-interface-list "
    "out-interface-list connection-state connection-nat-state connection-mark connection-type connection-bytes "
    "connection-limit connection-rate packet-mark routing-mark packet-size src-mac-address jump-target "
    "address-list address-list-timeout reject-with hotspot layer7-protocol content tcp-flags tcp-mss icmp-options "
    "limit dst-limit time random dscp ttl ipsec-policy hw-offload tls-host fragment"
)
_ACTIONS = (
    "accept add-dst-to-address-list add-src-to-address-list drop jump log passthrough return fasttrack-connection"
)
_FILTER = columns(f"{_ACTIONS} reject tarpit")
_NAT = columns(
    "accept add-dst-to-address-list add-src-to-address-list dst-nat jump log masquerade netmap passthrough "
    "redirect return same src-nat endpoint-independent-nat"
)
_MANGLE = columns(
    f"{_ACTIONS} change-dscp change-mss change-ttl clear-df mark-connection mark-packet mark-routing "
    "route set-priority sniff-pc sniff-tzsp strip-ipv4-options"
)
_RAW = columns(
    "accept add-dst-to-address-list add-src-to-address-list drop jump log notrack passthrough return"
)  # fmt: skip


def specs(_version: Version) -> list[Spec]:
    """The menus of /ip/firewall."""
    return [
        _address_list(),
        _rules("filter", _FILTER),
        _rules("nat", _NAT, "to-addresses to-ports same-not-by-dst randomise-ports"),
        _rules(
            "mangle",
            _MANGLE,
            "new-connection-mark new-packet-mark new-routing-mark new-dscp new-mss new-ttl new-priority passthrough "
            "route-dst sniff-target sniff-target-port",
        ),
        _rules("raw", _RAW),
        _connections(),
    ]


def _rules(name: str, actions: frozenset[str], more: str = "") -> Spec:
    interface = Ref("/interface", also=frozenset({""}), negatable=True)
    return Spec(
        path=f"/ip/firewall/{name}",
        name="_none",
        quick=columns("comment"),
        columns=columns(f"{_MATCHERS} {more}"),
        read_only=columns("bytes packets invalid dynamic"),
        defaults={
            "action": "accept",
            "log": "false",
            "log-prefix": "",
            "bytes": "0",
            "packets": "0",
            "invalid": "false",
            "dynamic": "false",
            "disabled": "false",
        },
        booleans=columns("log invalid dynamic disabled"),
        choices={"action": actions},
        kinds={
            "connection-state": kinds.comma_list,
            "src-address": kinds.network,
            "dst-address": kinds.network,
            "address-list-timeout": lambda text: text if text.startswith("none-") else kinds.duration(text),
        },
        required=("chain",),
        references={"in-interface": interface, "out-interface": interface},
        ordered=True,
    )


def _left(row: Row, now: float) -> str | None:
    end = row.get("_ends")
    if end is None:
        return row.get("timeout")
    return kinds.format_duration(max(0, float(end) - now))


def _address_list() -> Spec:
    return Spec(
        path="/ip/firewall/address-list",
        dynamic_removable=True,
        key=("list", "address"),
        name="_none",
        quick=columns("list address comment"),
        columns=columns("list address comment disabled timeout"),
        read_only=columns("dynamic creation-time"),
        defaults={"creation-time": "1970-01-01 00:00:00", "dynamic": "false", "disabled": "false"},
        booleans=columns("disabled dynamic"),
        kinds={"address": kinds.list_address, "timeout": kinds.duration},
        required=("list", "address"),
        live={"timeout": _left},
    )


def _connections() -> Spec:
    return Spec(
        path="/ip/firewall/connection",
        dynamic_removable=True,
        name="_none",
        quick=columns("src-address dst-address"),
        columns=frozenset(),
        read_only=columns(
            "protocol src-address dst-address reply-src-address reply-dst-address timeout tcp-state "
            "connection-mark connection-type fasttrack assured confirmed dying expected seen-reply srcnat dstnat "
            "hw-offload orig-bytes orig-packets orig-rate repl-bytes repl-packets repl-rate"
        ),
        booleans=columns("fasttrack assured confirmed dying expected seen-reply srcnat dstnat hw-offload"),
        addable=False,
        settable=False,
    )
