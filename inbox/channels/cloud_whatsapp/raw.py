"""Reading what a far side sent without trusting its shape: whatever is not there, or is something else, is empty."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

DEPTH = 40  # a notification of Meta has about ten


def load(data: bytes) -> Any:
    """Read JSON as the database can keep it: without NUL, half characters or infinite numbers, nor endless nesting.

    Raises ValueError.
    """
    return _clean(json.loads(data, parse_constant=_refuse, parse_float=_finite), DEPTH)


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if not isinstance(value, dict | list):
        return value
    if not depth:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_clean(held, depth - 1) for held in value]
    return {_clean(name, depth): _clean(held, depth - 1) for name, held in value.items()}


def rows(source: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list."""
    found = source.get(name)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def mapping(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object."""
    found = source.get(name)
    return found if isinstance(found, Mapping) else {}


def text(source: Mapping[str, Any], name: str) -> str:
    """Return a string, or a number as one."""
    found = source.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(found)
