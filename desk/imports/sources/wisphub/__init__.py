"""WispHub's client and invoice lists, as its API gives them (`/api/clientes/`, `/api/facturas/`).

The shapes and traps were read from the API's own pages and from exports of providers who use it: dates are
DD/MM/YYYY, amounts are text, `saldo` is owed beside the open invoices, and "Pagadas" may hide a debt.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.imports.sources.base import Batch, InvoiceRow, Level, Problem, SourceFile, UnreadableFilesError
from desk.imports.sources.wisphub.clients import ClientRecord
from desk.imports.sources.wisphub.invoices import InvoiceRecord
from desk.imports.sources.wisphub.reading import CLIENTS, INVOICES, Page, UnreadableFileError, read_page


class WispHub:
    """Reads any mix of client and invoice pages."""

    kind: str = "wisphub"
    label: str | Promise = gettext_lazy("WispHub")

    def read(self, files: list[SourceFile], *, country: str) -> Batch:
        """Type every row. Raises UnreadableFilesError when a file is no list, or none is of clients."""
        pages = _read_pages(files)
        batch = Batch()
        _announce_missing(pages, batch)
        seen_clients: set[str] = set()
        seen_invoices: set[str] = set()
        for page in pages:
            batch.problems.extend(page.problems)
            if page.kind == CLIENTS:
                _read_clients(page, batch, seen_clients, country)
            else:
                _read_invoices(page, batch, seen_invoices)
        return batch


def _read_pages(files: list[SourceFile]) -> list[Page]:
    pages: list[Page] = []
    problems: list[Problem] = []
    for file in files:
        try:
            pages.append(read_page(file))
        except UnreadableFileError as error:
            problems.append(Problem("unreadable", Level.ERROR, str(error), file=file.name))
    if not problems and not any(page.kind == CLIENTS for page in pages):
        sentence = (
            _(
                "«%(name)s» es la lista de facturas y falta la de clientes. Traiga también "
                "/api/clientes/: las facturas solas "
                "no dicen de quién son los servicios."
            )
            % {"name": pages[0].name}
            if pages
            else _("No trajo ningún archivo.")
        )
        problems.append(Problem("no_clients", Level.ERROR, sentence, file=pages[0].name if pages else ""))
    if problems:
        raise UnreadableFilesError(problems)
    return pages


def _announce_missing(pages: list[Page], batch: Batch) -> None:
    """The API says how many rows there are in all: fewer than that means a page was left behind."""
    for kind in (CLIENTS, INVOICES):
        of_kind = [page for page in pages if page.kind == kind]
        have = sum(len(page.rows) for page in of_kind)
        announced = max((page.announced for page in of_kind), default=0)
        if announced > have:
            batch.problems.append(
                Problem(
                    "missing_pages",
                    Level.WARNING,
                    _(
                        "WispHub dice que son %(announced)d y los archivos traen %(have)d: "
                        "faltan páginas. Pida más por "
                        "página con «limit», o traiga también las demás."
                    )
                    % {"announced": announced, "have": have},
                    file=of_kind[0].name,
                )
            )


def _read_clients(page: Page, batch: Batch, seen: set[str], country: str) -> None:
    for number, record in enumerate(page.rows, 1):
        if "id_factura" in record:
            batch.problems.append(_mixed(page, number))
            continue
        reader = ClientRecord(record, file=page.name, row=number, country=country)
        row = reader.read()
        if row is not None and row.ref in seen:
            batch.problems.append(_repeated(page, number, row.ref))
            continue
        batch.problems.extend(reader.problems)
        if row is not None:
            seen.add(row.ref)
            batch.services.append(row)


def _read_invoices(page: Page, batch: Batch, seen: set[str]) -> None:
    for number, record in enumerate(page.rows, 1):
        found = InvoiceRecord(record, file=page.name, row=number).read()
        match found:
            case InvoiceRow():
                if found.ref in seen:
                    batch.problems.append(_repeated(page, number, found.label))
                    continue
                seen.add(found.ref)
                batch.invoices.append(found)
            case Problem():
                batch.problems.append(found)
            case None:
                batch.void_invoices += 1


def _repeated(page: Page, row: int, ref: str) -> Problem:
    return Problem(
        "repeated",
        Level.WARNING,
        _("«%(ref)s» ya venía antes en los archivos; se toma la primera vez.") % {"ref": ref},
        file=page.name,
        row=row,
        ref=ref,
    )


def _mixed(page: Page, row: int) -> Problem:
    return Problem(
        "mixed",
        Level.ERROR,
        _("Este registro es una factura dentro de la lista de clientes."),
        file=page.name,
        row=row,
    )
