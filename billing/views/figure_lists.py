"""The rows behind a number of Informes: who and what it is made of, and the same as a table to take away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_GET

from accounts.access import needs
from billing.domain.figures.cuts import LISTS, list_cuts
from billing.domain.figures.dimensions import WHOLE, Dimension
from billing.domain.figures.lists import PARTS, Listed, Listing, list_figure
from billing.domain.figures.period import Span
from billing.domain.figures.tables import SHAPES
from billing.views.figure_words import duration, span_name
from billing.views.figures import read_asked
from customers.models import Plan, Zone
from tenants.spreadsheets import Row, xlsx_response

SHOWN, MOST_IN_SHEET = 200, 100_000
WORDS = {
    "invoice": later("Factura"),
    "note": later("Nota de crédito"),
    "payment": later("Pago"),
    "void": later("Pago anulado"),
    "refund": later("Devolución"),
    "new": later("Nuevo"),
    "expansion": later("Expansión"),
    "contraction": later("Contracción"),
    "gone": later("Baja"),
    "back": later("Reactivación"),
    "transfers": later("Cambio de plan"),
}
CUT_WORDS = {
    "ordered": later("Cortes ordenados"),
    "made": later("Cortes hechos"),
    "lifted": later("Pagados antes del corte"),
    "waiting": later("Cortes sin hacer"),
    "ended": later("Cortes levantados"),
    "automatic": later("Levantados por pago o promesa"),
    "back": later("Reconexiones hechas"),
    "not_back": later("Reconexiones sin hacer"),
}
PAGES = {"invoice": "billing:invoice", "note": "billing:credit_note", "payment": "billing:payment"}


class Narrowed:
    """What the address narrows a list to; what makes no sense there is left out."""

    def __init__(self, request: HttpRequest, what: str) -> None:
        self.span: Span = read_asked(request).span
        dimensions = SHAPES[what].by
        self.by: Dimension = dimensions.get(request.GET.get("by", ""), WHOLE)
        key = request.GET.get("key", "")[:160]
        self.key: str | None = None if not key or self.by is WHOLE else "" if key == "none" else key
        part = request.GET.get("part", "")
        known: Any = LISTS if what == "cuts" else PARTS[what]
        self.part: str = part if part in known else next(iter(known))

    def words(self, what: str, called: str = "") -> str:
        """What the list holds: «Facturado · Norte · octubre»."""
        shape = SHAPES[what]
        column = next((c for c in shape.columns if c.part == self.part), None)
        names = [str(column.name if column else shape.name)]
        if self.key is not None:
            names.append(called or self._key_name())
        return " · ".join([*names, span_name(self.span, today=self.span.last)])

    def _key_name(self) -> str:
        key = self.key or ""
        if self.by.code in {"zone", "plan"} and key.isdecimal() and len(key) < 19:
            model: Any = Zone if self.by.code == "zone" else Plan
            return str(model.objects.filter(pk=int(key)).values_list("name", flat=True).first() or key)
        return self.by.named(key, key)


@require_GET
@needs("reports.view")
def listing(request: HttpRequest, what: str) -> HttpResponse:
    """The rows of a figure, the greatest first, with their sum."""
    narrowed = Narrowed(request, what)
    found = _found(narrowed, what, SHOWN)
    context = {
        "title": narrowed.words(what, found.called),
        "rows": [(row, WORDS[row.what], _url(row)) for row in found.rows],
        "found": found,
        "dated": what != "moved",
        "due": what == "owed",
        "query": request.GET.urlencode(),
        "what": what,
    }
    return render(request, "billing/figures/list.html", context)


@require_GET
@needs("customers.export")
def list_export(request: HttpRequest, what: str) -> HttpResponseBase:
    """All the rows of a figure as a table."""
    narrowed = Narrowed(request, what)
    head = [_("Código"), _("Cliente"), _("Zona"), _("Qué"), _("Folio o referencia"), _("Día"), _("Monto")]
    return xlsx_response(_("informe"), head, _rows(_found(narrowed, what, MOST_IN_SHEET)))


def _found(narrowed: Narrowed, what: str, limit: int) -> Listing:
    return list_figure(what, narrowed.span, by=narrowed.by, key=narrowed.key, part=narrowed.part, limit=limit)


def _rows(found: Listing) -> Iterator[Row]:
    for row in found.rows:
        yield row.code, row.name, row.zone, str(WORDS[row.what]), row.label, row.day, row.amount


def _url(row: Listed) -> str:
    page = PAGES.get("payment" if row.what == "void" else row.what)
    if page and row.ref_id:
        return reverse(page, args=[row.ref_id])
    return reverse("customers:detail", args=[row.customer_id])


@require_GET
@needs("reports.view")
def cut_list(request: HttpRequest) -> HttpResponse:
    """The cuts and reconnections behind a number, the newest first, with how long each took to come back."""
    narrowed = Narrowed(request, "cuts")
    rows = list_cuts(narrowed.span, narrowed.part, by=narrowed.by, key=narrowed.key, limit=SHOWN)
    context = {
        "title": narrowed.words("cuts"),
        "part": narrowed.part,
        "rows": [(row, "" if row.took is None else duration(row.took)) for row in rows],
        "full": len(rows) == SHOWN,
        "most": SHOWN,
        "parts": [(code, words, _with(request, code)) for code, words in CUT_WORDS.items()],
    }
    return render(request, "billing/figures/cut_list.html", context)


def _with(request: HttpRequest, part: str) -> str:
    kept = request.GET.copy()
    kept["part"] = part
    return f"{request.path}?{kept.urlencode()}"
