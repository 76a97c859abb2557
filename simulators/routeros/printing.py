"""Rows as a print shows them, and as bytes: the part that runs a million times."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from .codec import encode_length
from .specs import Row
from .tables import Table

_PREFIXES: dict[str, bytes] = {}
_SHORT = [encode_length(length) for length in range(0x80)]
_END = b"\x00"


def _word(raw: bytes) -> bytes:
    return encode_length(len(raw)) + raw


_REPLIES = {reply: _word(reply.encode()) for reply in ("!re", "!done", "!trap", "!empty", "!fatal")}


def hidden_names(table: Table, rights: frozenset[str]) -> frozenset[str]:
    """What a user with these policies does not see."""
    return table.spec.hidden if "sensitive" in rights else table.spec.hidden | table.spec.sensitive


def shown(table: Table, row: Row, rights: frozenset[str], names: Sequence[str] | None = None) -> Row:
    """A row as a print shows it: computed properties fresh, nothing internal, no secrets without `sensitive`."""
    return shown_rows(table, [row], rights, names)[0]


def shown_rows(
    table: Table, rows: Sequence[Row], rights: frozenset[str], names: Sequence[str] | None = None
) -> list[Row]:
    """Rows as a print shows them; with `names` only those (an absent property is an absent word)."""
    hidden = hidden_names(table, rights)
    live = table.spec.live
    if table.spec.singleton:
        hidden |= {".id"}
    if names is not None:
        wanted = [name for name in names if name not in hidden and name[:1] != "_"]
        computed = [name for name in wanted if name in live]
        if not computed:
            return [{name: row[name] for name in wanted if name in row} for row in rows]
        plain = [name for name in wanted if name not in live]
    now = time.monotonic()
    found = []
    for row in rows:
        if names is not None:
            view = {name: row[name] for name in plain if name in row}
            functions = [(name, live[name]) for name in computed]
        else:
            view = {name: value for name, value in row.items() if name[0] != "_" and name not in hidden}
            functions = list(live.items())
        for name, function in functions:
            value = function(row, now)
            if value is not None:
                view[name] = value
        found.append(view)
    return found


def encode_row(reply: str, tag: str | None, row: Mapping[str, str], *, latin1: bool = False) -> bytes:
    """A reply sentence as bytes; with `latin1` text leaves as an old WinBox would have stored it."""
    return encode_head(reply, tag) + encode_properties(row, latin1=latin1)


def encode_head(reply: str, tag: str | None) -> bytes:
    """The reply word and its tag."""
    head = _REPLIES[reply]
    return head if tag is None else head + _word(b".tag=" + tag.encode("utf-8", "surrogateescape"))


def encode_properties(row: Mapping[str, str], *, latin1: bool = False) -> bytes:
    """`=name=value` words and the end of the sentence."""
    parts = []
    for name, value in row.items():
        prefix = _PREFIXES.get(name)
        if prefix is None:
            prefix = _PREFIXES[name] = f"={name}=".encode()
        if latin1 and not value.isascii():
            raw = prefix + value.encode("latin-1", "replace")
        else:
            raw = prefix + value.encode("utf-8", "surrogateescape")
        size = len(raw)
        parts.append(_SHORT[size] if size < 0x80 else encode_length(size))
        parts.append(raw)
    parts.append(_END)
    return b"".join(parts)


def encode_slices(
    tag: str | None, rows: Sequence[Mapping[str, str]], *, size: int, latin1: bool = False
) -> Iterator[bytes]:
    """`!re` sentences in pieces of so many rows."""
    head = encode_head("!re", tag)
    for start in range(0, len(rows), size):
        yield b"".join([head + encode_properties(row, latin1=latin1) for row in rows[start : start + size]])
