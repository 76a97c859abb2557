"""Durations as RouterOS writes them."""

from __future__ import annotations

import re

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_SIZES = (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def seconds_of(text: str) -> int:
    """`1w2d3h4m5s`, the older `2d03:04:05` and bare seconds in seconds; 0 for anything else."""
    if text.isdigit():
        return int(text)
    days, _, clock = text.rpartition("d") if ":" in text else ("", "", "")
    clock = clock or (text if ":" in text else "")
    if clock:
        weeks, _, clock = clock.rpartition("w")
        parts = [int(part) for part in clock.split(":") if part.isdigit()]
        whole = seconds_of(f"{days}d") if days else 0
        whole += seconds_of(f"{weeks}w") if weeks else 0
        return whole + sum(part * size for part, size in zip(reversed(parts), (1, 60, 3600), strict=False))
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wdhms])(?!s)", text))


def duration_text(seconds: int) -> str:
    """Seconds as a duration: `1w`, `1d12h`."""
    text = ""
    for unit, size in _SIZES:
        count, seconds = divmod(seconds, size)
        if count:
            text += f"{count}{unit}"
    return text or "0s"
