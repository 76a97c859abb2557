"""From a Sheet to paper, on a letter or on the roll of a counter's printer."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import zxingcpp

from billing.documents.sheet import Sheet
from tenants.typesetting.press import picture_file, set_pdf, set_type

HERE = Path(__file__).resolve().parent
LETTER, ROLL = "letter", "roll"  # US letter, and the 80 mm of a counter's printer
PAPERS = (LETTER, ROLL)


def build_pdf(sheet: Sheet, *, paper: str = LETTER) -> bytes:
    """Return the document as PDF. The same sheet gives the same bytes. Raises KeyError for an unknown paper."""
    return set_pdf(*_parts(sheet, paper), day=sheet.day)


def build_picture(sheet: Sheet, *, paper: str = LETTER, ppi: float = 110) -> bytes:
    """Return the first page as PNG, `ppi` dots an inch."""
    made = set_type(*_parts(sheet, paper), format="png", ppi=ppi)
    return made[0] if isinstance(made, list) else made


def draw_code(text: str) -> bytes:
    """Return a QR code of `text` as SVG. It can still be read with a seventh of it dirty or torn."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="15%")
    return bytes(str(code.to_svg(add_quiet_zones=False)), "utf-8")


def _parts(sheet: Sheet, paper: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the typesetter's files and the data they read."""
    files = {"main.typ": _templates()[paper], "parts.typ": _templates()["parts"]}
    data = asdict(sheet)
    logo = data["issuer"].pop("logo")
    data["has_logo"], data["has_code"] = bool(logo), bool(sheet.link)
    if logo:
        files["logo.svg"] = picture_file(logo)
    if sheet.link:
        files["code.svg"] = draw_code(sheet.link)
    return files, data


@cache
def _templates() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (HERE / "typst").glob("*.typ")}
