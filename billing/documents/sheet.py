"""A document as plain data: every word and figure as it is printed. Known to neither database nor typesetter."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who sends it. `fill`, `tint` and `ink` are #rrggbb, legible on white; `logo` is a PNG, or nothing."""

    name: str
    lines: tuple[str, ...] = ()
    fill: str = "#2b4c7e"
    tint: str = "#eef1f6"
    ink: str = "#2b4c7e"
    logo: bytes | None = None
    footer: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """The one figure people look for. `tone` is a status: due, overdue, active, paused."""

    label: str
    figure: str
    text: str = ""
    tone: str = "due"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `wide` takes what the others leave."""

    label: str
    numeric: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `detail` stands small under the widest cell."""

    cells: tuple[str, ...]
    detail: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """A line of the totals."""

    label: str
    figure: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document. `file_name` has no extension; `stamp` is the word across a document that no longer counts."""

    kind: str
    title: str
    number: str
    day: dt.date
    file_name: str
    issuer: Issuer
    party: str
    party_lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    headline: Headline | None = None
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    empty: str = ""
    sums: tuple[Sum, ...] = ()
    pay_title: str = ""
    pay_lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stamp: str = ""
    link: str = ""
    link_words: str = ""
    language: str = "es"
    words: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> list[tuple[Row, list[tuple[Column, str]]]]:
        """Each row with its cells beside their columns, for a page."""
        return [(row, list(zip(self.columns, row.cells, strict=True))) for row in self.rows]
