"""From a Sheet to paper. Set by typst, offline: our own templates and fonts, values as data and never as code."""

from __future__ import annotations

import base64
import datetime as dt
import json
import struct
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import typst
import zxingcpp

from billing.documents.sheet import Sheet

HERE = Path(__file__).resolve().parent
LETTER, ROLL = "letter", "roll"  # US letter, and the 80 mm of a counter's printer
PAPERS = (LETTER, ROLL)
WORD = 28  # letters of a word before it may break: a name without a space must not leave the paper
ASTRAL = "\U00010000"  # from here on: emoji and scripts none of our fonts has


def build_pdf(sheet: Sheet, *, paper: str = LETTER) -> bytes:
    """Return the document as PDF. The same sheet gives the same bytes. Raises KeyError for an unknown paper."""
    return _compile(sheet, paper, format="pdf", timestamp=_stamp(sheet.day))


def build_picture(sheet: Sheet, *, paper: str = LETTER, ppi: float = 110) -> bytes:
    """Return the first page as PNG, `ppi` dots an inch."""
    made = _compile(sheet, paper, format="png", ppi=ppi)
    return made[0] if isinstance(made, list) else made


def draw_code(text: str) -> bytes:
    """Return a QR code of `text` as SVG. It can still be read with a seventh of it dirty or torn."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="15%")
    return bytes(str(code.to_svg(add_quiet_zones=False)), "utf-8")


def _compile(sheet: Sheet, paper: str, **how: Any) -> Any:
    files = {"main.typ": _templates()[paper], "parts.typ": _templates()["parts"]}
    data = asdict(sheet)
    logo = data["issuer"].pop("logo")
    data["has_logo"], data["has_code"] = bool(logo), bool(sheet.link)
    if logo:
        files["logo.svg"] = _in_svg(logo)
    if sheet.link:
        files["code.svg"] = draw_code(sheet.link)
    inputs = {"sheet": json.dumps(_soften(data), default=str, ensure_ascii=False)}
    return typst.compile(files, font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=inputs, **how)


def _in_svg(png: bytes) -> bytes:
    """Wrap a PNG: the typesetter takes files from memory only as text."""
    width, height = struct.unpack(">II", png[16:24])  # the PNG header's own
    size = f'width="{width}" height="{height}"'
    href = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{href}"/></svg>'.encode()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[HERE / "fonts"])


@cache
def _templates() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (HERE / "typst").glob("*.typ")}


def _stamp(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _soften(value: Any) -> Any:
    """Make text that can be set: without emoji, which no font here draws, and with what is too long able to break."""
    if isinstance(value, dict):
        return {key: inner if key in {"link", "file_name"} else _soften(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_soften(inner) for inner in value]
    if not isinstance(value, str):
        return value
    text = "".join(c for c in value if c < ASTRAL and (c >= " " or c == "\n"))
    return " ".join("\u200b".join(_pieces(word)) for word in text.split(" ")) if len(text) > WORD else text


def _pieces(word: str) -> list[str]:
    if len(word) <= WORD:
        return [word]
    return [word[at : at + WORD // 2] for at in range(0, len(word), WORD // 2)]
