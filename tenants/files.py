"""Files live under the tenant's UUID and are served by views that check who asks; there are no public URLs."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import connection


class TenantStorage(FileSystemStorage):
    """A file system storage whose root is MEDIA_ROOT/<tenant uuid>."""

    # Django caches the location at first use; ours depends on who is entered now.
    @property
    def location(self) -> str:
        """Return the folder of the current tenant."""
        tenant = getattr(connection, "tenant", None)
        return str((Path(settings.MEDIA_ROOT) / str(getattr(tenant, "uuid", "public"))).resolve())

    def url(self, name: str | None) -> str:
        raise ValueError("files have no public address; link to the view that serves them")
