"""One menu of the router that holds rows: secrets, profiles, sessions, address lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .queries import matches
from .traps import Trap

Row = dict[str, str]
BOOLEAN = {"yes": "true", "true": "true", "no": "false", "false": "false"}


@dataclass(frozen=True)
class Spec:
    """What a menu accepts: its properties, defaults, what must be unique, what must exist elsewhere."""

    path: str
    columns: frozenset[str]
    key: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    booleans: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    sensitive: frozenset[str] = frozenset()
    references: Mapping[str, str] = field(default_factory=dict)
    clash: str = "failure: already have such entry"
    addable: bool = True


class Table:
    """Rows in order, found by id, name or unique key. Ids count up in hex and are never used again."""

    def __init__(self, spec: Spec, *, exists: Callable[[str, str], bool]) -> None:
        self.spec = spec
        self._exists = exists
        self._rows: dict[str, Row] = {}
        self._by_key: dict[tuple[str, ...], str] = {}
        self._next_id = 1
        self.watchers: list[Callable[[str, Row], None]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def named(self, name: str) -> Row | None:
        """The row whose (single) unique column has this value."""
        row_id = self._by_key.get((name,))
        return self._rows[row_id] if row_id else None

    def find(self, reference: str) -> Row | None:
        """The row with this `*ID`, or with this name as the console would take it."""
        return self._rows.get(reference) or self.named(reference)

    def select(self, queries: Sequence[str]) -> list[Row]:
        """Rows that pass the query words, in order."""
        if len(queries) == 1 and len(self.spec.key) == 1:
            name, equals, value = queries[0][1:].removeprefix("=").partition("=")
            if equals and name == self.spec.key[0]:
                # The common targeted read; a real router also answers it without walking the menu.
                row = self.named(value)
                return [row] if row else []
        return [row for row in self._rows.values() if matches(row, queries, self.spec.booleans)]

    def add(self, values: Mapping[str, str], *, dynamic: bool = False) -> Row:
        """Add a row. Raises Trap on an unknown property, a clash, a missing value or a bad reference."""
        clean = self._clean(values) if not dynamic else dict(values)
        for name in self.spec.required:
            if not clean.get(name):
                raise Trap(f"missing value(s) of argument(s) {name}", category=1)
        row: Row = {".id": f"*{self._next_id:X}", **self.spec.defaults, **clean}
        if dynamic:
            row["dynamic"] = "true"
        self._index(row)
        self._next_id += 1
        self._rows[row[".id"]] = row
        self._tell("add", row)
        return row

    def change(self, row: Row, values: Mapping[str, str]) -> None:
        """Set properties on a row; an empty comment or address clears it."""
        if row.get("dynamic") == "true":
            raise Trap("failure: cannot change dynamic entry")
        changed = {**row, **self._clean(values)}
        self._unindex(row)
        try:
            self._index(changed)
        except Trap:
            self._index(row)
            raise
        row.update(changed)
        self._tell("set", row)

    def unset(self, row: Row, name: str) -> None:
        """Take a property off a row, back to its default."""
        self._check_name(name)
        if name in self.spec.defaults:
            row[name] = self.spec.defaults[name]
        else:
            row.pop(name, None)
        self._tell("set", row)

    def remove(self, row: Row) -> None:
        """Remove a row; its id is not given again."""
        self._unindex(row)
        del self._rows[row[".id"]]
        self._tell("remove", row)

    def remove_where(self, chosen: Callable[[Row], bool]) -> None:
        """Remove every row for which `chosen` says so."""
        for row in [row for row in self._rows.values() if chosen(row)]:
            self.remove(row)

    def _clean(self, values: Mapping[str, str]) -> Row:
        clean: Row = {}
        for name, value in values.items():
            self._check_name(name)
            if name in self.spec.booleans:
                if value not in BOOLEAN:
                    raise Trap(f"input does not match any value of {name}", category=1)
                clean[name] = BOOLEAN[value]
                continue
            target = self.spec.references.get(name)
            if target and not self._exists(target, value):
                raise Trap(f"input does not match any value of {name}", category=1)
            clean[name] = value
        return clean

    def _check_name(self, name: str) -> None:
        if name not in self.spec.columns:
            raise Trap(f"unknown parameter {name}", category=1)

    def _key_of(self, row: Row) -> tuple[str, ...] | None:
        return tuple(row.get(name, "") for name in self.spec.key) if self.spec.key else None

    def _index(self, row: Row) -> None:
        key = self._key_of(row)
        if key is None:
            return
        if key in self._by_key:
            raise Trap(self.spec.clash)
        self._by_key[key] = row[".id"]

    def _unindex(self, row: Row) -> None:
        key = self._key_of(row)
        if key is not None and self._by_key.get(key) == row[".id"]:
            del self._by_key[key]

    def _tell(self, what: str, row: Row) -> None:
        for watcher in list(self.watchers):
            watcher(what, row)


def pick(row: Row, names: Iterable[str]) -> Row:
    """Only the asked properties that the row has (an absent property is an absent word)."""
    return {name: row[name] for name in names if name in row}
