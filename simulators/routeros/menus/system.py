"""The router itself: /system, its users and services, certificates, watches, log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from simulators.routeros import kinds
from simulators.routeros.specs import Live, Ref, Row, Spec, columns
from simulators.routeros.versions import Version

_POLICIES = columns(
    "local telnet ssh ftp reboot read write policy test winbox password web sniff sensitive api romon dude tikapp "
    "rest-api rm"
)
_INCOMING = {"accept": "false", "port": "3799"}
_AAA = {"use-radius": "false"}


def specs(version: Version) -> list[Spec]:
    """The menus of the router itself."""
    return [
        _identity(),
        _resource(),
        _one("/system/routerboard", "routerboard model serial-number firmware-type current-firmware upgrade-firmware"),
        _license(version),
        _clock(version),
        _ntp(version),
        _health(version),
        _packages(),
        _certificates(),
        _services(version),
        _groups(),
        _users(),
        _logged_in(),
        _netwatch(version),
        _radius(),
        _one(
            "/ppp/aaa",
            "",
            columns("use-radius accounting interim-update"),
            {"use-radius": "false"},
            booleans="use-radius",
        ),
        _dns(),
        _one("/radius/incoming", "", columns("accept port"), _INCOMING, booleans="accept"),
        _log(),
    ]


def _one(
    path: str,
    shown: str,
    settable: frozenset[str] = frozenset(),
    defaults: dict[str, str] | None = None,
    *,
    booleans: str = "",
    live: Mapping[str, Live] | None = None,
) -> Spec:
    return Spec(
        path=path,
        name="_none",
        columns=settable,
        read_only=columns(shown),
        defaults=defaults or {},
        booleans=columns(booleans),
        live=live or {},
        singleton=True,
        settable=bool(settable),
    )


def _identity() -> Spec:
    return Spec(path="/system/identity", columns=columns("name"), defaults={"name": "MikroTik"}, singleton=True)


def _resource() -> Spec:
    return Spec(
        path="/system/resource",
        name="_none",
        columns=frozenset(),
        read_only=columns(
            "uptime version build-time factory-software free-memory total-memory cpu cpu-count cpu-frequency cpu-load "
            "free-hdd-space total-hdd-space architecture-name board-name platform"
        ),
        live={"uptime": lambda row, now: kinds.format_duration(now - float(row["_since"]))},
        singleton=True,
        settable=False,
    )


def _license(version: Version) -> Spec:
    del version
    return _one("/system/license", "software-id nlevel features level system-id expires-in")


def _clock(version: Version) -> Spec:
    style = "%Y-%m-%d" if version >= (7, 10) else "%b/%d/%Y"
    return Spec(
        path="/system/clock",
        name="_none",
        columns=columns("time date time-zone-autodetect time-zone-name"),
        read_only=columns("gmt-offset dst-active"),
        defaults={
            "time-zone-autodetect": "true",
            "time-zone-name": "UTC",
            "gmt-offset": "+00:00",
            "dst-active": "false",
        },
        booleans=columns("time-zone-autodetect dst-active"),
        live={
            "time": lambda row, _now: row.get("time") or datetime.now(UTC).strftime("%H:%M:%S"),
            "date": lambda row, _now: row.get("date") or datetime.now(UTC).strftime(style).lower(),
        },
        singleton=True,
    )


def _ntp(version: Version) -> Spec:
    if version < (7, 0):
        return _one(
            "/system/ntp/client",
            "active-server last-update-from last-update-before last-adjustment",
            columns("enabled primary-ntp secondary-ntp server-dns-names"),
            {"enabled": "false", "primary-ntp": "0.0.0.0", "secondary-ntp": "0.0.0.0"},  # noqa: S104 - a value
            booleans="enabled",
        )
    return _one(
        "/system/ntp/client",
        "freq-drift status synced-server synced-stratum system-offset",
        columns("enabled mode servers vrf"),
        {"enabled": "false", "mode": "unicast", "servers": "", "vrf": "main"},
        booleans="enabled",
        live={"status": lambda row, _now: row.get("status") or _ntp_status(row)},
    )


def _ntp_status(row: Row) -> str:
    if row["enabled"] != "true":
        return "stopped"
    return "synchronized" if row["servers"] else "waiting"


def _health(version: Version) -> Spec:
    if version < (7, 0):
        return _one("/system/health", "voltage temperature fan-mode", columns("use-fan"))
    return Spec(
        path="/system/health",
        columns=frozenset(),
        read_only=columns("name value type"),
        addable=False,
        settable=False,
        removable=False,
    )


def _packages() -> Spec:
    return Spec(
        path="/system/package",
        columns=columns("disabled"),
        read_only=columns("name version build-time scheduled"),
        defaults={"disabled": "false"},
        booleans=columns("disabled"),
        addable=False,
        removable=False,
    )


def _certificates() -> Spec:
    return Spec(
        path="/certificate",
        key=("name",),
        columns=columns(
            "name common-name country state locality organization unit subject-alt-name key-size key-usage days-valid "
            "trusted"
        ),
        read_only=columns(
            "digest-algorithm key-type serial-number fingerprint issuer invalid-before invalid-after expires-after "
            "private-key ca crl expired authority akid skid"
        ),
        defaults={"key-size": "2048", "days-valid": "365", "trusted": "false"},
        booleans=columns("trusted private-key ca expired authority"),
        required=("name",),
        policy_to_write="policy",
    )


def _services(version: Version) -> Spec:
    more = ("" if version < (7, 0) else " vrf") + ("" if version < (7, 16) else " max-sessions")
    return Spec(
        path="/ip/service",
        columns=columns(f"port address certificate tls-version disabled{more}"),
        read_only=columns("name invalid dynamic proto connection local remote"),
        defaults={"address": "", "invalid": "false", "disabled": "false"}
        | ({"max-sessions": "20"} if version >= (7, 16) else {}),
        booleans=columns("invalid disabled dynamic connection"),
        kinds={"port": kinds.integer(1, 65535), "max-sessions": kinds.integer(1, 1000), "address": kinds.comma_list},
        references={"certificate": Ref("/certificate", also=frozenset({"", "none"}))},
        addable=False,
        removable=False,
    )


def _policy(text: str) -> str:
    """Policies given, and the rest refused with `!`: as a group reads back."""
    given = {part for part in text.split(",") if part and not part.startswith("!")}
    if not given <= _POLICIES:
        raise ValueError(text)
    order = sorted(_POLICIES - {"rm"})
    return ",".join([name for name in order if name in given] + [f"!{name}" for name in order if name not in given])


def _groups() -> Spec:
    return Spec(
        path="/user/group",
        key=("name",),
        columns=columns("name policy skin comment"),
        read_only=columns("default"),
        defaults={"policy": _policy(""), "skin": "default", "default": "false"},
        booleans=columns("default"),
        kinds={"policy": _policy},
        required=("name",),
        policy_to_write="policy",
    )


def _users() -> Spec:
    return Spec(
        path="/user",
        key=("name",),
        columns=columns("name group address comment disabled inactivity-timeout inactivity-policy"),
        read_only=columns("last-logged-in expired"),
        hidden=columns("password"),
        defaults={"address": "", "expired": "false", "disabled": "false"},
        booleans=columns("expired disabled"),
        kinds={"address": kinds.comma_list},
        required=("name", "group"),
        references={"group": Ref("/user/group")},
        clash="failure: user with the same name already exists",
        policy_to_write="policy",
    )


def _logged_in() -> Spec:
    return Spec(
        path="/user/active",
        columns=frozenset(),
        read_only=columns("name address via group when radius"),
        booleans=columns("radius"),
        addable=False,
        settable=False,
        removable=False,
    )


def _netwatch(version: Version) -> Spec:
    more = " type name thr-rtt-avg thr-loss-percent packet-count" if version >= (7, 4) else ""
    return Spec(
        path="/tool/netwatch",
        name="host",
        columns=columns(f"host interval timeout up-script down-script comment disabled{more}"),
        read_only=columns("status since done-tests failed-tests loss-percent rtt-avg"),
        defaults={"interval": "10s" if version >= (7, 4) else "1m", "status": "unknown", "disabled": "false"},
        booleans=columns("disabled"),
        kinds={"interval": kinds.duration},
        required=("host",),
    )


def _dns() -> Spec:
    settable = columns("servers allow-remote-requests use-doh-server cache-size cache-max-ttl")
    defaults = {"servers": "", "allow-remote-requests": "false", "cache-size": "2048"}
    return _one("/ip/dns", "dynamic-servers cache-used", settable, defaults, booleans="allow-remote-requests")


def _radius() -> Spec:
    return Spec(
        path="/radius",
        name="_none",
        columns=columns(
            "service address secret authentication-port accounting-port timeout src-address protocol realm domain "
            "called-id certificate comment disabled"
        ),
        defaults={
            "authentication-port": "1812",
            "accounting-port": "1813",
            "timeout": "300ms",
            "disabled": "false",
        },
        booleans=columns("disabled"),
        required=("address",),
        sensitive=frozenset({"secret"}),
        ordered=True,
    )


def _log() -> Spec:
    return Spec(
        path="/log",
        name="_none",
        columns=frozenset(),
        read_only=columns("time topics message"),
        addable=False,
        settable=False,
        removable=False,
    )


def rights_of(group: Row | None) -> frozenset[str]:
    """The policies a group gives."""
    if group is None:
        return frozenset()
    return frozenset(part for part in group["policy"].split(",") if part and not part.startswith("!"))
