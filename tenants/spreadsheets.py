"""Tables to take away. CSV goes out line by line and XLSX through a file on disk, so neither grows with the rows."""

from __future__ import annotations

import csv
import datetime as dt
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse

from tenants.current import current_tenant, entered

Cell = str | int | Decimal | dt.date | None
Row = Sequence[Cell]
Sheet = tuple[str, Sequence[object], Iterable[Row]]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Phones and amounts keep their sign: of digits and signs alone nothing can be called or looked up.
_SIGNED_NUMBER = re.compile(r"[+-]\d[\d\s.,()/+-]*")
_NOT_IN_A_NAME, _LONGEST_NAME = re.compile(r"[\[\]:*?/\\]"), 31
_WIDTHS = {"text": 24, "day": 12, "money": 14}


def safe_cell(value: object) -> str:
    """Return a cell's text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _SIGNED_NUMBER.fullmatch(text) else text


def csv_response(name: str, head: Sequence[object], rows: Iterable[Row]) -> StreamingHttpResponse:
    """Return `name`.csv, made while it is sent, in the tenant of this moment. `rows` may be a generator."""
    # The rows are made when the request's tenant may be gone.
    tenant = current_tenant()

    def lines() -> Iterator[str]:
        with entered(tenant):
            yield from csv_lines(head, rows)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def csv_lines(head: Sequence[object], rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a CSV that Excel opens with its accents: a byte order mark, then one row at a time."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow([safe_cell(title) for title in head]))
    for row in rows:
        yield str(writer.writerow([safe_cell(cell) for cell in row]))


def xlsx_response(name: str, head: Sequence[object], rows: Iterable[Row]) -> FileResponse:
    """Return `name`.xlsx, sent from a file that is gone afterwards."""
    return FileResponse(write_xlsx(head, rows), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def write_xlsx(head: Sequence[object], rows: Iterable[Row]) -> IO[bytes]:
    """Return an open temporary file with one sheet: text is text, never a formula; amounts and days are real ones."""
    return write_book([("", head, rows)])


def book_response(name: str, sheets: Iterable[Sheet]) -> FileResponse:
    """Return `name`.xlsx with several sheets, sent from a file that is gone afterwards."""
    return FileResponse(write_book(sheets), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def write_book(sheets: Iterable[Sheet]) -> IO[bytes]:
    """Return an open temporary file with a sheet for each (name, head, rows). Names are cut to what Excel takes."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- FileResponse closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        formats = {
            "money": book.add_format({"num_format": "#,##0.00#"}),
            "day": book.add_format({"num_format": "dd/mm/yyyy"}),
        }
        for name, head, rows in sheets:
            sheet = book.add_worksheet(_NOT_IN_A_NAME.sub(" ", name)[:_LONGEST_NAME] or None)
            sheet.freeze_panes(1, 0)
            first: Row = ()
            for number, row in enumerate(rows, start=1):
                if not first:
                    first = row
                    _write_head(sheet, head, first, bold)
                for column, cell in enumerate(row):
                    _write_cell(sheet, number, column, cell, formats)
            if not first:
                _write_head(sheet, head, [""] * len(head), bold)
    file.seek(0)
    return file


def _write_head(sheet: Any, head: Sequence[object], first: Row, bold: Any) -> None:
    for column, (title, cell) in enumerate(zip(head, first, strict=True)):
        kind = "day" if isinstance(cell, dt.date) else "money" if isinstance(cell, Decimal) else "text"
        sheet.set_column(column, column, _WIDTHS[kind])
        sheet.write_string(0, column, str(title), bold)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, formats: dict[str, Any]) -> None:
    if isinstance(cell, Decimal):
        sheet.write_number(row, column, float(cell), formats["money"])
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell)
    elif isinstance(cell, dt.date):
        sheet.write_datetime(row, column, cell, formats["day"])
    elif cell:
        sheet.write_string(row, column, str(cell))


class _Echo:
    """What csv writes into: it gives the line back."""

    def write(self, line: str) -> str:
        return line
