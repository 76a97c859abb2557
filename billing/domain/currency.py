"""The currency a provider charges in. It changes only while nobody owes and nothing is in anybody's favour."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import BillingRun, Entry, Invoice, LedgerAccount, Series
from events.domain import Actor, record
from tenants.current import connection, current_tenant
from tenants.formats import MONEY, format_money
from tenants.models import Tenant
from tenants.money import EXPONENTS, round_money


class CurrencyRefused(Exception):
    """The currency cannot change; the message says what to do first."""


@transaction.atomic
def change_currency(*, currency: str, actor: Actor, now: dt.datetime) -> Tenant:
    """Charge from now on in another currency (ISO 4217). Prices of plans keep their number.

    Raises CurrencyRefused for an unknown code, while an invoice is open, a credit stands, or a run is under way.
    """
    wanted = currency.strip().upper()
    if wanted not in MONEY and wanted not in EXPONENTS:
        raise CurrencyRefused(_("No conocemos esa moneda: escriba su código de tres letras, como MXN."))
    # A run locks the series before it issues: none begins to while this decides.
    list(Series.objects.select_for_update(no_key=True).order_by("id"))
    tenant = Tenant.objects.select_for_update().get(pk=current_tenant().pk)
    before = tenant.currency
    if wanted == before:
        return tenant
    _refuse_what_is_open(before)
    tenant.currency = wanted
    tenant.save(update_fields=["currency"])  # save, not update: tenants.hosts forgets hosts on the signal
    record("currency.changed", subject=("tenants.tenant", tenant.pk), actor=actor, at=now, before=before, now=wanted)
    connection.tenant.currency = wanted
    return tenant


def _refuse_what_is_open(currency: str) -> None:
    unpaid = Invoice.objects.unpaid().with_owed()
    count = unpaid.count()
    if count:
        owed = unpaid.aggregate(sum=Sum("owed"))["sum"]
        text = ngettext(
            "Hay %(n)s factura por pagar (%(owed)s): cóbrela o anúlela antes de cambiar la moneda.",
            "Hay %(n)s facturas por pagar (%(owed)s): cóbrelas o anúlelas antes de cambiar la moneda.",
            count,
        )
        said = {"n": count, "owed": format_money(round_money(owed, currency), currency)}
        raise CurrencyRefused(text % said)
    held = Entry.objects.filter(account__kind=LedgerAccount.Kind.CREDIT).values("customer", "currency")
    favoured = held.annotate(sum=Sum("amount")).exclude(sum=0).count()
    if favoured:
        text = ngettext(
            "%(n)s cliente tiene saldo a favor: úselo en una factura o anule el pago antes de cambiar la moneda.",
            "%(n)s clientes tienen saldo a favor: úselo en una factura o anule el pago antes de cambiar la moneda.",
            favoured,
        )
        raise CurrencyRefused(text % {"n": favoured})
    if BillingRun.objects.filter(status__in=[BillingRun.Status.RUNNING, BillingRun.Status.PAUSED]).exists():
        raise CurrencyRefused(_("Hay una corrida de facturación sin terminar: espere o termínela."))
