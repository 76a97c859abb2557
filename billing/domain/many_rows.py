"""Working through very many rows at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_later() -> Iterator[None]:
    """Look for reference cycles afterwards, not while a hundred thousand small objects without any are made.

    The collector would walk through all of them again and again, which took two thirds of the time to decide a night.
    Whoever nests it, in whatever order threads leave it: the collector is on again when the first of them is through.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
