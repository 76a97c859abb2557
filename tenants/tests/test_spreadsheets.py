"""Tables to take away: formulas are text, days and amounts are days and amounts, and a long one costs no memory."""

from __future__ import annotations

import datetime as dt
import tracemalloc
import zipfile
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from tenants.spreadsheets import csv_lines, safe_cell, write_book, write_xlsx

HEAD = ["Nombre", "Día", "Monto"]
DAY = dt.date(2026, 11, 3)


def sheet_of(file, number=1):
    """The cells of a sheet as (formula, text), row by row."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(file) as archive:
        sheet = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314 -- we wrote it
    return [
        [(cell.findtext("x:f", None, space), "".join(cell.itertext())) for cell in row.iterfind("x:c", space)]
        for row in sheet.iterfind(".//x:row", space)
    ]


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(A1)", "@x", "+cmd|' /C calc'!A0", "-2+A1", "\t=1", "\r=1"])
def test_what_starts_like_a_formula_is_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["ana", "+52 311 123 0001", "+523111230001 / +523111230002", Decimal("-12.50"), 3])
def test_phones_and_amounts_keep_their_sign(value):
    assert safe_cell(value) == str(value)
    assert safe_cell(None) == ""


def test_an_xlsx_has_real_days_and_amounts_and_no_formula():
    with write_xlsx(HEAD, [("=1+1", DAY, Decimal("1234567.89")), ("https://x.test", DAY, Decimal(-5))]) as file:
        head, one, two = sheet_of(file)
    assert [text for _formula, text in head] == HEAD
    assert one == [(None, "=1+1"), (None, "46329"), (None, "1234567.89")]
    assert two[0] == (None, "https://x.test")


def test_an_empty_xlsx_still_has_its_head():
    with write_xlsx(HEAD, []) as file:
        assert len(sheet_of(file)) == 1


def rows(count):
    for number in range(count):
        yield (f"Cliente número {number}", DAY, Decimal(number))


def test_a_csv_is_made_a_line_at_a_time():
    made = []

    def watched():
        for row in rows(3):
            made.append(row)
            yield row

    lines = csv_lines(HEAD, watched())
    assert next(lines) == "\ufeffNombre,Día,Monto\r\n"
    assert made == []
    assert next(lines).startswith("Cliente número 0,2026-11-03,0")
    assert len(made) == 1


def test_twenty_thousand_rows_take_the_memory_of_two_thousand():
    def peak(count):
        tracemalloc.start()
        with write_xlsx(HEAD, rows(count)):
            pass
        for _line in csv_lines(HEAD, rows(count)):
            pass
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    peak(10)  # imports and caches are not rows
    assert peak(20_000) < peak(2_000) + 500_000


def test_a_book_has_a_sheet_for_each_table_by_a_name_excel_takes():
    long = "Movimientos del ingreso recurrente: por/zona"
    book = write_book([(long, HEAD, [("Ana", DAY, Decimal("1.50"))]), ("Vacía", ["Nada"], [])])
    with zipfile.ZipFile(book) as archive:
        names = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 -- we wrote it
    found = [sheet.get("name") for sheet in names.iter() if sheet.tag.endswith("}sheet")]
    assert found == [long.replace(":", " ").replace("/", " ")[:31], "Vacía"]
    assert [text for _formula, text in sheet_of(book, 1)[1]][::2] == ["Ana", "1.5"]
    assert sheet_of(book, 2) == [[(None, "Nada")]]
