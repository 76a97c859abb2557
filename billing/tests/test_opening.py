import datetime as dt
from decimal import Decimal

import pytest

from billing.domain.ledger import balance
from billing.domain.money import BadAmount
from billing.domain.opening import OpeningBalance, OpeningInvoice, open_balances, open_invoices
from billing.domain.run import run_billing, start_run
from billing.models import Invoice, LedgerTransaction
from billing.tests.scenes import DECEMBER, NOW, STAFF, check_books, make_customer
from tenants.current import enter


def item(customer, ref="wisphub:9001", **fields):
    base = {
        "external_ref": ref,
        "customer_id": customer.pk,
        "label": "A-9001",
        "issued_on": dt.date(2026, 10, 25),
        "due_on": dt.date(2026, 11, 3),
        "total": Decimal("600.00"),
        "tax": Decimal("82.76"),
    }
    return OpeningInvoice(**{**base, **fields})


def test_invoices_come_in_with_their_folio_and_what_was_paid(in_norte):
    customer = make_customer()
    opened = open_invoices(
        [
            item(customer),
            item(customer, "wisphub:9002", label="A-9002", paid=Decimal(200)),
            item(customer, "wisphub:9003", label="A-9003", paid=Decimal(600)),
        ],
        actor=STAFF,
        now=NOW,
    )
    assert (opened.created, opened.existing) == (3, 0)
    assert balance(customer.pk) == {"MXN": Decimal(1000)}
    assert list(Invoice.objects.order_by("label").values_list("label", "status", "number")) == [
        ("A-9001", "open", None),
        ("A-9002", "open", None),
        ("A-9003", "paid", None),
    ]
    check_books()


def test_again_changes_nothing(in_norte):
    customer = make_customer()
    for _ in range(2):
        opened = open_invoices([item(customer)], actor=STAFF, now=NOW)
        credits_ = open_balances(
            [OpeningBalance("s:1", customer.pk, Decimal("-85.88"), NOW.date())], actor=STAFF, now=NOW
        )
    assert (opened.created, opened.existing) == (0, 1)
    assert (credits_.created, credits_.existing) == (0, 1)
    assert balance(customer.pk) == {"MXN": Decimal("514.12")}
    assert LedgerTransaction.objects.count() == 2


def test_a_balance_owed_becomes_an_invoice_that_can_be_paid(in_norte):
    customer = make_customer()
    open_balances([OpeningBalance("s:1", customer.pk, Decimal(150), NOW.date())], actor=STAFF, now=NOW)
    invoice = Invoice.objects.get()
    assert (invoice.label, invoice.total, invoice.imported) == ("Saldo anterior", 150, True)
    check_books()


def test_a_month_charged_by_the_former_system_is_not_billed_again(in_norte):
    customer = make_customer()
    period = (dt.date(2026, 12, 1), dt.date(2027, 1, 1))
    service = customer.services.get()
    open_invoices([item(customer, service_id=service.pk, period=period)], actor=STAFF, now=NOW)
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    assert run_billing(run_id=run.pk, now=NOW).invoices == 0
    assert Invoice.objects.get().lines.get().charge.service == service


@pytest.mark.parametrize("fields", [{"total": Decimal(-1)}, {"paid": Decimal(700)}, {"total": Decimal("1.005")}])
def test_impossible_amounts_are_refused_and_nothing_is_written(in_norte, fields):
    customer = make_customer()
    with pytest.raises(BadAmount, match="A-9001"):
        open_invoices([item(customer, **fields)], actor=STAFF, now=NOW)
    assert not Invoice.objects.exists()
    assert not LedgerTransaction.objects.exists()


def test_five_thousand_rows_are_a_few_statements(in_norte, django_assert_max_num_queries):
    customer = make_customer()
    rows = [item(customer, f"wisphub:{n}", label=f"A-{n}") for n in range(5000)]
    with django_assert_max_num_queries(160):
        assert open_invoices(rows, actor=STAFF, now=NOW).created == 5000
    assert balance(customer.pk) == {"MXN": Decimal(3_000_000)}


def test_the_other_provider_sees_nothing(norte, sur):
    with enter("norte"):
        open_invoices([item(make_customer())], actor=STAFF, now=NOW)
    with enter("sur"):
        assert not Invoice.objects.exists()
