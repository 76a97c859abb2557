"""Files of messages: served to those who may see the inbox, whole or by ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import IO, Any, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from accounts.access import needs
from inbox.models import Attachment

# What a browser may show by itself; everything else is downloaded.
SHOWN = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "audio/ogg",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/wav",
    "video/mp4",
    "video/webm",
    "application/pdf",
)
RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
PIECE = 64 * 1024  # bytes


@require_GET
@needs("inbox.view")
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """A file, for those who may see the inbox. What a browser could run is only ever downloaded."""
    found = get_object_or_404(Attachment.objects.exclude(file=""), pk=pk)
    shown = found.content_type in SHOWN
    kind = found.content_type if shown else "application/octet-stream"
    try:
        file = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    part = wanted_range(request.headers.get("Range", ""), found.file.size)
    name = found.filename or PurePath(str(found.file.name)).name
    response: Any
    if part is None:
        response = FileResponse(file, content_type=kind, as_attachment=not shown, filename=name)
    elif not part:
        file.close()
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{found.file.size}"})
    else:
        response = _partial(file, part, size=found.file.size, content_type=kind)
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    # A sandboxed page has no PDF viewer; the viewer runs nothing of the document in our origin.
    pdf = kind == "application/pdf"
    response["Content-Security-Policy"] = "frame-ancestors 'self'" if pdf else "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=86400"
    return cast("HttpResponse", response)  # a streaming answer, which Django's stubs keep apart


def wanted_range(header: str, size: int) -> tuple[int, int] | tuple[()] | None:
    """Return the first and last byte a request wants; None for the whole file, () for what the file does not have.

    Several ranges at once are answered with the whole, as RFC 9110 allows.
    """
    found = RANGE.match(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(size - int(found[2]), 0), size - 1
    else:
        first, last = int(found[1]), min(int(found[2]) if found[2] else size - 1, size - 1)
    return (first, last) if first <= last else ()


def _partial(file: IO[bytes], part: tuple[int, int], *, size: int, content_type: str) -> StreamingHttpResponse:
    first, last = part
    response = StreamingHttpResponse(_pieces(file, first, last - first + 1), status=206, content_type=content_type)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Length"] = str(last - first + 1)
    return response


def _pieces(file: IO[bytes], start: int, left: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
