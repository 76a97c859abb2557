"""What values of a property are taken, and how they read back.

A kind turns what was sent into what is stored and printed, or raises ValueError, which becomes a trap. RouterOS
normalises: `max-limit=10M/10M` reads back as plain numbers in version 7, a queue's target gets its `/32`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_interface, ip_network

Kind = Callable[[str], str]

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_SCALE = {"": 1, "k": 1000, "M": 1_000_000, "G": 1_000_000_000}
_RATE = re.compile(r"(\d+)([kKMG]?)$")
_CLOCK = re.compile(r"(?:(\d+)d)?(\d+):(\d+)(?::(\d+))?$")
_MAC = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}$")
_RATE_LIMIT = re.compile(r"[\dkKMGwdhms./: ]*$")
_DOMAIN = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$")


def format_duration(seconds: float) -> str:
    """Seconds as RouterOS prints a duration: 1w2d3h4m5s."""
    left = int(seconds)
    text = ""
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        count, left = divmod(left, size)
        if count:
            text += f"{count}{unit}"
    return f"{text}{left}s" if left or not text else text


def seconds_of(text: str) -> int:
    """A duration as sent (`1d2h`, `01:30:00`, `30`) in seconds. Raises ValueError."""
    clock = _CLOCK.match(text)
    if clock:
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return days * 86400 + hours * 3600 + minutes * 60 + seconds
    if text.isdigit():
        return int(text)
    if not text or not re.fullmatch(r"(\d+[wdhms])+", text):
        raise ValueError(text)
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wdhms])", text))


def duration(text: str) -> str:
    """A length of time; empty and `none` stay as they are."""
    return text if text in {"", "none"} else format_duration(seconds_of(text))


def bits_of(text: str) -> int:
    """A rate such as `10M` or `512k` in bit/s. Raises ValueError."""
    found = _RATE.match(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * _SCALE[found[2].replace("K", "k")]


def _short(bits: int) -> str:
    for unit in ("G", "M", "k"):
        if bits and bits % _SCALE[unit] == 0:
            return f"{bits // _SCALE[unit]}{unit}"
    return str(bits)


def rate(*, short: bool) -> Kind:
    """One rate; `short` prints it with its unit, as version 6 does."""
    return lambda text: _short(bits_of(text)) if short else str(bits_of(text))


def pair(kind: Kind) -> Kind:
    """`up/down` of something; a single value means both."""

    def both(text: str) -> str:
        up, slash, down = text.partition("/")
        return f"{kind(up)}/{kind(down if slash else up)}"

    return both


def integer(low: int, high: int) -> Kind:
    """A whole number between the two."""

    def bounded(text: str) -> str:
        if not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(text)
        return str(int(text))

    return bounded


def mac(text: str) -> str:
    """A MAC in capitals with colons; empty means any."""
    shown = text.upper().replace("-", ":")
    if shown and not _MAC.match(shown):
        raise ValueError(text)
    return shown


def address(text: str) -> str:
    """An IPv4 or IPv6 address."""
    return str(ip_address(text))


def maybe_address(text: str) -> str:
    """An address, or empty."""
    return str(ip_address(text)) if text else ""


def pool_or_address(text: str) -> str:
    """A lease's address may be a pool's name."""
    return str(ip_address(text)) if re.match(r"[\d.]+$", text) else text


def interface_address(text: str) -> str:
    """An address with its prefix; alone it is a /32."""
    return str(ip_interface(text))


def network(text: str) -> str:
    """A network with its prefix, as `dst-address` takes it; alone it stays an address."""
    return text if "-" in text or text.startswith("!") else _without_32(text)


def list_address(text: str) -> str:
    """What an address list holds: address, network, range or domain name."""
    if "-" in text and text[0].isdigit():
        first, _, last = text.partition("-")
        return f"{ip_address(first)}-{ip_address(last)}"
    if _DOMAIN.match(text) and not re.match(r"[\d.]+$", text):
        return text
    return _without_32(text)


def _without_32(text: str) -> str:
    found = ip_network(text, strict=False)
    return str(found.network_address) if found.prefixlen == found.max_prefixlen else str(found)


def target(text: str) -> str:
    """A simple queue's target: addresses get their /32, the rest are names of interfaces."""

    def one(part: str) -> str:
        return str(ip_network(part, strict=False)) if re.match(r"[\d.]+(/\d+)?$|[\da-f:]+(/\d+)?$", part) else part

    return ",".join(one(part.strip()) for part in text.split(",")) if text else ""


def rate_limit(text: str) -> str:
    """`rx[/tx] [burst [threshold [time [priority [minimum]]]]]`, kept as typed."""
    if not _RATE_LIMIT.match(text):
        raise ValueError(text)
    return text.strip()


def comma_list(text: str) -> str:
    """A comma list, without spaces or empty parts."""
    return ",".join(part.strip() for part in text.split(",") if part.strip())
