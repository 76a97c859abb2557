"""Differences as the review list shows them: filtered, counted, paged by key."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from customers.text import fold
from network.models import Drift

PAGE = 50
STATES: dict[str, Q] = {
    "open": Q(resolved_at=None, ignored_at=None),
    "ignored": Q(resolved_at=None, ignored_at__isnull=False),
    "resolved": Q(resolved_at__isnull=False),
}


@dataclass(frozen=True)
class DriftListing:
    """What to show: `after` is (kind, id) of the last row shown before."""

    router_id: int | None = None
    state: str = "open"
    kind: str = ""
    text: str = ""
    after: tuple[str, int] | None = None

    def _rows(self) -> QuerySet[Drift]:
        rows = Drift.objects.filter(STATES.get(self.state, STATES["open"]))
        if self.router_id is not None:
            rows = rows.filter(router_id=self.router_id)
        if self.text:
            name = Q(access__service__customer__name_key__contains=fold(self.text))
            rows = rows.filter(Q(key__icontains=self.text) | Q(theirs__icontains=self.text) | name)
        return rows

    def counts(self) -> dict[str, int]:
        """Return how many there are of each kind, whatever kind is chosen."""
        return dict(self._rows().values_list("kind").annotate(n=Count("id")).order_by("kind"))

    def page(self, *, size: int = PAGE) -> tuple[list[Drift], tuple[str, int] | None]:
        """Return a page by kind and age, and where to go on when there is more."""
        rows = self._rows().select_related("access__service__customer")
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.state == "resolved":
            rows = rows.order_by("-id")
            if self.after:
                rows = rows.filter(pk__lt=self.after[1])
        else:
            rows = rows.order_by("kind", "id")
            if self.after:
                rows = rows.filter(Q(kind__gt=self.after[0]) | Q(kind=self.after[0], pk__gt=self.after[1]))
        found = list(rows[: size + 1])
        last = found[size - 1] if len(found) > size else None
        return found[:size], (last.kind, last.pk) if last else None


def open_count(router_id: int) -> int:
    """Return how many differences of a router wait for a person."""
    return Drift.objects.open().filter(router_id=router_id).count()
