"""Permission enters by the query: what a person may not see is not found."""

from __future__ import annotations

from typing import Any, Self

from django.db import models


class ScopedQuerySet(models.QuerySet[Any]):
    """A queryset whose rows need `view_code`."""

    view_code = ""

    def visible_to(self, user: Any) -> Self:
        """Return the rows `user` may see: all of them, or none."""
        return self if user.is_authenticated and user.can(self.view_code) else self.none()
