"""Many rows in one transaction: what they share is read once, and no row pays for the others' failures beforehand.

A batch is tried whole at first: nothing of it has a savepoint, and what fails breaks all of it. Whoever works on
batches then does its rows one by one, where each part may fail by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class _Batch:
    whole: bool
    answers: dict[Hashable, Any] = field(default_factory=dict)


_batch: ContextVar[_Batch | None] = ContextVar("batch", default=None)


@contextmanager
def one_batch(*, whole: bool) -> Iterator[None]:
    """Inside is one transaction of one tenant; `whole` where the caller does it again when any of it fails."""
    token = _batch.set(_Batch(whole))
    try:
        yield
    finally:
        _batch.reset(token)


def tried_whole() -> bool:
    """Say whether a failure must reach whoever tries the batch: what it left undone cannot be mended here."""
    batch = _batch.get()
    return batch is not None and batch.whole


def part() -> AbstractContextManager[Any]:
    """What may fail without the rest: a savepoint (or a transaction), except in a batch that is tried whole."""
    return nullcontext() if tried_whole() else transaction.atomic()


def in_part(write: Callable[P, R]) -> Callable[P, R]:
    """Mark a write of several rows that are kept all or none: a `part`."""

    @wraps(write)
    def kept(*args: P.args, **kwargs: P.kwargs) -> R:
        with part():
            return write(*args, **kwargs)

    return kept


def once_a_batch(read: Callable[P, R]) -> Callable[P, R]:
    """Mark a read whose answer all rows of a batch share, and which nobody who is given it changes."""

    @wraps(read)
    def kept(*args: P.args, **kwargs: P.kwargs) -> R:
        batch = _batch.get()
        if batch is None:
            return read(*args, **kwargs)
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in batch.answers:
            batch.answers[key] = read(*args, **kwargs)
        answer: R = batch.answers[key]
        return answer

    return kept
