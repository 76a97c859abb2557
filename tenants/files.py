"""Files live under the tenant's UUID and are served by views that check who asks; there are no public URLs."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.utils._os import safe_join


class TenantStorage(FileSystemStorage):
    """A file system storage whose root is MEDIA_ROOT/<tenant uuid>."""

    def path(self, name: str) -> str:
        tenant = getattr(connection, "tenant", None)
        root = Path(settings.MEDIA_ROOT) / str(getattr(tenant, "uuid", "public"))
        return str(safe_join(str(root), name))

    def url(self, name: str | None) -> str:
        raise ValueError("files have no public address; link to the view that serves them")
