"""What is chosen at the counter: which invoices, whether to reconnect, and money given back."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.domain.allocation import Choice
from billing.domain.ledger import balance, credit_in
from billing.domain.money_accounts import AccountRefused, account_label, add_account, rename_account, use_account
from billing.domain.payment_preview import preview_payment
from billing.domain.payments import KeyReused, PaymentRefused, void_payment
from billing.domain.policies import current_policy
from billing.domain.refunds import plan_refund, refund_credit, refund_payment
from billing.domain.refusals import RepeatedReference
from billing.domain.run import run_billing, start_run
from billing.models import Allocation, Entry, Invoice, LedgerAccount, LedgerTransaction, Payment, Refund
from billing.tests.scenes import DECEMBER, NOW, STAFF, check_books, make_customer, owe
from billing.tests.test_payments import cut, pay
from customers.models import Hold
from events.models import Event
from tenants.current import enter

NO_FIXTURE_RESET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)


def give_back(payment, amount, key="r1", **fields):
    base = {"reason": "Pagó dos veces", "method": "transfer", "actor": STAFF, "now": NOW}
    return refund_payment(payment_id=payment.pk, amount=Decimal(amount), key=key, **{**base, **fields})


def held(kind):
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount", flat=True), Decimal(0))


def paid(*invoices):
    return [Invoice.objects.get(pk=invoice.pk).paid for invoice in invoices]


# --- Chosen parts ----------------------------------------------------------------------------------------------------


def test_exactly_what_was_chosen_is_paid_and_the_rest_is_credit(in_norte):
    customer = make_customer(services=2)
    one, two, three = (owe(customer, "600", days_late=days) for days in (30, 20, 10))
    payment = pay(customer, "900", parts={three.pk: Decimal(600), one.pk: Decimal("100.50")})
    assert paid(one, two, three) == [Decimal("100.50"), 0, 600]
    assert credit_in(customer.pk, "MXN") == Decimal("199.50")
    assert payment.allocations.count() == 2
    check_books()


def test_the_next_invoice_uses_what_was_left_over(in_norte):
    customer = make_customer()
    pay(customer, "100")
    run_billing(run_id=start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW).pk, now=NOW)
    invoice = customer.invoices.get()
    assert (invoice.paid, invoice.status) == (100, "open")
    assert credit_in(customer.pk, "MXN") == 0
    check_books()


@pytest.mark.parametrize(
    ("parts", "said"),
    [({0: "601"}, "se deben"), ({0: "500", 1: "300"}, "quite"), ({99: "10"}, "ya no está"), ({0: "-1"}, "se deben")],
)
def test_parts_that_do_not_fit_change_nothing(in_norte, parts, said):
    customer = make_customer()
    invoices = [owe(customer, "600", days_late=days) for days in (30, 20)]
    entries = Entry.objects.count()
    chosen = {invoices[i].pk if i < 2 else 10**9: Decimal(amount) for i, amount in parts.items()}
    with pytest.raises(PaymentRefused, match=said):
        pay(customer, "700", parts=chosen)
    assert not Payment.objects.exists()
    assert Entry.objects.count() == entries
    assert paid(*invoices) == [0, 0]


def test_somebody_elses_invoice_cannot_be_chosen(in_norte):
    mine, other = make_customer(), make_customer()
    theirs = owe(other, "600")
    with pytest.raises(PaymentRefused, match="ya no está"):
        pay(mine, "600", parts={theirs.pk: Decimal(600)})
    assert paid(theirs) == [0]


# --- The decision, before and after ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "value", "amount", "words"),
    [
        ("full", 0, "250", "falta pagar $350.00."),
        ("full", 0, "600", "así que se reconecta"),
        ("percent", 50, "250", "falta pagar $50.00 para llegar al 50 % de lo vencido"),
        ("percent", 50, "300", "la política permite reconectar"),
        ("amount", 400, "250", "falta pagar $150.00 para llegar a $400.00"),
    ],
)
def test_what_is_said_before_is_what_happens(in_norte, when, value, amount, words):
    policy = current_policy()
    policy.reconnect_when, policy.reconnect_value = when, value
    policy.save()
    customer = make_customer()
    owe(customer, "600", days_late=20)
    cut(customer)
    before = preview_payment(customer=customer, amount=Decimal(amount), now=NOW)
    assert words in before.sentence
    assert not Payment.objects.exists()
    assert Hold.objects.filter(closed_at=None).count() == 1
    payment = pay(customer, amount)
    assert payment.reconnects == before.reconnects
    assert [i.left for i in before.invoices] == [i.total - i.paid for i in Invoice.objects.all()]


def test_the_preview_says_what_coming_back_adds(in_norte):
    policy = current_policy()
    policy.reconnect_fee_kind, policy.reconnect_fee_value = "amount", Decimal(50)
    policy.save()
    customer = make_customer(services=2)
    owe(customer, "600", days_late=20)
    cut(customer)
    assert preview_payment(customer=customer, amount=Decimal(600), now=NOW).fee == 100
    assert preview_payment(customer=customer, amount=Decimal(10), now=NOW).fee == 0
    pay(customer, "600")
    assert sum(e.amount for s in customer.services.all() for e in s.extras.all()) == 100


def test_record_only_leaves_the_cut_and_keeps_the_reason(in_norte):
    customer = make_customer()
    owe(customer, "600", days_late=20)
    cut(customer)
    payment = pay(customer, "600", record_only="Devuelve el equipo mañana")
    assert not payment.reconnects
    assert payment.reconnect_reason["record_only"] == "Devuelve el equipo mañana"
    assert Hold.objects.filter(closed_at=None).count() == 1
    said = preview_payment(customer=customer, amount=Decimal(1), now=NOW, record_only="Por x").sentence
    assert "sólo se registra" in said


def test_the_preview_chooses_as_the_payment_does(in_norte):
    customer = make_customer()
    older, newer = owe(customer, "400", days_late=30), owe(customer, "600", days_late=1)
    seen = preview_payment(
        customer=customer, amount=Decimal(700), now=NOW, choice=Choice(parts={newer.pk: Decimal(650 - 50)})
    )
    assert [(i.invoice.pk, i.part, i.left) for i in seen.invoices] == [(older.pk, 0, 400), (newer.pk, 600, 0)]
    assert (seen.credit, seen.owed_after) == (100, 400)


# --- The same reference ----------------------------------------------------------------------------------------------


def test_a_reference_is_booked_once(in_norte):
    one, two = make_customer(), make_customer()
    first = pay(one, "450", method="transfer", reference="SPEI 00-12345")
    with pytest.raises(RepeatedReference, match="Lucía Gómez") as refused:
        pay(two, "450", key="k2", method="transfer", reference="spei 0012345")
    assert refused.value.first == first
    assert Payment.objects.count() == 1
    assert pay(two, "450", key="k2", method="transfer", reference="spei 0012345", repeated=True)
    assert pay(two, "451", key="k3", method="transfer", reference="SPEI 0012345")
    later = NOW + dt.timedelta(days=30)
    assert pay(two, "450", key="k4", method="transfer", reference="SPEI 0012345", received_at=later, now=later)


def test_words_are_no_references_and_a_void_payment_frees_its_own(in_norte):
    customer = make_customer()
    pay(customer, "450", method="transfer", reference="internet")
    pay(customer, "450", key="k2", method="transfer", reference="internet")
    third = pay(customer, "450", key="k3", method="transfer", reference="REF-991")
    void_payment(payment_id=third.pk, reason="Otro cliente", actor=STAFF, now=NOW)
    assert pay(customer, "450", key="k4", method="transfer", reference="REF-991")


# --- Accounts --------------------------------------------------------------------------------------------------------


def test_a_transfer_goes_into_the_bank_account_named(in_norte):
    bank = add_account(kind="bank", name="  BBVA  1234 ", actor=STAFF)
    assert bank.name == "BBVA 1234"
    customer = make_customer()
    payment = pay(customer, "450", method="transfer", account_id=bank.pk)
    assert Entry.objects.get(account=bank).amount == 450
    void_payment(payment_id=payment.pk, reason="Error", actor=STAFF, now=NOW)
    assert sum(Entry.objects.filter(account=bank).values_list("amount", flat=True)) == 0
    rename_account(account_id=bank.pk, name="BBVA nueva", actor=STAFF)
    assert account_label(LedgerAccount.objects.get(pk=bank.pk)) == "BBVA nueva"
    use_account(account_id=bank.pk, active=False, actor=STAFF)
    with pytest.raises(PaymentRefused, match="en uso"):
        pay(customer, "450", key="k2", method="transfer", account_id=bank.pk)
    assert Payment.objects.count() == 1


def test_accounts_are_named_once_and_only_take_their_own_money(in_norte):
    bank = add_account(kind="bank", name="BBVA", actor=STAFF)
    for name in ("", "BBVA", "x" * 81):
        with pytest.raises(AccountRefused):
            add_account(kind="bank", name=name, actor=STAFF)
    with pytest.raises(AccountRefused):
        add_account(kind="income", name="Otra", actor=STAFF)
    customer = make_customer()
    for method in ("cash", "card"):
        with pytest.raises(PaymentRefused):
            pay(customer, "10", method=method, account_id=bank.pk)
    with enter("sur"):
        assert not LedgerAccount.objects.filter(name="BBVA").exists()


# --- Giving back -----------------------------------------------------------------------------------------------------


def test_a_refund_takes_credit_first_and_then_opens_the_newest_invoice(in_norte):
    customer = make_customer()
    older, newer = owe(customer, "400", days_late=30), owe(customer, "600", days_late=1)
    payment = pay(customer, "1100", method="transfer")
    plan = plan_refund(payment=payment, amount=Decimal(350))
    assert (plan.from_credit, [(r.label, r.amount) for r in plan.reopened]) == (100, [(newer.label, 250)])
    refund = give_back(payment, "350", external_reference="SPEI 99")
    assert (refund.from_credit, refund.reopened[0]["label"]) == (100, newer.label)
    assert paid(older, newer) == [400, 350]
    assert credit_in(customer.pk, "MXN") == 0
    assert balance(customer.pk) == {"MXN": Decimal(250)}
    assert held("bank") == 750
    assert Payment.objects.get().refunded == 350
    assert Event.objects.get(type="payment.refunded").facts["reopened"][0]["amount"] == "250.000"
    check_books()


def test_never_more_than_was_paid_and_once_for_a_key(in_norte):
    customer = make_customer()
    owe(customer, "600")
    payment = pay(customer, "600", method="transfer")
    first = give_back(payment, "400")
    assert give_back(payment, "400") == first
    with pytest.raises(KeyReused):
        give_back(payment, "100")
    with pytest.raises(PaymentRefused, match=r"quedan \$200.00"):
        give_back(payment, "201", key="r2")
    give_back(payment, "200", key="r2")
    assert Refund.objects.count() == 2
    assert held("bank") == 0
    with pytest.raises(PaymentRefused, match="se devolvió"):
        void_payment(payment_id=payment.pk, reason="x", actor=STAFF, now=NOW)
    check_books()


def test_credit_spent_meanwhile_comes_back_from_what_it_paid(in_norte):
    customer = make_customer()
    payment = pay(customer, "600", method="transfer")
    run_billing(run_id=start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW).pk, now=NOW)
    invoice = customer.invoices.get()
    assert invoice.paid == 600
    give_back(payment, "150")
    assert paid(invoice) == [450]
    assert balance(customer.pk) == {"MXN": Decimal(150)}
    check_books()


def test_credit_given_back_cannot_be_given_back_again(in_norte):
    customer = make_customer()
    payment = pay(customer, "500", method="transfer")
    base = {"customer_id": customer.pk, "reason": "Se va", "method": "cash", "actor": STAFF, "now": NOW}
    with pytest.raises(PaymentRefused, match=r"\$500.00 a favor"):
        refund_credit(amount=Decimal(501), key="c0", **base)
    refund_credit(amount=Decimal(500), key="c1", **base)
    assert refund_credit(amount=Decimal(500), key="c1", **base).pk == Refund.objects.get().pk
    with pytest.raises(PaymentRefused, match="sólo se pueden"):
        give_back(payment, "1")
    with pytest.raises(PaymentRefused, match="ya se devolvió"):
        void_payment(payment_id=payment.pk, reason="x", actor=STAFF, now=NOW)
    assert (held("bank"), held("cash")) == (500, -500)
    check_books()


@pytest.mark.parametrize(
    "fields",
    [{"reason": " "}, {"method": "trueque"}, {"amount": "0"}, {"amount": "-1"}, {"amount": "1.005"}, {"amount": "601"}],
)
def test_a_bad_refund_leaves_no_trace(in_norte, fields):
    customer = make_customer()
    invoice = owe(customer, "600")
    payment = pay(customer, "600", method="transfer")
    entries = Entry.objects.count()
    with pytest.raises((PaymentRefused, ValueError)):
        give_back(payment, fields.pop("amount", "10"), **fields)
    assert (Entry.objects.count(), Refund.objects.count()) == (entries, 0)
    assert paid(invoice) == [600]


def test_a_voided_payment_is_not_given_back(in_norte):
    payment = pay(make_customer(), "600", method="transfer")
    void_payment(payment_id=payment.pk, reason="Error", actor=STAFF, now=NOW)
    with pytest.raises(PaymentRefused, match="anulado"):
        give_back(payment, "10")


money = st.decimals("0.01", "900", places=2)


@NO_FIXTURE_RESET
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["pay", "part", "refund", "credit", "void"]), money, st.integers(0, 5)), max_size=9
    )
)
def test_whatever_is_paid_given_back_and_undone_the_books_hold(in_norte, steps):
    """The ledger sums to zero, invoices equal their allocations, and nobody has less than nothing in favour."""
    customer = make_customer()
    invoices = [owe(customer, amount, days_late=index) for index, amount in enumerate(("600", "349.90", "75.05"), 1)]
    mine = Payment.objects.filter(customer=customer).order_by("id")
    for number, (act, amount, which) in enumerate(steps):
        chosen = mine[which % len(mine)] if mine else None
        try:
            if act == "pay":
                pay(customer, amount, key=f"{customer.pk}:{number}", method="transfer")
            elif act == "part":
                part = {invoices[which % 3].pk: amount / 2}
                pay(customer, amount, key=f"{customer.pk}:{number}", method="transfer", parts=part)
            elif act == "credit":
                refund_credit(
                    customer_id=customer.pk, amount=amount, reason="x", method="transfer", actor=STAFF,
                    key=f"{customer.pk}:{number}", now=NOW,
                )  # fmt: skip
            elif chosen and act == "refund":
                give_back(chosen, amount, key=f"{customer.pk}:{number}")
            elif chosen:
                void_payment(payment_id=chosen.pk, reason="x", actor=STAFF, now=NOW)
        except PaymentRefused:
            pass
        check_books()
        assert credit_in(customer.pk, "MXN") >= 0
    standing = mine.filter(voided_at=None)
    refunds = Refund.objects.filter(customer=customer)
    assert sum(p.amount for p in standing) - sum(r.amount for r in refunds) == sum(
        Entry.objects.filter(
            transaction__in=LedgerTransaction.objects.filter(entries__customer=customer), account__kind="bank"
        ).values_list("amount", flat=True)
    )
    for payment in mine:
        assert payment.refunded == sum(r.amount for r in payment.refunds.all())
        on = sum(Allocation.objects.filter(payment=payment).values_list("amount", flat=True))
        assert 0 <= on <= payment.amount - payment.refunded
