"""An invoice of nobody, for whoever writes the provider's texts to see them on paper."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.documents.facts import InvoiceFacts, PartyFacts, TaxFacts
from billing.documents.issuer import read_issuer
from billing.documents.sheet import Sheet
from billing.documents.sheets import invoice_sheet
from billing.domain.cycle import month_start
from billing.domain.money import ZERO, round_money
from billing.domain.policies import current_policy
from billing.models import DocumentSettings, Invoice
from tenants.current import current_tenant, tenant_origin


def sample_invoice(texts: DocumentSettings, *, today: dt.date) -> Sheet:
    """The current tenant's invoice with `texts`, saved or not; its amounts are made up."""
    policy, currency = current_policy(), current_tenant().currency
    net = round_money(Decimal(500), currency)
    tax = round_money(net * Decimal("0.16"), currency)
    first = month_start(today)
    facts = InvoiceFacts(
        party=PartyFacts("María Guadalupe Hernández", "C-0042", "", "Calle Zaragoza 12, Centro"),
        label=f"{policy.series_prefix}1042",
        status=Invoice.Status.OPEN,
        issued_on=today,
        due_on=today + dt.timedelta(days=7),
        period=(first, month_start(first + dt.timedelta(days=31)) - dt.timedelta(days=1)),
        lines=((_("Internet Hogar 100 Mbps"), net),),
        subtotal=net,
        taxes=(TaxFacts(policy.tax_name, Decimal("0.16"), tax),),
        total=net + tax,
        credited=ZERO,
        written_off=ZERO,
        paid=ZERO,
        currency=currency,
        today=today,
    )
    return invoice_sheet(facts, read_issuer(texts), texts, link=tenant_origin())
