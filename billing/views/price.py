"""What a price comes to with its taxes, for whoever is typing a plan."""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import needs
from billing.domain.policies import current_policy
from billing.domain.taxation import TaxPart, apply_taxes
from customers.catalog_forms import PlanForm
from customers.models import Plan
from tenants.current import current_tenant


@require_GET
@needs("settings.edit")
def price_parts(request: HttpRequest) -> HttpResponse:
    """The price of a plan being typed, taken apart: net, each tax, total. Says nothing of what is not written yet."""
    form = PlanForm(request.GET)
    form.is_valid()
    data = form.cleaned_data
    price = data.get("price")
    context: dict[str, object] = {"daily": data.get("price_unit") == Plan.PriceUnit.DAY}
    # In the order documents take them: the last one takes what rounding leaves.
    taxes = sorted(data.get("taxes", ()), key=lambda tax: tax.pk)
    parts = [TaxPart(tax.name, tax.rate) for tax in taxes]
    if not parts and data.get("tax_rate"):
        parts = [TaxPart(current_policy().tax_name, data["tax_rate"] / 100)]
    sensible = sum((part.rate for part in parts), Decimal(0)) <= 1 and all(part.rate > 0 for part in parts)
    if price and price > 0 and sensible:
        included = data.get("tax_included", True)
        currency = current_tenant().currency
        context |= {
            "taxed": apply_taxes(price, taxes=parts, included=included, currency=currency),
            "exempt": apply_taxes(price, taxes=parts, included=included, currency=currency, exempt=True),
        }
    return render(request, "billing/price_parts.html", context)
