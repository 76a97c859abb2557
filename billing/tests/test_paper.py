"""PDFs are read back: their words, their pages, their QR. No database: a sheet in, bytes out."""

import datetime as dt
import io
from dataclasses import replace

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from billing.documents.build import build_pdf, build_picture
from billing.documents.sheet import Column, Headline, Issuer, Row, Sheet, Sum

LINK = "https://norte.example/d/i123-20790.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq/"
SHEET = Sheet(
    kind="invoice",
    title="Factura",
    number="A-1042",
    day=dt.date(2026, 11, 25),
    file_name="Factura A-1042",
    issuer=Issuer("NorteNet", ("RFC NNT200101AB1",), footer="Gracias por preferirnos."),
    party="María Guadalupe Hernández Ñaupari",
    facts=(("Emitida", "25 de noviembre de 2026"),),
    headline=Headline("Por pagar", "$1,234,567.89", "Vence el 3 de diciembre"),
    columns=(Column("Concepto", wide=True), Column("Importe", numeric=True)),
    rows=(Row(("Internet Hogar", "$600.00")),),
    sums=(Sum("Total", "$600.00", strong=True),),
    pay_title="Cómo pagar",
    pay_lines=("BBVA\nCLABE 0123 4567",),
    link=LINK,
    link_words="Escanee para pagar",
    words={"party": "Cliente", "page": "Página {n} de {of}"},
)


def pages(pdf):
    return [" ".join(page.extract_text().replace("\u200b", "").split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def codes(picture):
    return [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]


@pytest.mark.parametrize("paper", ["letter", "roll"])
def test_the_paper_says_everything(paper):
    [text] = pages(build_pdf(SHEET, paper=paper))
    for words in (
        "Factura",
        "A-1042",
        "María Guadalupe Hernández Ñaupari",
        "$1,234,567.89",
        "Internet Hogar",
        "$600.00",
    ):
        assert words in text
    assert "Gracias por preferirnos." in text
    assert codes(build_picture(SHEET, paper=paper)) == [LINK]


def test_a_roll_is_80_mm_wide_and_a_letter_a_letter():
    sizes = {}
    for paper in ("letter", "roll"):
        box = PdfReader(io.BytesIO(build_pdf(SHEET, paper=paper))).pages[0].mediabox
        sizes[paper] = (round(float(box.width)), round(float(box.height)))
    assert sizes["letter"] == (612, 792)
    assert sizes["roll"][0] == round(80 / 25.4 * 72)


@pytest.mark.parametrize(
    "nasty",
    [
        '#panic("x")',
        "#import sys: *",
        "*negrita* _cursiva_ $x^2$ `crudo` <marca> @cita",
        "\\",
        '"); panic("x',
        "= Título",
        '#read("/etc/passwd")',
        "//comentario",
        "{n} {of}",
        "Ñandú 🐦 Łukasz ₲ ₡ €",
    ],
)
def test_what_people_write_is_never_code(nasty):
    sheet = replace(SHEET, party=nasty, rows=(Row((nasty, nasty), nasty),), notes=(nasty,), pay_lines=(nasty,))
    for paper in ("letter", "roll"):
        text = " ".join(pages(build_pdf(sheet, paper=paper)))
        shown = "".join(nasty.replace("🐦", "").split())
        assert "".join(text.split()).count(shown) >= 4
        assert "\x00" not in text  # no glyph is missing


def test_the_same_sheet_makes_the_same_bytes():
    assert build_pdf(SHEET) == build_pdf(SHEET)


@pytest.mark.parametrize("paper", ["letter", "roll"])
def test_a_long_name_stays_on_the_paper(paper):
    for name in ("Ñ" * 160, "María de los Ángeles Fernández de Córdoba y Álvarez de Toledo " * 3):
        sheet = replace(
            SHEET, party=name.strip()[:160], rows=(Row((name[:200], "$1,234,567.89")),), issuer=Issuer(name[:80])
        )
        picture = Image.open(io.BytesIO(build_picture(sheet, paper=paper))).convert("L")
        margin = picture.crop((picture.width - 10, 20, picture.width, picture.height))
        assert margin.getextrema() == (255, 255)  # nothing runs off the right edge
        assert "$1,234,567.89" in pages(build_pdf(sheet, paper=paper))[0]


def test_a_long_table_repeats_its_head_and_numbers_its_pages():
    rows = tuple(Row((f"Movimiento {i}", f"${i}.00")) for i in range(1, 401))
    found = pages(build_pdf(replace(SHEET, rows=rows)))
    assert len(found) > 5
    for number, text in enumerate(found, 1):
        assert f"Página {number} de {len(found)}" in text
        assert "A-1042" in text
        assert "María Guadalupe" in text
    body = " ".join(found)
    assert all(f"Movimiento {i} " in body for i in range(1, 401))


def test_a_logo_is_drawn_and_its_name_stays_for_those_who_cannot_see():
    out = io.BytesIO()
    Image.new("RGBA", (600, 60), "#ff0000").save(out, "PNG")
    sheet = replace(SHEET, issuer=replace(SHEET.issuer, logo=out.getvalue()))
    picture = Image.open(io.BytesIO(build_picture(sheet))).convert("RGB")
    reds = [
        (x, y)
        for x in range(0, picture.width, 4)
        for y in range(0, picture.height, 4)
        if picture.getpixel((x, y)) == (255, 0, 0)
    ]
    assert reds
    wide = (max(x for x, _ in reds) - min(x for x, _ in reds)) / 110 * 25.4
    assert 40 < wide <= 56
    assert b"NorteNet" in build_pdf(sheet)
