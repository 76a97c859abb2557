"""The bot's sentences in other languages: `python -m chatbot.catalogues` compiles each .po into the .mo beside it.

Both are committed, so that a clean clone needs no gettext. Only what these files use is read: one string a line.
"""

from __future__ import annotations

import ast
import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"
MAGIC = 0x950412DE


def read_po(text: str) -> dict[str, str]:
    """Return the messages of a .po by what a .mo knows them by. Raises ValueError for a line that is none."""
    found: dict[str, str] = {}
    entry: dict[str, str] = {}
    last = ""
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            if entry:
                name = "\0".join(entry[part] for part in ("msgid", "msgid_plural") if part in entry)
                found[name] = "\0".join(entry[part] for part in entry if part.startswith("msgstr"))
            entry = {}
        elif line.startswith('"'):
            entry[last] += ast.literal_eval(line)
        elif not line.startswith("#"):
            last, _, quoted = line.partition(" ")
            if not last.startswith("msg"):
                raise ValueError(line)
            entry[last] = ast.literal_eval(quoted)
    return found


def compile_mo(messages: dict[str, str]) -> bytes:
    """Return messages as a .mo: sorted, without a hash table."""
    pairs = sorted((name.encode(), text.encode()) for name, text in messages.items())
    count, start = len(pairs), 28 + 16 * len(pairs)
    names: list[tuple[int, int]] = []
    texts: list[tuple[int, int]] = []
    body = b""
    for table, place in ((names, 0), (texts, 1)):
        for pair in pairs:
            table.append((len(pair[place]), start + len(body)))
            body += pair[place] + b"\0"
    head = struct.pack("<7I", MAGIC, 0, count, 28, 28 + 8 * count, 0, start)
    return head + b"".join(struct.pack("<2I", *row) for row in (*names, *texts)) + body


def main() -> None:
    """Compile every catalogue."""
    for source in sorted(FOLDER.glob("*/LC_MESSAGES/*.po")):
        source.with_suffix(".mo").write_bytes(compile_mo(read_po(source.read_text())))


if __name__ == "__main__":
    main()
