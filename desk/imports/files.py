"""The brought files at rest: compressed, sealed (they hold passwords), under the tenant's folder, then deleted."""

from __future__ import annotations

import base64
import hashlib
import zlib

from django.core.files.base import ContentFile

from desk.imports.sources.base import SourceFile
from desk.models import ImportFile, ImportRun
from tenants.current import current_tenant
from tenants.sealing import open_text, seal_text


def keep_file(*, run: ImportRun, file: SourceFile) -> ImportFile:
    """Seal a file and keep it with its run."""
    row = ImportFile(
        run=run, name=file.name[:200], size=len(file.content), sha256=hashlib.sha256(file.content).hexdigest()
    )
    packed = base64.b85encode(zlib.compress(file.content, 6)).decode()
    row.content.save(f"imports/{row.uuid}.sealed", ContentFile(seal_text(packed, _bound_to(row))), save=False)
    row.save()
    return row


def open_files(run: ImportRun) -> list[SourceFile]:
    """Return the run's files as they were brought. Raises SealError, OSError when a file is gone."""
    return [SourceFile(row.name, _open(row)) for row in run.files.all()]


def drop_files(run: ImportRun) -> None:
    """Delete the content of the run's files; their names and fingerprints stay."""
    for row in run.files.exclude(content=""):
        row.content.delete(save=False)
        row.content = ""
        row.save(update_fields=["content"])


def _open(row: ImportFile) -> bytes:
    with row.content.open("rb") as stored:
        return zlib.decompress(base64.b85decode(open_text(stored.read(), _bound_to(row))))


def _bound_to(row: ImportFile) -> bytes:
    return f"{current_tenant().uuid}|desk.importfile.content|{row.uuid}".encode()
