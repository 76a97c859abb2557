"""How a customer is taxed: the tax id of their documents, whether they are exempt, and what they withhold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from customers.models import Customer, Tax
from customers.tax_ids import BadTaxId, check_tax_id
from tenants.current import current_tenant


class TaxTermsRefused(ValueError):
    """What was asked makes no sense; `errors` has a sentence for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def check_tax_terms(fields: Mapping[str, Any], customer: Customer | None = None) -> dict[str, Any]:
    """Return the fields with the tax id compact and no reason without an exemption. Others pass as they are.

    What is not in `fields` counts as the customer has it. Raises TaxTermsRefused.
    """
    found, errors = dict(fields), {}
    customer = customer if customer and customer.pk else None
    if "tax_id" in found:
        try:
            found["tax_id"] = check_tax_id(found["tax_id"] or "", current_tenant().country)
        except BadTaxId as error:
            errors["tax_id"] = str(error)
    exempt = found.get("tax_exempt", customer.tax_exempt if customer else False)
    reason = found.get("tax_exempt_reason", customer.tax_exempt_reason if customer else "").strip()
    if exempt and not reason:
        errors["tax_exempt_reason"] = _("Escriba por qué no paga impuestos: la factura y una revisión lo piden.")
    if {"tax_exempt", "tax_exempt_reason"} & found.keys():
        found["tax_exempt_reason"] = reason if exempt else ""
    if any(tax.kind != Tax.Kind.WITHHELD for tax in found.get("withholdings", ())):
        errors["withholdings"] = _("Sólo se retiene con impuestos del tipo retención.")
    if errors:
        raise TaxTermsRefused(errors)
    return found
