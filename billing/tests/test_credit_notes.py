"""Credit notes: what they take back, where it goes, and what they refuse."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.domain.credit_notes import CreditRefused, LineCredit, issue_credit_note, write_off_invoice
from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.domain.ledger import credit_in, receivable
from billing.domain.money import BadAmount
from billing.domain.payments import record_payment, void_payment
from billing.models import Allocation, CreditNote, Entry, Extra, Invoice, LedgerAccount, Series
from billing.tests.bills import IVA, bill, line
from billing.tests.scenes import NOW, STAFF, TODAY, check_books, make_customer, owe
from customers.models import Hold
from events.models import Event
from events.sentences import sentence
from tenants.current import entered


def service_of(**fields):
    return make_customer(**fields).services.get()


def note(invoice, reason="Fallas", **fields):
    return issue_credit_note(invoice_id=invoice.pk, reason=reason, actor=STAFF, now=NOW, **fields)


def pay(customer_id, amount, key="k"):
    return record_payment(
        customer_id=customer_id, amount=Decimal(amount), method="cash", received_at=NOW, actor=STAFF, key=key, now=NOW
    )


def booked(kind, name=None):
    accounts = LedgerAccount.objects.filter(kind=kind, **({} if name is None else {"name": name}))
    return sum(Entry.objects.filter(account__in=accounts).values_list("amount", flat=True))


def test_the_whole_invoice_back_leaves_no_debt_no_income_and_no_tax(in_norte):
    invoice = bill(service_of(), line("600"), line("-100", kind="discount", source=1))
    done = note(invoice)
    invoice.refresh_from_db()
    assert (done.label, done.total, done.applied) == ("NC-1", Decimal(500), Decimal(500))
    assert (invoice.status, invoice.paid, invoice.credited) == ("paid", Decimal(500), Decimal(500))
    assert (booked("income"), booked("tax", "IVA"), booked("receivable")) == (0, 0, 0)
    assert done.taxes == [["IVA", "0.16", "68.97"]]
    assert [row.total for row in done.lines.order_by("id")] == [Decimal(600), Decimal(-100)]
    check_books()
    with pytest.raises(CreditRefused, match="ya se acreditó por completo"):
        note(invoice)


def test_what_was_paid_already_pays_the_oldest_other_invoice_and_the_rest_stays_in_favour(in_norte):
    customer = make_customer()
    invoice = bill(customer.services.get())
    pay(customer.pk, "600")
    older = owe(customer, "250")
    done = note(invoice, amount=Decimal(400))
    older.refresh_from_db()
    assert (done.applied, older.status, credit_in(customer.pk, "MXN")) == (0, "paid", Decimal(150))
    assert receivable(customer.pk)["MXN"] == 0
    check_books()
    event = Event.objects.get(type="credit_note.issued")
    assert sentence(event) == (
        "Ana hizo la nota de crédito NC-1 por $400.00 sobre A-1: Fallas. "
        f"Lo que sobraba pagó {older.label}. Quedan $150.00 a favor."
    )
    # The payment is undone: what the note gave stays given.
    void_payment(payment_id=customer.payments.get().pk, reason="rebotó", actor=STAFF, now=NOW)
    check_books()
    assert receivable(customer.pk)["MXN"] - credit_in(customer.pk, "MXN") == Decimal(450)


def test_each_tax_goes_back_to_its_own_account_and_withholdings_too(in_norte):
    taxes = [("IEPS", "0.03"), IVA]
    invoice = bill(service_of(), line("1000", taxes=taxes, included=False, withheld=Decimal("0.0125")))
    assert invoice.total == Decimal("1177.50")
    note(invoice, amount=Decimal("588.75"))
    assert booked("tax", "IVA") == Decimal(-80)
    assert booked("tax", "IEPS") == Decimal(-15)
    assert booked("withheld") == Decimal("6.25")
    assert booked("income") == Decimal(-500)
    note(invoice)
    assert (booked("tax"), booked("withheld"), booked("income"), booked("receivable")) == (0, 0, 0, 0)
    check_books()


def test_by_line_no_more_than_the_line_has(in_norte):
    invoice = bill(service_of(), line("600"), line("90", kind="once", source=7, days=None, description="Visita"))
    plan, visit = invoice.lines.order_by("id")
    done = note(invoice, lines=[LineCredit(visit.pk)])
    assert (done.total, done.lines.get().description) == (Decimal(90), "Visita")
    for lines, said in (
        ([LineCredit(visit.pk)], "Elija al menos una línea"),
        ([LineCredit(plan.pk, Decimal(601))], r"De «100 Mbps» sólo quedan \$600.00"),
        ([LineCredit(plan.pk), LineCredit(plan.pk)], "repetida"),
        ([LineCredit(plan.pk + 100)], "no es de esta factura"),
        ([], "Elija al menos una línea"),
    ):
        with pytest.raises(CreditRefused, match=said):
            note(invoice, lines=lines)
    assert CreditNote.objects.count() == 1
    check_books()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"reason": "  "}, CreditRefused),
        ({"amount": Decimal("600.01")}, CreditRefused),
        ({"amount": Decimal(0)}, BadAmount),
        ({"amount": Decimal(-5)}, BadAmount),
        ({"amount": Decimal("1.005")}, BadAmount),
    ],
)
def test_what_cannot_be_credited_changes_nothing(in_norte, fields, error):
    invoice = bill(service_of())
    before = Entry.objects.count(), Series.objects.filter(kind="credit_note").count()
    with pytest.raises(error):
        note(invoice, **fields)
    assert (Entry.objects.count(), Series.objects.filter(kind="credit_note").count()) == before
    assert not CreditNote.objects.exists()
    assert not Event.objects.filter(type="credit_note.issued").exists()


def test_void_and_credited_do_not_mix(in_norte):
    first, second = bill(service_of()), bill(service_of())
    void_invoice(invoice_id=first.pk, reason="error", actor=STAFF, now=NOW)
    with pytest.raises(CreditRefused, match="anulada"):
        note(first)
    note(second, amount=Decimal(10))
    with pytest.raises(InvoiceRefused, match="notas de crédito"):
        void_invoice(invoice_id=second.pk, reason="error", actor=STAFF, now=NOW)
    assert (booked("income"), booked("tax", "IVA")) == (Decimal("-508.62"), Decimal("-81.38"))
    check_books()


def test_a_void_invoice_frees_what_it_charged_once_and_forgets_its_late_fee(in_norte):
    service = service_of()
    once = Extra.objects.create(
        service=service, kind="once", description="Visita", amount=90, starts_on=TODAY, billed_at=NOW, created_at=NOW
    )
    invoice = bill(service, line("90", kind="once", source=once.pk, days=None))
    fee = Extra.objects.create(
        service=service, kind="once", category="late_fee", description="Recargo", amount=50, starts_on=TODAY,
        key=f"late_fee:{invoice.pk}", created_at=NOW,
    )  # fmt: skip
    void_invoice(invoice_id=invoice.pk, reason="error", actor=STAFF, now=NOW)
    once.refresh_from_db()
    fee.refresh_from_db()
    assert once.billed_at is None
    assert fee.cancelled_at == NOW
    assert booked("tax") == 0


def test_an_imported_invoice_is_credited_against_its_opening(in_norte):
    invoice = owe(make_customer(), "250")
    note(invoice, amount=Decimal(100))
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.credited) == (Decimal(100), Decimal(100))
    assert booked("opening") == Decimal(-150)
    check_books()


def test_nothing_overdue_left_brings_the_service_back(in_norte):
    service = service_of()
    invoice = bill(service)
    Hold.objects.create(service=service, reason="debt", source="dunning", since=NOW, opened_by="Cobranza")
    note(invoice, amount=Decimal(100))
    assert Hold.objects.open(NOW).exists()
    note(invoice)
    assert not Hold.objects.filter(closed_at=None).exists()


def test_a_debt_nobody_will_pay_is_written_off_and_stays_in_the_books(in_norte):
    customer = make_customer()
    invoice = bill(customer.services.get())
    pay(customer.pk, "200")
    with pytest.raises(CreditRefused, match="Escriba por qué"):
        write_off_invoice(invoice_id=invoice.pk, reason="", actor=STAFF, now=NOW)
    write_off_invoice(invoice_id=invoice.pk, reason="se mudó", actor=STAFF, now=NOW)
    invoice.refresh_from_db()
    assert (invoice.status, booked("write_off"), receivable(customer.pk)["MXN"]) == ("paid", Decimal(400), 0)
    assert Allocation.objects.filter(transaction__kind="write_off").get().amount == Decimal(400)
    with pytest.raises(CreditRefused, match="no se debe nada"):
        write_off_invoice(invoice_id=invoice.pk, reason="otra vez", actor=STAFF, now=NOW)
    assert "incobrables $400.00" in sentence(Event.objects.get(type="invoice.written_off"))
    check_books()


def test_each_provider_counts_its_own_notes(in_norte, sur):
    note(bill(service_of()))
    with entered(sur):
        assert not CreditNote.objects.exists()
        assert not Entry.objects.exists()
        assert note(bill(service_of())).label == "NC-1"
    assert CreditNote.objects.count() == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prices=st.lists(st.integers(1, 200_000), min_size=1, max_size=3),
    cuts=st.lists(st.integers(1, 100), min_size=1, max_size=5),
    included=st.booleans(),
)
def test_in_however_many_pieces_it_is_credited_it_comes_to_the_invoice(in_norte, prices, cuts, included):
    taxes = [("IEPS", "0.03"), IVA]
    lines = [
        line(
            str(Decimal(price) / 100),
            taxes=taxes,
            included=included,
            withheld=Decimal("0.0125"),
            source=n,
            kind="extra",
        )
        for n, price in enumerate(prices)
    ]
    invoice = bill(service_of(), *lines)
    for cut in cuts:
        left = invoice.total - sum(invoice.credit_notes.values_list("total", flat=True))
        amount = (left * cut / 100).quantize(Decimal("0.01"))
        if 0 < amount <= left:
            note(invoice, amount=amount)
    if sum(invoice.credit_notes.values_list("total", flat=True)) < invoice.total:
        note(invoice)
    entries = Entry.objects.filter(transaction__invoice=invoice)
    for kind in ("income", "withheld", "receivable", "tax"):
        assert sum(entries.filter(account__kind=kind).values_list("amount", flat=True)) == 0, kind
    for name in ("IVA", "IEPS"):
        assert sum(entries.filter(account__name=name).values_list("amount", flat=True)) == 0, name
    assert Invoice.objects.get(pk=invoice.pk).credited == invoice.total
