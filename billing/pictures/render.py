"""Open one file and write small JPEGs of it: the only code that decodes what a stranger sent.

Run as a script in a process of its own (`python -I render.py FOLDER`, the file on standard input): it limits its own
memory, time and files before it reads a byte, and knows neither Django nor the database. What it found is one line
of JSON on standard output: {"pages": n, "shown": k, "dhash": n}, or {"refused": reason}.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

MEMORY = 640 * 1024 * 1024  # bytes of address space: the libraries, and one picture of PIXELS
SECONDS = 10  # of processor
PIXELS = 60_000_000  # a phone of 50 megapixels passes
PAGES = 20  # of a PDF; a proof of payment has one or two
SHOWN = 3  # pages that are drawn
LONGEST = 1600  # pixels of a preview's longer side
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class Refused(Exception):
    """The file is not shown; the argument is one of the reasons of examine.REASONS."""


def main() -> int:
    """Read, draw, tell."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder, data = Path(sys.argv[1]), sys.stdin.buffer.read()
    try:
        found = draw_pdf(data, folder) if data[:5] == b"%PDF-" else draw_image(data, folder)
    except Refused as refused:
        found = {"refused": str(refused)}
    except MemoryError:
        found = {"refused": "bomb"}
    sys.stdout.write(json.dumps(found))
    return 0


def draw_image(data: bytes, folder: Path) -> dict[str, Any]:
    """Write one preview, upright as the camera meant it and without what the camera noted. Raises Refused."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 -- after the limits

    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        picture: Any = Image.open(io.BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > PIXELS:
            raise Refused("bomb")
        picture.draft("RGB", (LONGEST, LONGEST))  # a JPEG is decoded no larger than it is shown
        picture.load()
        picture = ImageOps.exif_transpose(_small(picture))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused("bomb") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Refused("broken") from None
    return {"pages": 1, "shown": 1, "dhash": _keep(picture, folder, 1)}


def draw_pdf(data: bytes, folder: Path) -> dict[str, Any]:
    """Write a preview of each of the first pages. Raises Refused."""
    import pypdfium2  # noqa: PLC0415 -- after the limits

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused("locked" if "assword" in str(error) else "broken") from None
    pages = len(document)
    if pages > PAGES:
        raise Refused("pages")
    found: dict[str, Any] = {"pages": pages, "shown": min(pages, SHOWN)}
    try:
        for number in range(1, found["shown"] + 1):
            page = document[number - 1]
            # Drawn at the size it is shown, however large the page says it is.
            width, height = page.get_size()
            scale = min(LONGEST / max(width, height, 1.0), 3.0)
            picture = page.render(scale=scale, may_draw_forms=False).to_pil()
            dhash = _keep(_small(picture), folder, number)
            found.setdefault("dhash", dhash)
    except (pypdfium2.PdfiumError, ValueError, OSError):
        raise Refused("broken") from None
    if not pages:
        raise Refused("broken")
    return found


def _small(picture: Any) -> Any:
    """The picture no larger than it is shown, in plain colours: what follows then costs little memory."""
    from PIL import Image  # noqa: PLC0415 -- after the limits

    clear = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    picture = picture.convert("RGBA" if clear else "RGB")
    picture.thumbnail((LONGEST, LONGEST))
    if clear:
        # Dark letters on nothing would be black on black.
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture)
        ground.info = picture.info
        picture = ground.convert("RGB")
    return picture


def _keep(picture: Any, folder: Path, number: int) -> int:
    """Write `number`.jpg without what the camera noted, and return the picture's difference hash."""
    picture.info = {}
    picture.save(folder / f"{number}.jpg", "JPEG", quality=QUALITY, optimize=True, exif=b"")
    return difference_hash(picture)


def difference_hash(picture: Any) -> int:
    """Sixty-four bits, each whether a cell of the grey 9 x 8 picture is lighter than its left neighbour; signed.

    Written here in six lines: the library for it, ImageHash, brings numpy and scipy and has had no release for a year.
    """
    from PIL import Image  # noqa: PLC0415 -- after the limits

    cells = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            place = row * 9 + column
            bits = bits << 1 | (cells[place + 1] > cells[place])
    return bits - (1 << 64) if bits >> 63 else bits


if __name__ == "__main__":
    sys.exit(main())
