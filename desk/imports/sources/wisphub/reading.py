"""From the bytes of a file to WispHub's rows: what is inside, and what to do when it is something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from desk.imports.sources.base import Level, Problem, SourceFile

CLIENTS = "clients"
INVOICES = "invoices"

_SPREADSHEET = b"PK\x03\x04"
_OLD_SPREADSHEET = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF"


class UnreadableFileError(Exception):
    """The file holds no list that can be used; the message is a sentence for whoever brought it."""


@dataclass(slots=True)
class Page:
    """The rows of one file, what they are, and how many the API said there are in all."""

    name: str
    kind: str
    rows: list[dict[str, Any]]
    announced: int = 0
    problems: list[Problem] = field(default_factory=list)


def read_page(file: SourceFile) -> Page:
    """What a file holds: a page of the API, a list of rows, or a list of pages.

    Raises UnreadableFileError, saying what the file is instead and how to get the right one.
    """
    text = _decode(file)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableFileError(_broken(file.name, text, error)) from None
    except RecursionError:
        raise UnreadableFileError(
            _("«%(name)s» no tiene la forma de una lista de WispHub.") % {"name": file.name}
        ) from None
    page = Page(name=file.name, kind="", rows=[])
    for part in _parts(file.name, document):
        page.announced = max(page.announced, _announced(part))
        _take(page, part["results"])
    if not page.rows:
        raise UnreadableFileError(
            _(
                "«%(name)s» es una lista vacía: no trae ningún cliente ni factura. Si en "
                "WispHub sí hay, revise los filtros."
            )
            % {"name": file.name}
        )
    page.kind = _kind(file.name, page.rows)
    return page


def _decode(file: SourceFile) -> str:
    content = file.content
    if not content.strip():
        raise UnreadableFileError(_("«%(name)s» está vacío. Descárguelo otra vez de WispHub.") % {"name": file.name})
    if content.startswith((_SPREADSHEET, _OLD_SPREADSHEET)):
        raise UnreadableFileError(
            _(
                "«%(name)s» es una hoja de cálculo o un archivo comprimido. Aquí va la lista "
                "en JSON, como la da "
                "la API de WispHub."
            )
            % {"name": file.name}
        )
    if content.startswith(_PDF):
        raise UnreadableFileError(
            _("«%(name)s» es un PDF. Aquí va la lista en JSON, como la da la API de WispHub.") % {"name": file.name}
        )
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        # A list saved again by an old editor: every byte means something in this table.
        return content.decode("cp1252", errors="replace")


def _broken(name: str, text: str, error: json.JSONDecodeError) -> str:
    start = text.lstrip()[:200].lower()
    if start.startswith("<"):
        return _(
            "«%(name)s» es una página web (HTML) y no la lista. Suele pasar cuando la sesión "
            "de WispHub se cerró o la "
            "clave de API no es válida: vuelva a entrar y descárguela otra vez."
        ) % {"name": name}
    if start[:1] not in ("{", "["):
        if ("," in start or ";" in start or "\t" in start) and "\n" in text:
            return _(
                "«%(name)s» parece una tabla de texto (CSV). Aquí va la lista en JSON, como la da la API de WispHub."
            ) % {"name": name}
        return _("«%(name)s» no es JSON. Aquí va la lista como la da la API de WispHub.") % {"name": name}
    if error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg:
        return _("«%(name)s» está cortado: se acaba a la mitad. Descárguelo otra vez completo.") % {"name": name}
    return _(
        "«%(name)s» está dañado en la línea %(line)d, columna %(column)d. Descárguelo otra vez sin abrirlo ni editarlo."
    ) % {"name": name, "line": error.lineno, "column": error.colno}


def _parts(name: str, document: object) -> Iterator[dict[str, Any]]:
    """The pages inside a document, whichever of the three shapes it has."""
    if isinstance(document, list):
        if document and all(isinstance(part, dict) and isinstance(part.get("results"), list) for part in document):
            yield from document
        else:
            yield {"results": document}
        return
    if isinstance(document, dict) and isinstance(document.get("results"), list):
        yield document
        return
    if isinstance(document, dict) and isinstance(document.get("detail"), str):
        raise UnreadableFileError(
            _(
                "«%(name)s» es un mensaje de error de WispHub («%(detail)s») y no la lista. "
                "Revise que la clave de API "
                "sea correcta y que su usuario tenga permiso."
            )
            % {"name": name, "detail": document["detail"][:120]}
        )
    if isinstance(document, dict) and ("usuario_rb" in document or "id_servicio" in document):
        raise UnreadableFileError(
            _("«%(name)s» es la ficha de un solo cliente. Aquí va la lista completa (/api/clientes/).") % {"name": name}
        )
    raise UnreadableFileError(
        _("«%(name)s» no tiene la forma de una lista de WispHub: falta «results».") % {"name": name}
    )


def _is_page(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("results"), list)


def _announced(part: dict[str, Any]) -> int:
    count = part.get("count")
    return count if isinstance(count, int) and not isinstance(count, bool) else 0


def _take(page: Page, rows: list[Any]) -> None:
    for row in rows:
        if isinstance(row, dict):
            page.rows.append(row)
        else:
            page.problems.append(
                Problem(
                    kind="not_a_row",
                    level=Level.ERROR,
                    file=page.name,
                    row=len(page.rows) + len(page.problems) + 1,
                    sentence=_("Este renglón no es un registro y se deja fuera."),
                )
            )


def _kind(name: str, rows: list[dict[str, Any]]) -> str:
    first = rows[0]
    if "id_factura" in first:
        return INVOICES
    if "id_servicio" in first:
        return CLIENTS
    if "id_ticket" in first or "asunto" in first:
        raise UnreadableFileError(
            _("«%(name)s» es la lista de tickets. Aquí van la de clientes y la de facturas.") % {"name": name}
        )
    raise UnreadableFileError(
        _(
            "«%(name)s» es una lista, pero no de clientes ni de facturas de WispHub: sus "
            "registros no traen «id_servicio» "
            "ni «id_factura»."
        )
        % {"name": name}
    )
