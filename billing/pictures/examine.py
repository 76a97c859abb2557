"""What a file is and how it looks, found out without letting it near us: by its bytes, and in a limited process."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from inbox.domain.media import upload_type

RENDER = Path(__file__).with_name("render.py")
PATIENCE = 15.0  # seconds for one file, whatever it does
AT_ONCE = threading.BoundedSemaphore(2)  # files opened at once by one process of ours

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
PDF = "application/pdf"
HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")

REASONS = {
    "bomb": later("La imagen es demasiado grande para abrirla. Mande una captura de pantalla o una foto normal."),
    "broken": later("El archivo está dañado o no es lo que dice ser: no se pudo abrir."),
    "locked": later("El PDF tiene contraseña. Mándelo sin ella, o mande una captura de pantalla."),
    "pages": later("El PDF tiene demasiadas páginas para ser un comprobante. Mande sólo la hoja del pago."),
}


class BadPicture(Exception):
    """The file is no proof of payment that could be shown; the message is for whoever sent it."""


@dataclass(frozen=True)
class Examined:
    """A file that can be shown. `previews` are JPEGs of its first pages, upright and small."""

    content_type: str
    sha256: str
    pages: int
    dhash: int
    previews: tuple[bytes, ...]


def size_limit() -> int:
    """How many bytes a proof of payment may have."""
    return int(settings.RECEIPT_MAX_BYTES)


def too_large() -> str:
    """The sentence for a file over the limit."""
    megabytes = size_limit() // (1024 * 1024)
    return _("El archivo pesa más de %(mb)s MB. Mande una captura de pantalla o una foto más ligera.") % {
        "mb": megabytes
    }


def picture_type(data: bytes) -> str:
    """The media type its bytes show. Raises BadPicture for what is neither a picture nor a PDF, or too large."""
    if len(data) > size_limit():
        raise BadPicture(too_large())
    if not data:
        raise BadPicture(_("El archivo está vacío."))
    try:
        kind = upload_type(data)
    except ValueError:
        kind = ""
    if kind in PICTURES or kind == PDF:
        return kind
    if data[4:8] == b"ftyp" and data[8:12] in HEIF:
        # The decoders for it come with code under the GPL.
        raise BadPicture(_("Las fotos HEIC de iPhone no se pueden abrir aquí. Mande una captura de pantalla o un JPG."))
    raise BadPicture(_("El archivo no es una foto (JPG, PNG, WebP) ni un PDF."))


def examine_picture(data: bytes) -> Examined:
    """Open a file in a process with limits of memory and time; return what it is and how it looks.

    Raises BadPicture. Takes about half a second; no transaction should be open meanwhile.
    """
    kind = picture_type(data)
    with AT_ONCE, tempfile.TemporaryDirectory(prefix="receipt-") as folder:
        found = _run(data, folder)
        if "refused" in found:
            raise BadPicture(str(REASONS[str(found["refused"])]))
        shown = range(1, int(found["shown"]) + 1)
        previews = tuple((Path(folder) / f"{number}.jpg").read_bytes() for number in shown)
    return Examined(
        content_type=kind,
        sha256=hashlib.sha256(data).hexdigest(),
        pages=int(found["pages"]),
        dhash=int(found["dhash"]),
        previews=previews,
    )


def _run(data: bytes, folder: str) -> dict[str, int | str]:
    try:
        done = subprocess.run(  # noqa: S603 -- our own script, its arguments ours
            [sys.executable, "-I", str(RENDER), folder], input=data, capture_output=True, timeout=PATIENCE, check=True
        )
        found: dict[str, int | str] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise BadPicture(str(REASONS["bomb"])) from None
    except subprocess.CalledProcessError as error:
        # Killed by a limit, or by a fault of the library that opened it.
        raise BadPicture(str(REASONS["bomb" if error.returncode < 0 else "broken"])) from None
    except ValueError:
        raise BadPicture(str(REASONS["broken"])) from None
    return found
