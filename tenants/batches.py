"""What stays as it is while a batch is worked on is read once for all its rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept_for_a_batch", default=None)


@contextmanager
def one_batch() -> Iterator[None]:
    """Inside, what `once_a_batch` marks is read at most once. One transaction of one tenant: rules of that moment."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once_a_batch(read: Callable[P, R]) -> Callable[P, R]:
    """Mark a read whose answer all rows of a batch share, and which nobody who is given it changes."""

    @wraps(read)
    def kept(*args: P.args, **kwargs: P.kwargs) -> R:
        answers = _kept.get()
        if answers is None:
            return read(*args, **kwargs)
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in answers:
            answers[key] = read(*args, **kwargs)
        answer: R = answers[key]
        return answer

    return kept
