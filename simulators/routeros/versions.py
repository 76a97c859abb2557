"""RouterOS versions as numbers, for what came and went with them."""

from __future__ import annotations

import re

DEFAULT_VERSION = "7.20.2 (stable)"
Version = tuple[int, int]


def parse_version(text: str) -> Version:
    """`7.20.2 (stable)` and `7.1beta4` as (7, 20) and (7, 1). Raises ValueError on anything else."""
    found = re.match(r"(\d+)\.(\d+)", text)
    if found is None:
        raise ValueError(f"not a RouterOS version: {text!r}")
    return int(found[1]), int(found[2])
