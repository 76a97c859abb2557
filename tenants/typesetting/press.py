"""From plain data to paper. Set by typst, offline: our own templates and fonts, values as data and never as code."""

from __future__ import annotations

import base64
import datetime as dt
import json
import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

HERE = Path(__file__).resolve().parent
WORD = 28  # letters of a word before it may break: a name without a space must not leave the paper
ASTRAL = "\U00010000"  # from here on: emoji and scripts none of our fonts has


def set_type(files: Mapping[str, bytes], sheet: Any, **how: Any) -> Any:
    """Set `main.typ` of `files`, which reads `sheet` as data; `how` is what typst.compile takes."""
    inputs = {"sheet": json.dumps(soften(sheet), default=str, ensure_ascii=False)}
    return typst.compile(dict(files), font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=inputs, **how)


def set_pdf(files: Mapping[str, bytes], sheet: Any, *, day: dt.date) -> bytes:
    """Return a PDF. The same data gives the same bytes: it is stamped with its own day."""
    stamp = dt.datetime.combine(day, dt.time(), dt.UTC)
    return bytes(set_type(files, sheet, format="pdf", timestamp=stamp))


def picture_file(png: bytes) -> bytes:
    """Wrap a PNG as SVG: the typesetter takes files from memory only as text."""
    width, height = struct.unpack(">II", png[16:24])  # the PNG header's own
    size = f'width="{width}" height="{height}"'
    href = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{href}"/></svg>'.encode()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[HERE / "fonts"])


def soften(value: Any) -> Any:
    """Make text that can be set: without emoji, which no font here draws, and with what is too long able to break."""
    if isinstance(value, dict):
        return {key: inner if key in {"link", "file_name"} else soften(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [soften(inner) for inner in value]
    if not isinstance(value, str):
        return value
    text = "".join(c for c in value if c < ASTRAL and (c >= " " or c == "\n"))
    return " ".join("\u200b".join(_pieces(word)) for word in text.split(" ")) if len(text) > WORD else text


def _pieces(word: str) -> list[str]:
    if len(word) <= WORD:
        return [word]
    return [word[at : at + WORD // 2] for at in range(0, len(word), WORD // 2)]
