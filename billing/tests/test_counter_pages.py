"""The counter's pages: choosing, seeing before, giving back."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.domain.ledger import credit_in
from billing.domain.money_accounts import add_account
from billing.domain.payments import record_payment
from billing.models import Entry, Extra, Invoice, Payment, Refund
from billing.tests.scenes import STAFF, check_books, make_customer
from billing.tests.test_pages import HTMX, debt, today
from customers.domain.holds import open_hold
from customers.models import Customer
from tenants.current import enter


def typed(key="k", **fields):
    base = {"amount": "600", "method": "transfer", "received_on": today().isoformat(), "reference": "", "key": key}
    return {**base, **fields}


def url(name, *args):
    return reverse(f"billing:{name}", args=args)


def cut(customer):
    for service in customer.services.all():
        open_hold(service_id=service.pk, reason="debt", source="debt", actor=STAFF, now=timezone.now())


def book(customer, amount, key="b1", **fields):
    now = timezone.now()
    base = {"method": "transfer", "received_at": now, "actor": STAFF, "now": now}
    return record_payment(customer_id=customer.pk, amount=Decimal(amount), key=key, **{**base, **fields})


def nothing_written():
    assert not Payment.objects.exists()
    assert not Refund.objects.exists()
    assert not Extra.objects.exists()


def test_the_preview_says_what_will_happen_and_writes_nothing(client_norte, in_norte):
    customer = make_customer()
    debt(customer)
    cut(customer)
    page = client_norte.post(url("pay_preview", customer.pk), typed(amount="250"), **HTMX).content.decode()
    assert "No se reconecta todavía" in page
    assert "$350.00" in page
    page = client_norte.post(url("pay_preview", customer.pk), typed(amount="700"), **HTMX).content.decode()
    assert "se reconecta" in page
    assert "Saldo a favor" in page
    for wrong in ({"amount": ""}, {"amount": "mil"}, {"key": ""}):
        assert client_norte.post(url("pay_preview", customer.pk), typed(**wrong), **HTMX).status_code == 200
    nothing_written()


def test_chosen_invoices_and_amounts_are_paid(client_norte, in_norte):
    customer = make_customer()
    one, two = debt(customer), debt(customer)
    parts = {f"part_{one.pk}": "100,50", f"part_{two.pk}": "0", "choose": "on"}
    response = client_norte.post(url("pay", customer.pk), typed(amount="300", **parts), **HTMX)
    assert response.status_code == 200
    assert [Invoice.objects.get(pk=i.pk).paid for i in (one, two)] == [Decimal("100.50"), 0]
    assert credit_in(customer.pk, "MXN") == Decimal("199.50")
    page = response.content.decode()
    assert "$499.50" in page  # what the invoice keeps owing
    assert "papel=80" in page
    check_books()


@pytest.mark.parametrize(("part", "words"), [("mil", "sólo con números"), ("601", "se deben"), ("1.005", "decimales")])
def test_a_bad_part_gets_a_sentence_and_keeps_what_was_typed(client_norte, in_norte, part, words):
    customer = make_customer()
    invoice = debt(customer)
    sent = typed(amount="650", choose="on", **{f"part_{invoice.pk}": part})
    response = client_norte.post(url("pay", customer.pk), sent, **HTMX)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert f'value="{part}"' in response.content.decode()
    nothing_written()
    assert words in client_norte.post(url("pay_preview", customer.pk), sent, **HTMX).content.decode()


def test_the_comma_is_read_as_the_country_writes(client_norte, in_norte):
    customer = make_customer()
    for number, text in enumerate(("1,234.50", "1.234,50", "1234,5")):
        client_norte.post(url("pay", customer.pk), typed(key=f"k{number}", amount=text), **HTMX)
    assert list(Payment.objects.values_list("amount", flat=True)) == [Decimal("1234.50")] * 3


def test_a_repeated_reference_shows_the_first_and_lets_a_person_decide(client_norte, in_norte):
    customer, other = make_customer(), make_customer("Otra Persona")
    book(other, "600", reference="SPEI 9912")
    response = client_norte.post(url("pay", customer.pk), typed(reference="spei-9912"), **HTMX)
    assert response.status_code == 422
    assert "Otra Persona" in response.content.decode()
    assert 'name="repeated"' in response.content.decode()
    assert Payment.objects.count() == 1
    client_norte.post(url("pay", customer.pk), typed(reference="spei-9912", repeated="on"), **HTMX)
    assert Payment.objects.count() == 2


def test_record_only_needs_a_reason_and_the_right(client_norte, in_norte, sign_in):
    customer = make_customer()
    debt(customer)
    cut(customer)
    sent = typed(record_only="on")
    response = client_norte.post(url("pay", customer.pk), sent, **HTMX)
    assert "por qué no se reconecta" in response.content.decode()
    nothing_written()
    response = client_norte.post(url("pay", customer.pk), {**sent, "record_reason": "Devuelve el equipo"}, **HTMX)
    assert "sólo se registra el pago" in response.content.decode()
    assert not Payment.objects.get().reconnects


def test_a_transfer_may_say_into_which_account(client_norte, in_norte):
    bank = add_account(kind="bank", name="BBVA", actor=STAFF)
    customer = make_customer()
    assert "BBVA" in client_norte.get(url("pay", customer.pk), **HTMX).content.decode()
    client_norte.post(url("pay", customer.pk), typed(account=bank.pk), **HTMX)
    assert Entry.objects.get(account=bank).amount == 600
    assert "BBVA" in client_norte.get(url("payment", Payment.objects.get().pk)).content.decode()


def test_giving_back_says_first_where_it_comes_from(client_norte, in_norte):
    customer = make_customer()
    invoice = debt(customer)
    payment = book(customer, "700")
    where = url("payment_refund", payment.pk)
    assert client_norte.get(where, **HTMX).status_code == 200
    sent = {"amount": "250", "method": "transfer", "reason": "Pagó de más", "key": "r1"}
    plan = client_norte.post(f"{where}?plan=1", sent, **HTMX).content.decode()
    assert "$100.00" in plan
    assert f"{invoice.label} vuelve a deber $150.00" in plan
    assert not Refund.objects.exists()
    for _twice in range(2):
        assert client_norte.post(where, sent, **HTMX).status_code == 204
    assert Refund.objects.get().amount == 250
    page = client_norte.get(url("payment", payment.pk)).content.decode()
    assert "Se devolvieron $250.00" in page
    check_books()
    response = client_norte.post(where, {**sent, "amount": "451", "key": "r2"}, **HTMX)
    assert response.status_code == 422
    assert "quedan $450.00" in response.content.decode()
    assert Refund.objects.count() == 1


def test_what_is_in_favour_can_be_given_back(client_norte, in_norte):
    customer = make_customer()
    book(customer, "300")
    where = url("credit_refund", customer.pk)
    assert 'value="300.00"' in client_norte.get(where, **HTMX).content.decode()
    sent = {"amount": "300", "method": "cash", "reason": "Se dio de baja", "key": "c1"}
    assert client_norte.post(where, sent, **HTMX).status_code == 204
    assert credit_in(customer.pk, "MXN") == 0
    check_books()


def test_who_may_not_give_back_finds_nothing(sign_in, in_norte, norte):
    customer = make_customer()
    payment = book(customer, "300")
    client = sign_in(norte, "collections")
    for where in (url("payment_refund", payment.pk), url("credit_refund", customer.pk)):
        assert client.get(where).status_code == 404
        assert client.post(where, {"amount": "1", "method": "cash", "reason": "x", "key": "k"}).status_code == 404
    assert not Refund.objects.exists()


def test_the_other_provider_has_none_of_it(client_sur, norte, sur):
    with enter("norte"):
        payment = book(make_customer(), "300")
        pk, sent = payment.customer_id, typed()
    for where in (url("pay_preview", pk), url("pay", pk), url("payment_refund", payment.pk)):
        assert client_sur.post(where, sent).status_code == 404
    with enter("sur"):
        assert not Customer.objects.exists()


@pytest.mark.parametrize("invoices", [1, 3])
def test_the_dialog_asks_as_often_for_three_as_for_one(client_norte, in_norte, django_assert_max_num_queries, invoices):
    customer = make_customer()
    for _each in range(invoices):
        debt(customer)
    client_norte.get(url("pay", customer.pk), **HTMX)
    with django_assert_max_num_queries(32):
        client_norte.get(url("pay", customer.pk), **HTMX)
