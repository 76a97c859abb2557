"""The problems of a report as people look at them: grouped by kind, and as a table to take away."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.spreadsheets import csv_lines

EXAMPLES = 3

TITLES: dict[str, str | Promise] = {
    "not_a_row": gettext_lazy("Renglones que no son registros"),
    "mixed": gettext_lazy("Facturas mezcladas entre los clientes"),
    "no_key": gettext_lazy("Registros sin número de servicio"),
    "no_name": gettext_lazy("Registros sin nombre"),
    "bad_state": gettext_lazy("Estados que no se conocen"),
    "bad_price": gettext_lazy("Precios que no son un importe"),
    "bad_balance": gettext_lazy("Saldos que no son un importe"),
    "no_zone": gettext_lazy("Servicios sin zona"),
    "no_plan": gettext_lazy("Servicios sin plan"),
    "bad_invoice_state": gettext_lazy("Facturas en un estado desconocido"),
    "bad_invoice_total": gettext_lazy("Facturas sin un total que sirva"),
    "bad_invoice_day": gettext_lazy("Facturas sin fechas"),
    "orphan_invoice": gettext_lazy("Facturas de clientes que no están en la lista"),
    "missing_pages": gettext_lazy("Faltan páginas de la lista"),
    "repeated": gettext_lazy("Registros repetidos"),
    "shared_user": gettext_lazy("Usuarios PPPoE repetidos"),
    "namesakes": gettext_lazy("Personas con el mismo nombre"),
    "cut_days": gettext_lazy("Zonas con distinto día de corte"),
    "no_router": gettext_lazy("Servicios sin router"),
    "no_phone": gettext_lazy("Clientes sin teléfono"),
    "bad_phone": gettext_lazy("Teléfonos incompletos"),
    "bad_email": gettext_lazy("Correos que no lo son"),
    "bad_ip": gettext_lazy("Direcciones IP mal escritas"),
    "bad_mac": gettext_lazy("Direcciones MAC mal escritas"),
    "bad_place": gettext_lazy("Coordenadas que no sirven"),
    "bad_day": gettext_lazy("Fechas que no existen"),
    "too_long": gettext_lazy("Textos demasiado largos"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The problems of one kind; `left_out` says whether they keep rows out."""

    title: str
    count: int
    left_out: bool
    examples: list[dict[str, Any]]


def group_problems(report: dict[str, Any]) -> list[Group]:
    """Return the report's problems by kind: what leaves rows out first, then by how many."""
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for problem in report.get("problems", []):
        by_kind[problem["kind"]].append(problem)
    groups = [
        Group(str(TITLES.get(kind, kind)), len(found), any(p["level"] == "error" for p in found), found[:EXAMPLES])
        for kind, found in by_kind.items()
    ]
    return sorted(groups, key=lambda group: (not group.left_out, -group.count))


def problems_csv(report: dict[str, Any]) -> str:
    """Return the problems as a table that a spreadsheet opens with its accents."""
    head = [_("Archivo"), _("Registro"), _("Referencia"), _("Campo"), _("Gravedad"), _("Qué pasa")]
    levels = {"error": _("Queda fuera")}
    rows = (
        [p["file"], p["row"], p["ref"], p["field"], levels.get(p["level"], _("Aviso")), p["sentence"]]
        for p in report.get("problems", [])
    )
    return "".join(csv_lines(head, rows))
