"""A bank's file as rows of text. Knows nothing of customers or the database.

CSV in whatever encoding and with whatever separator, XLSX and XLS; what cannot be read is said in one sentence.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from customers.text import fold

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 60
# Banks print their name, the account and the period above the table.
HEAD_WITHIN = 40
_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class UnreadableStatement(ValueError):
    """The file is no statement that can be read; the message is for people."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below the line of titles. `first_row` is the number of the first one, as a spreadsheet counts."""

    titles: tuple[str, ...]
    rows: list[tuple[str, ...]]
    first_row: int

    @property
    def signature(self) -> str:
        """What files of one bank have in common: their titles."""
        return hashlib.sha256("\x1f".join(fold(title) for title in self.titles).encode()).hexdigest()


def read_table(name: str, content: bytes) -> Table:
    """The table of a statement. Raises UnreadableStatement for what is empty, too big or something else."""
    if not content:
        raise UnreadableStatement(_("El archivo está vacío."))
    if len(content) > MAX_BYTES:
        raise UnreadableStatement(_("El archivo pasa de 10 MB. Descargue del banco un período más corto."))
    grid = _sheet(content) if content.startswith((_XLSX, _XLS)) else _csv(name, content)
    if len(grid) > MAX_ROWS:
        raise UnreadableStatement(_("El archivo tiene más de 50,000 renglones. Descargue un período más corto."))
    head = _find_head(grid)
    titles = _titled(grid[head])
    width = len(titles)
    rows = [(*row[:width], *[""] * (width - len(row))) for row in grid[head + 1 :]]
    if not any(any(row) for row in rows):
        raise UnreadableStatement(_("El archivo tiene títulos pero ningún movimiento."))
    return Table(titles, rows, head + 2)


def _sheet(content: bytes) -> list[list[str]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet in book.sheet_names:
            found = book.get_sheet_by_name(sheet)
            if found.height > MAX_ROWS + HEAD_WITHIN or found.width > 16_384:
                raise UnreadableStatement(
                    _("El archivo tiene más de 50,000 renglones. Descargue un período más corto.")
                )
            grid = [[_cell(value) for value in row[:MAX_COLUMNS]] for row in found.to_python(skip_empty_area=False)]
            if any(any(row) for row in grid):
                return grid
    # The reader raises plain errors of its own for what is broken inside.
    except (CalamineError, ValueError, OSError, KeyError) as error:
        if isinstance(error, UnreadableStatement):
            raise
        raise UnreadableStatement(_("El archivo de Excel está dañado o protegido con contraseña.")) from error
    raise UnreadableStatement(_("El archivo de Excel no tiene datos."))


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        # A spreadsheet keeps 450.10 as a binary fraction; fifteen digits are what it shows.
        text = f"{Decimal(repr(value)).quantize(Decimal('0.000001')).normalize():f}"
        return text.removesuffix(".0")
    return " ".join(str(value).split())


def _csv(name: str, content: bytes) -> list[list[str]]:
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableStatement(_("«%(name)s» no es un estado de cuenta en CSV o Excel.") % {"name": name[:60]})
    text = _decoded(content)
    if text.lstrip().startswith(("%PDF", "<html", "<!DOCTYPE", "<?xml", "{")):
        raise UnreadableStatement(_("«%(name)s» no es un estado de cuenta en CSV o Excel.") % {"name": name[:60]})
    try:
        rows = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
        return [[" ".join(cell.split()) for cell in row[:MAX_COLUMNS]] for row in rows]
    except csv.Error as error:
        raise UnreadableStatement(_("El archivo CSV está dañado.")) from error


def _decoded(content: bytes) -> str:
    """UTF-8 where it is, with or without its mark; else what Windows writes, in which every byte is a letter."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """The separator that cuts the first lines into the most cells, evenly."""
    lines = [line for line in text.splitlines()[:HEAD_WITHIN] if line.strip()]
    counts = {mark: sorted((line.count(mark) for line in lines), reverse=True) for mark in ";\t|,"}
    return max(";\t|,", key=lambda mark: (counts[mark][len(lines) // 2] if lines else 0, counts[mark][:1]))


def _find_head(grid: list[list[str]]) -> int:
    """The line of titles: the first with several words and no figures among its cells, above rows as wide."""
    best, most = -1, 1
    for number, row in enumerate(grid[:HEAD_WITHIN]):
        cells = [cell for cell in row if cell]
        words = [cell for cell in cells if not any(c.isdigit() for c in cell)]
        if len(words) == len(cells) and len(cells) > most:
            best, most = number, len(cells)
    if best < 0:
        raise UnreadableStatement(
            _("No se encontró la línea de títulos (Fecha, Concepto, Abono…). Deje los títulos en el archivo.")
        )
    return best


def _titled(row: list[str]) -> tuple[str, ...]:
    """The titles, each once: an empty or repeated one gets its place."""
    while row and not row[-1]:
        row = row[:-1]
    seen: dict[str, int] = {}
    titles = []
    for place, cell in enumerate(row, 1):
        title = cell[:60] or _("Columna %(n)s") % {"n": place}
        seen[title] = seen.get(title, 0) + 1
        titles.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return tuple(titles)
