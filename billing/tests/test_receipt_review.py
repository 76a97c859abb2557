"""The review: what stands beside a picture, what is chosen, corrected, stopped; and two people at once."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.permissions import allowed
from billing.domain.ledger import balance
from billing.domain.receipt_filing import Claims, ReceiptRefused, RepeatedReceipt
from billing.domain.receipt_matching import known_of, suggest_customers
from billing.domain.receipts import Proof, accept_receipt, correct_receipt
from billing.models import Payment, Receipt, ReceiptReading
from billing.tests.proofs import photo, saved_again, screenshot
from billing.tests.scenes import NOW, STAFF, check_books, make_customer, owe, reach
from billing.tests.test_receipt_arrivals import send
from billing.tests.test_receipts import file, picture
from customers.models import Contact, Hold
from events.models import Event
from inbox.models import Message
from tenants.current import enter

HTMX = {"HTTP_HX_REQUEST": "true"}


def accept(receipt, amount="600", **fields):
    return accept_receipt(receipt_id=receipt.pk, amount=Decimal(amount), actor=STAFF, now=NOW, **fields)


def correct(receipt, proof, *, instead_of, reason="Se leyó mal"):
    return correct_receipt(
        receipt_id=receipt.pk, instead_of=instead_of, proof=proof, reason=reason, actor=STAFF, now=NOW
    )


def read(receipt, **fields):
    """What a model read, written as the reading lane would."""
    confidence = fields.pop("confidence", {})
    ReceiptReading.objects.update_or_create(
        receipt=receipt, defaults={"state": "read", "confidence": confidence, "next_try_at": None, **fields}
    )
    receipt.refresh_from_db()
    return receipt


# --- chosen, and a day that cannot be ------------------------------------------------------------------------


def test_the_chosen_invoice_is_paid_first_and_the_rest_goes_to_the_oldest(client_norte, in_norte):
    customer = make_customer()
    old, new = owe(customer, "600", days_late=40), owe(customer, "600")
    receipt = send(customer=customer)
    page = client_norte.get(reverse("billing:receipts")).content.decode()
    assert f'value="{new.pk}"' in page
    typed = {"amount": "700", "customer": customer.pk, "invoices": [new.pk], "bank": "BBVA", "reference": "1"}
    client_norte.post(reverse("billing:receipt_accept", args=[receipt.pk]), typed, **HTMX)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (new.status, old.paid) == ("paid", 100)


def test_an_invoice_of_somebody_else_cannot_be_chosen(client_norte, in_norte):
    customer, other = make_customer(), make_customer()
    theirs = owe(other, "600")
    receipt = send(customer=customer)
    typed = {"amount": "600", "customer": customer.pk, "invoices": [theirs.pk]}
    assert client_norte.post(reverse("billing:receipt_accept", args=[receipt.pk]), typed, **HTMX).status_code == 422
    assert not Payment.objects.exists()


@pytest.mark.parametrize("day", ["2999-01-01", "1999-01-01"])
def test_a_day_that_cannot_be_gets_a_sentence_and_keeps_what_was_typed(client_norte, in_norte, day):
    customer = make_customer()
    receipt = send(customer=customer)
    typed = {"amount": "600", "customer": customer.pk, "paid_on": day, "reference": "R-77"}
    response = client_norte.post(reverse("billing:receipt_accept", args=[receipt.pk]), typed, **HTMX)
    assert (response.status_code, "R-77" in response.content.decode()) == (422, True)
    assert "La fecha del pago" in response.content.decode()
    assert not Payment.objects.exists()


# --- whose it is -----------------------------------------------------------------------------------------------


def test_the_customer_is_suggested_by_phone_reference_name_and_amount(client_norte, in_norte):
    by_phone, by_code, by_invoice = make_customer("Por Teléfono"), make_customer("Por Código"), make_customer("Por F")
    by_name, by_amount = make_customer("José Ñúñez Peña"), make_customer("Por Monto")
    conversation = reach(by_phone)
    for customer in (by_phone, by_code):
        Contact.objects.create(customer=customer, kind="phone", value=conversation.address.partition(":")[2])
    invoice = owe(by_invoice, "10")
    owe(by_amount, "433")
    receipt = file(picture(by_phone), None)
    read(receipt, amount=Decimal(433), payer="JOSE NUNEZ PENA", reference=f"{by_code.code} {invoice.label}")
    somebody = User.objects.get()
    found = suggest_customers(receipt, known_of(receipt), user=somebody)
    assert {one.customer for one in found[:2]} == {by_phone, by_code}
    assert len(found) == 4
    assert by_name not in {one.customer for one in found[:3]}
    Contact.objects.all().delete()
    names = [one.customer for one in suggest_customers(receipt, known_of(receipt), user=somebody)]
    assert names == [by_code, by_invoice, by_name, by_amount]
    assert "Por Código" in client_norte.get(reverse("billing:receipts")).content.decode()


def test_what_was_read_is_prefilled_with_how_sure_it_is(client_norte, in_norte):
    customer = make_customer()
    owe(customer, "600")
    receipt = send(customer=customer, claims=Claims(reference="escrita"))
    read(
        receipt,
        amount=Decimal(450),
        bank="BBVA",
        reference="leida",
        confidence={"amount": 0.97, "bank": 0.4, "reference": 0.99},
    )
    page = client_norte.get(reverse("billing:receipts")).content.decode()
    assert 'value="450.00"' in page
    assert "escrita" in page
    assert "leida" not in page
    assert ("seguro" in page, "dudoso" in page) == (True, True)
    assert "Quedaría debiendo" in page


# --- corrected -----------------------------------------------------------------------------------------------------


def test_a_correction_voids_books_again_and_says_so_to_the_customer(in_norte):
    one, two = make_customer(), make_customer()
    for customer in (one, two):
        reach(customer)
        owe(customer, "600")
    receipt = send(customer=one)
    first = accept(receipt, bank="BBVA", reference="77")
    second = correct(receipt, Proof(Decimal(500), two.pk, "BBVA", "77"), instead_of=first.pk)
    first.refresh_from_db()
    receipt.refresh_from_db()
    assert first.voided_at
    assert (receipt.payment, receipt.customer, receipt.amount) == (second, two, 500)
    assert [balance(c.pk).get("MXN") for c in (one, two)] == [600, 100]
    facts = Event.objects.get(type="receipt.corrected").facts
    assert [Decimal(facts[when]["amount"]) for when in ("before", "after")] == [600, 500]
    assert Message.objects.filter(key__startswith=f"receipt:{receipt.pk}:receipt_accepted").count() == 2
    check_books()
    with pytest.raises(ReceiptRefused, match="Otra persona"):
        correct(receipt, Proof(Decimal(1), two.pk), instead_of=first.pk)
    third = correct(receipt, Proof(Decimal(500), two.pk, "BBVA", "78"), instead_of=second.pk)
    assert Message.objects.filter(key__startswith=f"receipt:{receipt.pk}:receipt_accepted").count() == 2
    assert (third.reference, Payment.objects.filter(voided_at=None).get()) == ("78", third)


def test_a_correction_needs_a_reason_and_a_payment(in_norte):
    customer = make_customer()
    receipt = send(customer=customer)
    with pytest.raises(ReceiptRefused):
        correct(receipt, Proof(Decimal(1), customer.pk), instead_of=1)
    payment = accept(receipt)
    with pytest.raises(ReceiptRefused, match="por qué"):
        correct(receipt, Proof(Decimal(1), customer.pk), instead_of=payment.pk, reason=" ")
    assert Payment.objects.filter(voided_at=None).count() == 1


def test_a_correction_by_the_page(client_norte, in_norte):
    one, two = make_customer(), make_customer("Otra Persona")
    receipt = send(customer=one)
    payment = accept(receipt)
    address = reverse("billing:receipt_correct", args=[receipt.pk])
    typed = {"amount": "500", "code": "nadie", "reason": "Era de otra", "instead_of": payment.pk}
    wrong = client_norte.post(address, typed)
    assert (wrong.status_code, "Ningún cliente" in wrong.content.decode()) == (422, True)
    client_norte.post(address, {**typed, "code": two.code})
    page = client_norte.get(reverse("billing:receipt", args=[receipt.pk])).content.decode()
    assert "Otra Persona" in page
    assert "Era de otra" in page
    assert Payment.objects.get(voided_at=None).customer == two


@pytest.mark.parametrize("role", ["collections", "support", "read_only"])
def test_who_may_not_void_corrects_nothing(norte, in_norte, sign_in, role):
    receipt = send(customer=make_customer())
    payment = accept(receipt)
    client = sign_in(norte, role)
    typed = {"amount": "1", "code": receipt.customer.code, "reason": "x", "instead_of": payment.pk}
    response = client.post(reverse("billing:receipt_correct", args=[receipt.pk]), typed)
    assert response.status_code == 404
    seen = client.get(reverse("billing:receipt", args=[receipt.pk]))
    assert seen.status_code == (200 if allowed(role, "receipts.review") else 404)
    assert Payment.objects.filter(voided_at=None).count() == 1


# --- stopped, and shown ---------------------------------------------------------------------------------------


def test_the_first_stands_beside_what_repeats_it(client_norte, in_norte):
    one, two = make_customer("Ana Primera"), make_customer()
    first, again = send(customer=one), send(saved_again(screenshot()), customer=two)
    page = client_norte.get(f"{reverse('billing:receipts')}?r={again.pk}").content.decode()
    assert "Se parece mucho" in page
    assert reverse("billing:receipt_page", args=[first.pk, 1]) in page
    typed = {"amount": "600", "bank": "BBVA", "reference": "77"}
    client_norte.post(reverse("billing:receipt_accept", args=[first.pk]), {**typed, "customer": one.pk}, **HTMX)
    stopped = client_norte.post(
        reverse("billing:receipt_accept", args=[again.pk]), {**typed, "customer": two.pk}, **HTMX
    )
    assert "No se puede aceptar otra vez" in stopped.content.decode()
    assert Payment.objects.count() == 1


def test_another_reference_makes_the_warning_quiet(client_norte, in_norte):
    send(customer=make_customer(), claims=Claims(reference="1001"))
    again = send(saved_again(screenshot()), customer=make_customer(), claims=Claims(reference="2002"))
    page = client_norte.get(f"{reverse('billing:receipts')}?r={again.pk}").content.decode()
    assert "con otra referencia" in page


def test_one_reference_accepted_by_ten_at_once_is_one_payment(fresh_db, norte):
    with enter("norte"):
        customers = [make_customer() for _ in range(5)]
        receipts = [send(photo(f"#{n:02x}0000"), customer=c) for n, c in enumerate(customers)]
    gate, outcomes = threading.Barrier(10), []

    def work(receipt, customer):
        gate.wait()
        with enter("norte"):
            try:
                outcomes.append(accept(receipt, customer_id=customer.pk, bank="BBVA", reference="77").pk)
            except RepeatedReceipt as error:
                outcomes.append(error)
        connection.close()

    jobs = list(zip(receipts, customers, strict=True)) * 2
    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with enter("norte"):
        assert Payment.objects.count() == 1
        assert Receipt.objects.filter(status="accepted").count() == 1
        assert len(outcomes) == 10
        assert {one for one in outcomes if isinstance(one, int)} == {Payment.objects.get().pk}
        check_books()


def test_accepting_lifts_the_cut_and_tells_the_customer(client_norte, in_norte):
    customer = make_customer()
    reach(customer)
    owe(customer, "600")
    Hold.objects.create(service=customer.services.get(), reason="debt", source="dunning", since=NOW, opened_by="x")
    receipt = send(customer=customer)
    typed = {"amount": "600", "customer": customer.pk}
    client_norte.post(reverse("billing:receipt_accept", args=[receipt.pk]), typed, **HTMX)
    assert not Hold.objects.filter(closed_at=None).exists()
    assert Message.objects.filter(key__startswith=f"receipt:{receipt.pk}:receipt_accepted").exists()


def test_the_stack_asks_as_much_of_the_database_with_fifty_as_with_two(client_norte, in_norte):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert client_norte.get(reverse("billing:receipts")).status_code == 200
        return len(queries)

    first, second = send(photo("#010101"), customer=make_customer()), send(photo("navy"), customer=make_customer())
    assert first.pk < second.pk
    count()
    two = count()
    for number in range(48):
        second.pk, second.customer = None, make_customer(f"Cliente {number}")
        second.created_at = NOW + dt.timedelta(minutes=number)
        second.save()
    assert count() == two
    assert two < 20
