"""Speeds as RouterOS writes them: `5M/20M`, `5000000/20000000`, rate-limit strings. Upload stands first."""

from __future__ import annotations

import re
from typing import NamedTuple

from network.drivers.base import Speed
from network.drivers.mikrotik.times import seconds_of

_RATE = re.compile(r"(\d+(?:\.\d+)?)([kKMG]?)$")
_SCALE = {"": 0.001, "k": 1, "K": 1, "M": 1000, "G": 1_000_000}


class Pair(NamedTuple):
    """Two figures of one kind, from the customer's view."""

    up: int
    down: int


def kbps_of(text: str) -> int:
    """`10M`, `512k` or bare bit/s in kbit/s; 0 for what is no rate, which is no limit."""
    found = _RATE.match(text.strip())
    return int(float(found[1]) * _SCALE[found[2]]) if found else 0


def pair_of(text: str) -> Pair:
    """`up/down` in kbit/s; one figure alone stands for both."""
    up, slash, down = text.partition("/")
    return Pair(kbps_of(up), kbps_of(down if slash else up))


def _seconds_pair(text: str) -> int:
    """The longer of two burst times; they are the same wherever a person set them."""
    return max(seconds_of(part) for part in text.split("/"))


def rate_text(kbps: int) -> str:
    """kbit/s with the largest unit that keeps it whole."""
    return f"{kbps // 1000}M" if kbps and kbps % 1000 == 0 else f"{kbps}k" if kbps else "0"


def pair_text(up: int, down: int) -> str:
    """`up/down`."""
    return f"{rate_text(up)}/{rate_text(down)}"


def plain(speed: Speed) -> Speed:
    """The same speed without the leftovers of a burst that it does not have, so that two compare."""
    if speed.burst_down or speed.burst_up:
        return speed
    return Speed(speed.down, speed.up)


def parse_rate_limit(text: str) -> Speed | None:
    """Return what a `rate-limit` says: `rx[/tx] [burst [threshold [time [priority [minimum]]]]]`; None for none.

    Source: MikroTik, "PPP AAA": rx is what the router receives, the customer's upload.
    """
    parts = text.split()
    if not parts:
        return None
    limit, burst, threshold = (pair_of(part) for part in (parts + ["0/0"] * 3)[:3])
    time = _seconds_pair(parts[3]) if len(parts) > 3 else 1
    speed = Speed(limit.down, limit.up, burst.down, burst.up, threshold.down, threshold.up, time)
    return plain(speed)


def rate_limit_text(speed: Speed) -> str:
    """Return a speed as a `rate-limit`."""
    text = pair_text(speed.up, speed.down)
    if speed.burst_up or speed.burst_down:
        text += f" {pair_text(speed.burst_up, speed.burst_down)} {pair_text(speed.threshold_up, speed.threshold_down)}"
        text += f" {speed.burst_s}/{speed.burst_s}"
    return text


def parse_queue(row: dict[str, str]) -> Speed:
    """Return what a simple queue lets through."""
    limit, burst, threshold = (
        pair_of(row.get(name, "0/0")) for name in ("max-limit", "burst-limit", "burst-threshold")
    )
    time = _seconds_pair(row.get("burst-time", "0s/0s"))
    return plain(Speed(limit.down, limit.up, burst.down, burst.up, threshold.down, threshold.up, time))


def queue_values(speed: Speed) -> dict[str, str]:
    """Return a speed as the properties of a simple queue, all of them, so that no old burst stays."""
    speed = plain(speed)
    return {
        "max-limit": pair_text(speed.up, speed.down),
        "burst-limit": pair_text(speed.burst_up, speed.burst_down),
        "burst-threshold": pair_text(speed.threshold_up, speed.threshold_down),
        "burst-time": f"{speed.burst_s}s/{speed.burst_s}s",
    }


def is_cut_rate(speed: Speed | None, cut_kbps: int) -> bool:
    """Whether a speed is as good as none: that of who is cut, or less."""
    return speed is not None and 0 < speed.down <= cut_kbps and 0 < speed.up <= cut_kbps
