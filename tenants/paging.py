"""Lists page by key: the next page starts after the last row shown, so deep pages cost what the first does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.http import HttpRequest

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and the address of those that follow."""

    rows: list[Any]
    next_url: str


class Beyond(Func):
    """`(field, id) < (value, pk)`, or `>` when rising: compared as a row, it is where an index scan begins.

    As an OR of two conditions it would be a filter over everything before the page.
    """

    output_field = BooleanField()

    def __init__(self, field: str, value: object, pk: int, *, falling: bool = True) -> None:
        super().__init__(F(field), F("pk"), Value(value), Value(pk))
        self.template = f"({{}}, {{}}) {'<' if falling else '>'} ({{}}, {{}})"

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Each part in its place of the comparison."""
        parts = [compiler.compile(part) for part in self.source_expressions]
        return self.template.format(*(sql for sql, _params in parts)), [p for _sql, params in parts for p in params]


def page_by(rows: QuerySet[Any], request: HttpRequest, *, field: str, falling: bool = True, size: int = PAGE) -> Page:
    """The page after `?after=` of rows ordered by `field` and id. A key that was not ours starts over."""
    after = _read(request.GET.get("after", ""), field)
    if after is not None:
        rows = rows.filter(Beyond(field, *after, falling=falling))
    found = list(rows[: size + 1])
    if len(found) <= size:
        return Page(found, "")
    found = found[:size]
    query = request.GET.copy()
    query["after"] = signing.dumps([field, str(getattr(found[-1], field)), found[-1].pk], salt="page")
    return Page(found, f"{request.path}?{query.urlencode()}")


def _read(key: str, field: str) -> tuple[str, int] | None:
    """Where the page starts; None for a key that is not ours or belongs to another order."""
    try:
        of_field, value, pk = signing.loads(key, salt="page")
    except (signing.BadSignature, ValueError):
        return None
    return (str(value), int(pk)) if of_field == field else None
