"""What a router has before anybody configured it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .versions import Version

if TYPE_CHECKING:
    from .router import Router

_SERVICES = {
    "telnet": 23,
    "ftp": 21,
    "www": 80,
    "ssh": 22,
    "www-ssl": 443,
    "api": 8728,
    "winbox": 8291,
    "api-ssl": 8729,
}
_QUEUE_TYPES = {
    "default": {"kind": "pfifo", "pfifo-limit": "50"},
    "ethernet-default": {"kind": "pfifo", "pfifo-limit": "50"},
    "wireless-default": {"kind": "sfq", "sfq-perturb": "5", "sfq-allot": "1514"},
    "synchronous-default": {"kind": "red", "red-limit": "60"},
    "hotspot-default": {"kind": "sfq", "sfq-perturb": "5", "sfq-allot": "1514"},
    "pcq-upload-default": {"kind": "pcq", "pcq-rate": "0", "pcq-limit": "50", "pcq-classifier": "src-address"},
    "pcq-download-default": {"kind": "pcq", "pcq-rate": "0", "pcq-limit": "50", "pcq-classifier": "dst-address"},
    "only-hardware-queue": {"kind": "none"},
    "default-small": {"kind": "pfifo", "pfifo-limit": "10"},
}
_GROUPS = {
    "read": "local,telnet,ssh,reboot,read,test,winbox,password,web,sniff,api,romon",
    "write": "local,telnet,ssh,reboot,read,write,test,winbox,password,web,sniff,api,romon",
    "full": "local,telnet,ssh,ftp,reboot,read,write,policy,test,winbox,password,web,sniff,sensitive,api,romon",
}


def furnish(router: Router) -> None:
    """Put a new router's rows into its menus."""
    put = router.put
    for number in range(1, 6):
        mac = f"48:8F:5A:00:00:{number:02X}"
        put("/interface/ethernet", name=f"ether{number}", **{"default-name": f"ether{number}", "mac-address": mac})
    for name, values in _QUEUE_TYPES.items():
        put("/queue/type", name=name, default="yes", **values)
    for name in ("default", "default-encryption"):
        put("/ppp/profile", name=name, default="yes")
    put("/ip/hotspot/profile", name="default", default="yes")
    put("/ip/hotspot/user/profile", name="default", default="yes")
    put("/ip/hotspot/user", name="default-trial", default="yes", comment="counters and limits for trial users")
    for name, policy in _GROUPS.items():
        put("/user/group", name=name, policy=policy, default="yes")
    for name, port in _SERVICES.items():
        more = {"certificate": "none"} if name.endswith("-ssl") else {}
        put("/ip/service", name=name, port=str(port), disabled="yes" if name == "www-ssl" else "no", **more)
    _system(router, router.number)
    _user_manager(router, router.number)


def _system(router: Router, version: Version) -> None:
    put = router.put
    put("/system/identity", name=router.identity)
    put(
        "/system/resource",
        _since=repr(time.monotonic()),
        version=router.version,
        **{
            "build-time": "2025-10-21 11:03:00",
            "factory-software": "7.8",
            "free-memory": "805306368",
            "total-memory": "1073741824",
            "cpu": "ARM64",
            "cpu-count": "4",
            "cpu-frequency": "1400",
            "cpu-load": "7",
            "free-hdd-space": "1006632960",
            "total-hdd-space": "1073741824",
            "architecture-name": "arm64",
            "board-name": router.board,
            "platform": "MikroTik",
        },
    )
    put(
        "/system/routerboard",
        routerboard="true",
        model=router.board,
        **{"serial-number": "HE108VNKP3T", "current-firmware": router.short_version, "firmware-type": "70x0"},
    )
    put("/system/license", nlevel="6", **{"software-id": "L3K9-1TQX", "features": ""})
    put("/system/clock")
    put("/system/ntp/client")
    for path in ("/radius/incoming", "/ppp/aaa", "/ip/dns"):
        put(path)
    if version < (7, 0):
        put("/system/health", voltage="24.1", temperature="41")
    else:
        put("/system/health", name="voltage", value="24.1", type="V")
        put("/system/health", name="temperature", value="41", type="C")
    put("/system/package", name="routeros", version=router.short_version)


def _user_manager(router: Router, version: Version) -> None:
    if version < (7, 0):
        router.put("/tool/user-manager/customer", login="admin")
        return
    router.put("/user-manager")
    for name in ("default", "default-anonymous"):
        router.put("/user-manager/user/group", name=name, default="yes", **{"default-name": name})
