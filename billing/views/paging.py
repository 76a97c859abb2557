"""Lists page by key: the next page starts after the last row shown, so deep pages cost what the first does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import HttpRequest

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and the address of those that follow."""

    rows: list[Any]
    next_url: str


def page_by(rows: QuerySet[Any], request: HttpRequest, *, field: str, size: int = PAGE) -> Page:
    """The page after `?after=` of rows ordered by `-field, -id`. A key that was not ours starts over."""
    after = _read(request.GET.get("after", ""))
    if after is not None:
        value, pk = after
        rows = rows.filter(Q(**{f"{field}__lt": value}) | Q(**{field: value}, pk__lt=pk))
    found = list(rows[: size + 1])
    if len(found) <= size:
        return Page(found, "")
    found = found[:size]
    query = request.GET.copy()
    query["after"] = signing.dumps([getattr(found[-1], field).isoformat(), found[-1].pk], salt="page")
    return Page(found, f"{request.path}?{query.urlencode()}")


def _read(key: str) -> tuple[str, int] | None:
    try:
        value, pk = signing.loads(key, salt="page")
    except (signing.BadSignature, ValueError):
        return None
    return str(value), int(pk)
