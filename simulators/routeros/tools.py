"""Commands of single menus, and commands that are no menu: kicks, make-static, ping."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

from . import kinds
from .access.user_manager import NEW, OLD
from .commands import Command, Result, Tool, Verb, reference, targets
from .router import Router
from .specs import Row
from .tables import Table
from .traps import Trap

_PING_PAUSE_S = 0.01


def _kick_ppp(router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, reference(command)):
        if router.kick_delay_s:
            asyncio.get_running_loop().call_later(router.kick_delay_s, _end_late, router, table, row)
        else:
            router.ppp.end(row, "admin-reset")
    return Result()


def _end_late(router: Router, table: Table, row: Row) -> None:
    if table.find(row[".id"]) is row:
        router.ppp.end(row, "admin-reset")


def _kick_hotspot(router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, reference(command)):
        router.hotspot.end(row)
    return Result()


def _forget_host(router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, reference(command)):
        router.hotspot.forget_host(row)
    return Result()


def _make_static(router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, reference(command)):
        router.dhcp.make_static(row)
    return Result()


def _activate(router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, reference(command)):
        router.user_manager.activate(row)
    return Result()


def _create_and_activate(router: Router, table: Table, command: Command) -> Result:
    for name in ("customer", "profile"):
        if name not in command.arguments:
            raise Trap(f"missing value(s) of argument(s) {name}", category=1)
    for row in targets(table, reference(command)):
        router.user_manager.create_and_activate(row, command.arguments["profile"])
    return Result()


def _clear_profiles(router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, reference(command)):
        router.user_manager.clear_profiles(row)
    return Result()


def _close_session(router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, reference(command)):
        router.user_manager.close_session(row)
    return Result()


MENU_VERBS: dict[tuple[str, str], Verb] = {
    ("/ppp/active", "remove"): _kick_ppp,
    ("/ip/hotspot/active", "remove"): _kick_hotspot,
    ("/ip/hotspot/host", "remove"): _forget_host,
    ("/ip/dhcp-server/lease", "make-static"): _make_static,
    (f"{NEW}/user-profile", "activate-user-profile"): _activate,
    (f"{NEW}/session", "close-session"): _close_session,
    (f"{OLD}/user", "create-and-activate-profile"): _create_and_activate,
    (f"{OLD}/user", "clear-profiles"): _clear_profiles,
    (f"{OLD}/session", "close-session"): _close_session,
}


def _reaches(router: Router, host: str) -> bool:
    """Whether a ping is answered: sessions, bound leases, ARP, its own addresses, and anything public."""
    try:
        address = ip_address(host)
    except ValueError:
        raise Trap("invalid value for argument address", category=1) from None
    if address.is_loopback or address.is_global:
        return True
    own = (row["address"].partition("/")[0] for row in router.tables["/ip/address"] if row["disabled"] != "true")
    return (
        host in own
        or bool(router.active.where("address", host))
        or bool(router.dhcp.leases.where("active-address", host))
        or bool(router.hotspot.active.where("address", host))
        or any(row["address"] == host and row["disabled"] != "true" for row in router.tables["/ip/arp"])
    )


def _ping(router: Router, command: Command) -> Result:
    known = {"address", "count", "interval", "size", "src-address", "interface", "ttl", "do-not-fragment"}
    for name in command.arguments:
        if name not in known:
            raise Trap(f"unknown parameter {name}", category=1)
    host = command.arguments.get("address", "")
    if not host:
        raise Trap("missing value(s) of argument(s) address", category=1)
    count = int(kinds.integer(1, 4294967295)(command.arguments.get("count", "1000")))
    answers = _reaches(router, host)
    rows: list[Row] = []
    for number in range(min(count, 1000)):
        heard = number + 1 if answers else 0
        loss = {"sent": str(number + 1), "received": str(heard), "packet-loss": "0" if answers else "100"}
        if answers:
            times = {"time": "1ms240us", "min-rtt": "1ms240us", "avg-rtt": "1ms240us", "max-rtt": "1ms240us"}
            rows.append({"seq": str(number), "host": host, "size": "56", "ttl": "64", **times, **loss})
        else:
            rows.append({"seq": str(number), "host": host, "status": "timeout", **loss})
    return Result(rows=rows, pause_s=_PING_PAUSE_S, endless="count" not in command.arguments)


def _monitor_traffic(router: Router, command: Command) -> Result:
    names = command.arguments.get("interface", "")
    rows = []
    for name in names.split(","):
        if router.interfaces.named(name) is None:
            raise Trap("input does not match any value of interface", category=1)
        bits = {"rx-bits-per-second": "320000", "tx-bits-per-second": "3200000"}
        rows.append({"name": name, **bits, "rx-packets-per-second": "100", "tx-packets-per-second": "400"})
    return Result(rows=rows, endless="once" not in command.arguments, pause_s=1.0)


def _reboot(_router: Router, _command: Command) -> Result:
    return Result()


# With the policy each asks for.
TOOLS: dict[str, tuple[str, Tool]] = {
    "/ping": ("test", _ping),
    "/tool/ping": ("test", _ping),
    "/interface/monitor-traffic": ("read", _monitor_traffic),
    "/system/reboot": ("reboot", _reboot),
}
