"""What is read of a router: the prints to send, and their rows by menu, found quickly by any property."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from network.drivers.base import Key
from network.drivers.mikrotik.connection import Row, Sentence


@dataclass(frozen=True)
class Read:
    """A print: of a whole menu, or of the rows for which every `(property, value)` of `query` holds.

    `properties` is short on purpose: without it a router computes every property, counters included.
    `optional`: a version or a package that lacks the menu has no rows in it.
    """

    menu: str
    properties: tuple[str, ...]
    query: tuple[tuple[str, str], ...] = ()
    account: Key | None = None
    optional: bool = False

    def sentences(self) -> list[Sentence]:
        """The sentence; a second one where a name may have been typed on an old Windows."""
        proplist = {".proplist": ",".join(self.properties)}
        encodings = ["utf-8"] if all(value.isascii() for _name, value in self.query) else ["utf-8", "latin-1"]
        return [
            Sentence(
                self.menu,
                "print",
                proplist,
                self.query,
                account=self.account,
                optional=self.optional,
                encoding=encoding,
            )
            for encoding in encodings
        ]


def merged(reads: Iterable[Read]) -> list[Read]:
    """Return the prints that give all that these would: none twice, and none of what a whole menu gives anyway."""
    whole: dict[str, list[Read]] = {}
    some: dict[tuple[str, tuple[tuple[str, str], ...]], list[Read]] = {}
    for read in reads:
        if read.query:
            some.setdefault((read.menu, read.query), []).append(read)
        else:
            whole.setdefault(read.menu, []).append(read)
    for (menu, _query), group in some.items():
        if menu in whole:
            whole[menu].extend(group)
    kept = [group for (menu, _query), group in some.items() if menu not in whole]
    found = []
    for group in (*whole.values(), *kept):
        properties = tuple(dict.fromkeys(name for read in group for name in read.properties))
        first = next((read for read in group if not read.query), group[0])
        account = first.account if all(read.account == first.account for read in group) else None
        found.append(Read(first.menu, properties, first.query, account, optional=all(read.optional for read in group)))
    return found


@dataclass
class Tables:
    """Rows by menu and `.id`. An index by a property is made when it is first asked for."""

    _rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    _indexes: dict[tuple[str, str], dict[str, list[Row]]] = field(default_factory=dict)
    # Menus that this router does not have.
    absent: set[str] = field(default_factory=set)

    def put(self, menu: str, rows: Sequence[Row]) -> None:
        """Take rows in; a row known already gets what it lacked."""
        known = self._rows.setdefault(menu, {})
        for row in rows:
            row_id = row.get(".id", "")
            if row_id in known:
                known[row_id].update(row)
            else:
                known[row_id] = row
        self._indexes = {key: index for key, index in self._indexes.items() if key[0] != menu}

    def rows(self, menu: str) -> Iterable[Row]:
        """All rows of a menu, in the router's order."""
        return self._rows.get(menu, {}).values()

    def where(self, menu: str, name: str, value: str) -> Sequence[Row]:
        """The rows whose property has this value."""
        return self._index(menu, name).get(value, ())

    def first(self, menu: str, name: str, value: str) -> Row | None:
        """The first of them."""
        return next(iter(self.where(menu, name, value)), None)

    def values(self, menu: str, name: str) -> Iterable[str]:
        """Each value of a property once."""
        return self._index(menu, name).keys()

    def _index(self, menu: str, name: str) -> dict[str, list[Row]]:
        index = self._indexes.get((menu, name))
        if index is None:
            index = self._indexes[menu, name] = {}
            for row in self.rows(menu):
                if name in row:
                    index.setdefault(row[name], []).append(row)
        return index
