"""Files on their way in: what is too large is thrown away as it arrives, and the answer still says so."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException

from billing.pictures.examine import BadPicture, size_limit, too_large

# A browser reads the answer only after it has sent everything: so much is read and thrown away. Past it, it is cut off.
DRAINED = 64 * 1024 * 1024
FIELDS = 64 * 1024  # bytes of a form besides its file


class TooLargeFile(InMemoryUploadedFile):
    """A file that was larger than a proof of payment may be; its bytes were not kept."""


class LimitedUpload(FileUploadHandler):
    """Keep files in memory up to the limit, all of one request together; drop what comes past it."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.taken = 0
        self.parts: list[bytes] = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece, or let it go."""
        self.taken += len(raw_data)
        if self.taken > size_limit():
            self.parts.clear()
        else:
            self.parts.append(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Return the file, or the mark that it was too large."""
        kind = TooLargeFile if self.taken > size_limit() else InMemoryUploadedFile
        data = b"".join(self.parts)
        self.parts = []
        return kind(io.BytesIO(data), self.field_name, self.file_name or "", self.content_type, len(data), self.charset)


def is_endless(request: HttpRequest) -> bool:
    """Say whether more was announced than anybody will read; JSON goes through memory, so less of it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    form = request.content_type == "multipart/form-data"
    return not length.isdecimal() or int(length) > (DRAINED if form else size_limit() * 4 // 3 + FIELDS)


def bytes_of(upload: Any) -> bytes:
    """The bytes of an uploaded file. Raises BadPicture for one that was too large."""
    if isinstance(upload, TooLargeFile):
        raise BadPicture(too_large())
    data: bytes = upload.read()
    return data


class BodyTooLarge(APIException):
    """What was sent is larger than a proof of payment may be."""

    status_code = 413
    default_code = "too_large"


def from_base64(text: str) -> bytes:
    """The bytes of a file in a JSON body, with or without `data:…;base64,`. Raises BadPicture."""
    plain = text.partition(";base64,")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise BadPicture(_("El archivo debe venir en base64.")) from None
