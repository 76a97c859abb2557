"""One menu of the router that holds rows: secrets, profiles, sessions, address lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from .queries import compile_query
from .specs import Row, Spec
from .traps import Trap

BOOLEAN = {"yes": "true", "true": "true", "no": "false", "false": "false"}
_OWNER = "_owner"


def _offered(spec: Spec) -> frozenset[str]:
    """The verbs that change something which this menu has."""
    offered = {
        "add": spec.addable and not spec.singleton,
        "set": spec.settable,
        "unset": spec.settable and not spec.singleton,
        "enable": spec.settable and "disabled" in spec.columns,
        "disable": spec.settable and "disabled" in spec.columns,
        "comment": spec.settable and "comment" in spec.columns,
        "remove": spec.removable and not spec.singleton,
        "move": spec.ordered,
    }
    return frozenset(verb for verb, is_offered in offered.items() if is_offered)


class Table:
    """Rows in order, found by id, name or unique key. Ids count up in hex and are never used again."""

    def __init__(self, spec: Spec, *, exists: Callable[[str, str], bool]) -> None:
        self.spec = spec
        self.offered = _offered(spec)
        self._exists = exists
        self._rows: dict[str, Row] = {}
        self._by_key: dict[tuple[str, ...], str] = {}
        quick = {*spec.quick, *spec.key, *spec.references, _OWNER}
        if spec.name in spec.known:
            quick.add(spec.name)
        self._quick: dict[str, dict[str, dict[str, Row]]] = {name: {} for name in quick}
        self._next_id = 1
        self.watchers: list[Callable[[str, Row], None]] = []
        # Told (old name, new name or None when removed) so that rows that refer to this one can follow.
        self.on_rename: Callable[[str, str, str | None], None] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    # Looking

    def named(self, name: str) -> Row | None:
        """The first row of this name."""
        return next(iter(self._quick.get(self.spec.name, {}).get(name, {}).values()), None)

    def where(self, column: str, value: str) -> list[Row]:
        """Rows by one column, quickly for those of `spec.quick`."""
        index = self._quick.get(column)
        if index is not None:
            return list(index.get(value, {}).values())
        return [row for row in self._rows.values() if row.get(column) == value]

    def owned(self, owner: str) -> list[Row]:
        """The dynamic rows that came with something (a session, a lease)."""
        return list(self._quick[_OWNER].get(owner, {}).values())

    def find(self, reference: str) -> Row | None:
        """The row with this `*ID`, or with this name as the console would take it."""
        return self._rows.get(reference) or self.named(reference)

    def select(self, queries: Sequence[str]) -> list[Row]:
        """Rows that pass the query words, in order. Raises Trap on a bad query."""
        if not queries:
            return list(self._rows.values())
        test, equal = compile_query(queries, self.spec.booleans)
        # The common targeted read; a real router also answers it without walking the menu.
        known = [self._quick[name].get(value, {}) for name, value in equal if name in self._quick]
        rows = min(known, key=len) if known else self._rows
        return [row for row in rows.values() if test(row)]

    # Changing

    def add(self, values: Mapping[str, str], *, dynamic: bool = False, trusted: bool = False) -> Row:
        """Add a row. Raises Trap on an unknown property, a clash, a missing value or a bad reference.

        `trusted` takes read-only properties too (a state file); `dynamic` takes anything and marks the row.
        """
        clean = dict(values) if dynamic else self._clean(values, trusted=trusted)
        for name in self.spec.required:
            if not clean.get(name):
                raise Trap(f"missing value(s) of argument(s) {name}", category=1)
        row: Row = {".id": f"*{self._next_id:X}", **self.spec.defaults, **clean}
        if dynamic:
            row["dynamic"] = "true"
        if self.spec.check is not None and not dynamic:
            self.spec.check(row)
        self._claim_key(row)
        self._index(row)
        self._next_id += 1
        self._rows[row[".id"]] = row
        self._tell("add", row)
        return row

    def change(self, row: Row, values: Mapping[str, str], *, trusted: bool = False) -> None:
        """Set properties on a row; an empty one without default is taken off. Raises Trap."""
        if row.get("dynamic") == "true" and not trusted:
            raise Trap("failure: cannot change dynamic entry")
        clean = self._clean(values, trusted=trusted)
        changed = {**row, **clean}
        if self.spec.check is not None and not trusted:
            self.spec.check(changed)
        self._put(row, changed)

    def unset(self, row: Row, name: str) -> None:
        """Take a property off a row, back to its default. Raises Trap."""
        if row.get("dynamic") == "true":
            raise Trap("failure: cannot change dynamic entry")
        self._check_name(name, trusted=False)
        changed = {key: value for key, value in row.items() if key != name}
        if name in self.spec.defaults:
            changed[name] = self.spec.defaults[name]
        self._put(row, changed)

    def _put(self, row: Row, changed: Row) -> None:
        if any(row.get(name) != changed.get(name) for name in self.spec.key):
            self._free_key(row)
            try:
                self._claim_key(changed)
            except Trap:
                self._claim_key(row)
                raise
        before = row.get(self.spec.name, "")
        self._replace(row, {name: value for name, value in changed.items() if self._keeps(name, value)})
        after = row.get(self.spec.name, "")
        if before != after and self.on_rename is not None:
            self.on_rename(self.spec.path, before, after)
        self._tell("set", row)

    def _replace(self, row: Row, changed: Row) -> None:
        """Give a row other contents; only what is different is indexed anew, so that the rest keeps its order."""
        for name, index in self._quick.items():
            old, new = row.get(name), changed.get(name)
            if old != new:
                if old is not None:
                    self._unindex(index, old, row)
                if new is not None:
                    index.setdefault(new, {})[row[".id"]] = row
        row.clear()
        row.update(changed)

    def _keeps(self, name: str, value: str) -> bool:
        return value != "" or name in self.spec.defaults or name in self.spec.key

    def write(self, row: Row, **values: str) -> None:
        """The router's own notes on a row (states, counters): no checks; underscores become dashes."""
        notes = {name if name.startswith("_") else name.replace("_", "-"): value for name, value in values.items()}
        self._replace(row, row | notes)
        self._tell("set", row)

    def remove(self, row: Row) -> None:
        """Remove a row; its id is not given again."""
        self._free_key(row)
        for name, index in self._quick.items():
            if name in row:
                self._unindex(index, row[name], row)
        del self._rows[row[".id"]]
        if self.on_rename is not None and self.spec.name in row and row.get("dynamic") != "true":
            self.on_rename(self.spec.path, row[self.spec.name], None)
        self._tell("remove", row)

    def remove_where(self, chosen: Callable[[Row], bool]) -> None:
        """Remove every row for which `chosen` says so."""
        for row in [row for row in self._rows.values() if chosen(row)]:
            self.remove(row)

    def remove_owned(self, owner: str) -> None:
        """Remove the dynamic rows that came with something."""
        for row in self.owned(owner):
            self.remove(row)

    def move(self, rows: Sequence[Row], before: Row | None) -> None:
        """Put rows, in this order, before another one, or at the end."""
        moved = {row[".id"] for row in rows}
        rest = [row for row in self._rows.values() if row[".id"] not in moved]
        place = len(rest) if before is None else next(i for i, row in enumerate(rest) if row is before)
        self._rows = {row[".id"]: row for row in [*rest[:place], *rows, *rest[place:]]}

    # Checks

    def _clean(self, values: Mapping[str, str], *, trusted: bool) -> Row:
        spec = self.spec
        clean: Row = {}
        for name, value in values.items():
            self._check_name(name, trusted=trusted)
            if name in spec.booleans:
                if value not in BOOLEAN:
                    raise Trap(f"input does not match any value of {name}", category=1)
                clean[name] = BOOLEAN[value]
                continue
            if name in spec.choices and value not in spec.choices[name]:
                raise Trap(f"input does not match any value of {name}", category=1)
            clean[name] = self._refer(name, self._shape(name, value))
        return clean

    def _shape(self, name: str, value: str) -> str:
        kind = self.spec.kinds.get(name)
        if kind is None:
            return value
        try:
            return kind(value)
        except ValueError:
            raise Trap(f"invalid value for argument {name}", category=1) from None

    def _refer(self, name: str, value: str) -> str:
        reference = self.spec.references.get(name)
        if reference is not None:
            for wanted in reference.names(value):
                if not self._exists(reference.path, wanted):
                    raise Trap(f"input does not match any value of {name}", category=1)
        return value

    def _check_name(self, name: str, *, trusted: bool) -> None:
        spec = self.spec
        if name in spec.columns or name in spec.hidden:
            return
        if not (trusted and (name in spec.read_only or name.startswith("_"))):
            raise Trap(f"unknown parameter {name}", category=1)

    # Indexes

    def _key_of(self, row: Row) -> tuple[str, ...] | None:
        key = tuple(row.get(name, "") for name in self.spec.key)
        # A lease without an address, say, is one of many.
        return key if key and "" not in key else None

    def _claim_key(self, row: Row) -> None:
        key = self._key_of(row)
        if key is None:
            return
        if key in self._by_key:
            other = self._rows[self._by_key[key]]
            if not self.spec.supersedes_dynamic or other.get("dynamic") != "true" or row.get("dynamic") == "true":
                raise Trap(self.spec.clash)
            self.remove(other)
        self._by_key[key] = row[".id"]

    def _free_key(self, row: Row) -> None:
        key = self._key_of(row)
        if key is not None and self._by_key.get(key) == row[".id"]:
            del self._by_key[key]

    def _index(self, row: Row) -> None:
        for name, index in self._quick.items():
            if name in row:
                index.setdefault(row[name], {})[row[".id"]] = row

    def _unindex(self, index: dict[str, dict[str, Row]], value: str, row: Row) -> None:
        found = index.get(value)
        if found is not None:
            found.pop(row[".id"], None)
            if not found:
                del index[value]

    def _tell(self, what: str, row: Row) -> None:
        for watcher in list(self.watchers):
            watcher(what, row)
