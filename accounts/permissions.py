"""The permission matrix: which role may do what. Codes are `subject.verb`; the matrix is the one place to look."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The seven staff roles."""

    OWNER = "owner", _("Propietario")
    ADMINISTRATOR = "administrator", _("Administrador")
    COLLECTIONS = "collections", _("Cobranza")
    SUPPORT = "support", _("Soporte")
    TECHNICIAN = "technician", _("Técnico")
    SALES = "sales", _("Ventas")
    READ_ONLY = "read_only", _("Solo lectura")


VIEW = frozenset({"customers.view", "billing.view", "network.view", "inbox.view", "reports.view"})
ALL = VIEW | {
    "customers.edit",
    "customers.export",
    "services.hold",
    "billing.run",
    "billing.correct",
    "billing.policy",
    "payments.record",
    "payments.void",
    "payments.refund",
    "promises.grant",
    "drawers.audit",
    "bank.import",
    "gateways.edit",
    "receipts.review",
    "dunning.decide",
    "dunning.approve",
    "network.operate",
    "network.edit",
    "inbox.reply",
    "inbox.assign",
    "tickets.edit",
    "bot.edit",
    "imports.run",
    "settings.edit",
    "staff.edit",
    "api.keys",
}

MATRIX: dict[str, frozenset[str]] = {
    Role.OWNER: ALL,
    Role.ADMINISTRATOR: ALL - {"api.keys"},
    Role.COLLECTIONS: VIEW
    | {"customers.edit", "customers.export", "billing.run", "payments.record", "receipts.review"}
    | {"dunning.decide", "promises.grant", "bank.import", "inbox.reply", "inbox.assign"}
    | {"tickets.edit"},
    Role.SUPPORT: (VIEW - {"reports.view"})
    | {"customers.edit", "promises.grant", "inbox.reply", "inbox.assign", "tickets.edit", "network.operate"},
    Role.TECHNICIAN: frozenset({"customers.view", "network.view", "network.operate", "inbox.view", "tickets.edit"}),
    Role.SALES: frozenset({"customers.view", "customers.edit", "inbox.view", "inbox.reply", "tickets.edit"}),
    Role.READ_ONLY: VIEW,
}


def allowed(role: str, code: str) -> bool:
    """Say whether a role holds a code. Raises KeyError for a code nobody holds: a typing error, not a refusal."""
    if code not in ALL:
        raise KeyError(code)
    return code in MATRIX[role]
