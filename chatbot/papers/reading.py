"""A document as passages: Markdown by its headings, a PDF by its pages. Knows nothing of the database."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from chatbot.papers.extract import LETTERS

EXTRACT = Path(__file__).with_name("extract.py")
MAX_BYTES = 5 * 1024 * 1024
PATIENCE = 15.0  # seconds for one file, whatever it does
AT_ONCE = threading.BoundedSemaphore(2)  # documents opened at once by one process of ours
PASSAGE = 500  # letters: with its source it fits in one answer
HEADING = 200
PDF, MARKDOWN = "application/pdf", "text/markdown"

REASONS = {
    "large": later("El documento es demasiado grande: hasta 200 páginas. Súbalo por partes."),
    "broken": later("El PDF está dañado o no es lo que dice ser: no se pudo abrir."),
    "locked": later("El PDF tiene contraseña. Súbalo sin ella."),
}
_TITLE = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+")
# Words are searched and said, not drawn: links keep their words, marks go.
_LINK = re.compile(r"!?\[([^\]]*)\]\(((?:[^()\s]|\([^()]*\))*)[^)]*\)")
# Nothing of HTML is said to anybody: programs and styles with what is in them, the rest without its tags.
_HTML = re.compile(
    r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|</?[a-z][\w-]*(?:\s[^<>]*)?/?>", re.IGNORECASE | re.DOTALL
)
_MARKS = re.compile(r"(\*\*|__|`+|^\s*>\s?|^\s*\|?[\s:|-]{3,}\|?\s*$)", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ufffd]")


class BadDocument(ValueError):
    """The file is no document that can be read; the message is for whoever uploaded it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it is kept. `page` counts from 1; None where the document has no pages."""

    heading: str
    text: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """What a file is and what stands in it."""

    content_type: str
    pages: int
    pieces: tuple[Piece, ...]


def read_paper(*, name: str, data: bytes) -> Paper:
    """Return the passages of a Markdown text or a PDF, told apart by their bytes.

    Raises BadDocument for what is empty, too large, something else, or holds no text (a scan). A PDF takes about half
    a second, in a process with limits; no transaction should be open meanwhile.
    """
    if not data.strip():
        raise BadDocument(_("El archivo está vacío."))
    if len(data) > MAX_BYTES:
        raise BadDocument(_("El archivo pesa más de %(mb)s MB.") % {"mb": MAX_BYTES // (1024 * 1024)})
    if data[:5] == b"%PDF-":
        pages = _open_pdf(data)
        pieces = tuple(piece for number, text in enumerate(pages, 1) for piece in _of_page(text, number))
        if not pieces:
            raise BadDocument(_("El PDF no tiene texto, sólo imágenes: no se puede buscar en él."))
        return Paper(PDF, len(pages), pieces)
    pieces = tuple(_of_markdown(_decode(name, data)))
    if not pieces:
        raise BadDocument(_("El archivo no tiene texto."))
    return Paper(MARKDOWN, 0, pieces)


def _decode(name: str, data: bytes) -> str:
    wrong = _("El archivo no es un PDF ni un texto Markdown (.md, .txt). Guárdelo así y súbalo de nuevo.")
    if not name.lower().endswith((".md", ".markdown", ".txt")) or b"\x00" in data:
        raise BadDocument(wrong)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadDocument(_("El texto no está en UTF-8. Guárdelo así y súbalo de nuevo.")) from None
    if len(text) > LETTERS:
        raise BadDocument(str(REASONS["large"]))
    return text


def _open_pdf(data: bytes) -> list[str]:
    try:
        with AT_ONCE:
            done = subprocess.run(  # noqa: S603 -- our own script, without arguments
                [sys.executable, "-I", str(EXTRACT)], input=data, capture_output=True, timeout=PATIENCE, check=True
            )
        found = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise BadDocument(str(REASONS["large"])) from None
    except subprocess.CalledProcessError as error:
        # Killed by a limit, or by a fault of the library that opened it.
        raise BadDocument(str(REASONS["large" if error.returncode < 0 else "broken"])) from None
    except ValueError:
        raise BadDocument(str(REASONS["broken"])) from None
    if "refused" in found:
        raise BadDocument(str(REASONS[str(found["refused"])]))
    pages: list[str] = found["pages"]
    return pages


def _of_page(text: str, number: int) -> Iterator[Piece]:
    # A PDF's lines end where the paper ends; only an empty line ends a paragraph.
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for part in _pack(_paragraphs(text)):
        yield Piece("", part, number)


def _of_markdown(text: str) -> Iterator[Piece]:
    heading, lines = "", list[str]()
    for line in [*_HTML.sub("", text.replace("\r\n", "\n")).split("\n"), None]:
        title = None if line is None else _TITLE.match(line)
        if line is not None and title is None:
            lines.append(line)
            continue
        body = _MARKS.sub("", _LINK.sub(_worded, _CONTROL.sub("", "\n".join(lines))))
        for part in _pack(_paragraphs(body)):
            yield Piece(heading[:HEADING], part)
        if title is not None:
            heading, lines = _MARKS.sub("", title[2]).strip(), []


def _worded(link: re.Match[str]) -> str:
    words, address = link[1], link[2]
    return f"{words} {address}".strip() if address.startswith("http") else words


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _pack(paragraphs: list[str]) -> Iterator[str]:
    """Join small paragraphs and cut long ones at their sentences, so that each piece fits in an answer."""
    piece = ""
    for paragraph in paragraphs:
        for bit in _short(paragraph):
            if piece and len(piece) + len(bit) + 1 > PASSAGE:
                yield piece
                piece = ""
            piece = f"{piece}\n{bit}" if piece else bit
    if piece:
        yield piece


def _short(paragraph: str) -> Iterator[str]:
    if len(paragraph) <= PASSAGE:
        yield paragraph
        return
    bit = ""
    for sentence in _SENTENCE.split(paragraph):
        rest = sentence
        while rest:
            room = PASSAGE - len(bit) - 1
            if len(rest) <= room:
                bit, rest = f"{bit} {rest}".strip(), ""
            elif bit:
                yield bit
                bit = ""
            else:
                cut = rest.rfind(" ", 0, PASSAGE)
                cut = cut if cut > 0 else PASSAGE
                yield rest[:cut]
                rest = rest[cut:].strip()
    if bit:
        yield bit
