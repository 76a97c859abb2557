"""The counts of a check or a run as lines to read: what, how many, and what to know about it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def count_lines(counts: dict[str, Any], foretold: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Return (label, how many, note) of everything that is not zero. `foretold` has the finer counts of the check."""
    lines = [
        (_("Clientes"), counts.get("customers_new", 0), _changed(counts, "customers")),
        (_("Servicios"), counts.get("services_new", 0), _states(foretold)),
        (_("Teléfonos"), counts.get("contacts_new", 0), ""),
        (_("Zonas"), counts.get("zones_new", 0), ""),
        (_("Planes"), counts.get("plans_new", 0), ""),
        (_("Facturas abiertas"), foretold.get("invoices_open", 0), _("conservan su folio y su vencimiento")),
        (_("Facturas pagadas"), foretold.get("invoices_paid", 0), _("como historia, para no cobrar dos veces")),
        (_("Saldos por cobrar"), counts.get("balances_new", 0), _("vencen en el próximo día de corte")),
        (_("Saldos a favor"), counts.get("credits_new", 0), ""),
        (_("Accesos PPPoE"), counts.get("accesses_new", 0), ""),
        (_("Routers"), counts.get("routers_new", 0), _("por conectar: falta su dirección")),
        (_("Suspendidos que deben"), counts.get("holds_debt", 0), _("vuelven al pagar")),
        (_("Suspendidos sin deuda"), counts.get("holds_staff", 0), _("siguen cortados hasta que alguien decida")),
    ]
    return [line for line in lines if line[1] or (line[2] and line[0] in (_("Clientes"), _("Servicios")))]


def _changed(counts: dict[str, Any], what: str) -> str:
    changed = counts.get(f"{what}_changed", 0)
    return _("y %(n)d que cambian") % {"n": changed} if changed else ""


def _states(foretold: dict[str, Any]) -> str:
    words = (
        ("services_active", _("activos")),
        ("services_suspended", _("suspendidos")),
        ("services_free", _("gratis")),
        ("services_cancelled", _("cancelados")),
    )
    return ", ".join(f"{foretold[key]} {word}" for key, word in words if foretold.get(key))
