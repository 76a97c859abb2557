"""Take the text out of one PDF: the only code that opens a document somebody uploaded.

Run as a script in a process of its own (`python -I extract.py`, the file on standard input): it limits its own memory
and time before it reads a byte, and knows neither Django nor the database. What it found is one line of JSON on
standard output: {"pages": [text, ...]}, or {"refused": reason}.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

MEMORY = 640 * 1024 * 1024  # bytes of address space, the library included
SECONDS = 10  # of processor
PAGES = 200
LETTERS = 400_000  # of the whole document; a contract of 200 pages has as many


class Refused(Exception):
    """The document is not read; the argument is one of the reasons of reading.REASONS."""


def main() -> int:
    """Read and tell."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found: dict[str, Any]
    try:
        found = {"pages": read_pages(sys.stdin.buffer.read())}
    except Refused as refused:
        found = {"refused": str(refused)}
    except MemoryError:
        found = {"refused": "large"}
    sys.stdout.write(json.dumps(found))
    return 0


def read_pages(data: bytes) -> list[str]:
    """Return the text of each page. Raises Refused."""
    import pypdfium2  # noqa: PLC0415 -- after the limits

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused("locked" if "assword" in str(error) else "broken") from None
    if len(document) > PAGES:
        raise Refused("large")
    pages, letters = [], 0
    try:
        for number in range(len(document)):
            text = document[number].get_textpage().get_text_range()
            letters += len(text)
            if letters > LETTERS:
                raise Refused("large")
            pages.append(text)
    except (pypdfium2.PdfiumError, ValueError, OSError):
        raise Refused("broken") from None
    return pages


if __name__ == "__main__":
    sys.exit(main())
