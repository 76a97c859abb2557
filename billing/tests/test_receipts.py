from decimal import Decimal

import pytest
from django.core.files.base import ContentFile

from billing.domain.ledger import balance
from billing.domain.money import BadAmount
from billing.domain.receipt_filing import ReceiptRefused, RepeatedReceipt, file_receipt
from billing.domain.receipts import accept_receipt, reference_key, reject_receipt
from billing.models import Entry, Payment, Receipt
from billing.tests.scenes import NOW, STAFF, check_books, make_customer, owe, reach
from customers.models import Hold
from events.domain import Actor
from events.models import Event
from inbox.domain.conversations import add_line
from inbox.models import Attachment, Message
from tenants.current import enter


def picture(customer, sha="a" * 64):
    conversation = reach(customer)
    message = add_line(
        conversation=conversation, author=Actor.of_customer(customer), now=NOW, direction="in", status="received"
    )
    attachment = Attachment(message=message, kind="image", content_type="image/png", sha256=sha)
    attachment.file.save(".png", ContentFile(b"png"))
    return attachment


def file(attachment, customer):
    customer_id = customer.pk if customer else None
    return file_receipt(
        message=attachment.message, attachment=attachment, customer_id=customer_id, now=NOW, actor=STAFF
    )


def accept(receipt, amount="600", **fields):
    return accept_receipt(receipt_id=receipt.pk, amount=Decimal(amount), actor=STAFF, now=NOW, **fields)


def said(key):
    return Message.objects.filter(key__startswith=key).count()


def test_accepting_books_the_payment_once_and_tells_the_customer(in_norte):
    customer = make_customer()
    invoice = owe(customer, "600")
    receipt = file(picture(customer), customer)
    payment = accept(receipt, bank="BBVA", reference="12-34 ab")
    assert accept(receipt) == payment
    receipt.refresh_from_db()
    invoice.refresh_from_db()
    assert (receipt.status, receipt.payment, receipt.reviewed_by) == ("accepted", payment, "Ana")
    assert (payment.key, payment.method, invoice.status) == (f"receipt:{receipt.pk}", "transfer", "paid")
    assert (Payment.objects.count(), said(f"receipt:{receipt.pk}")) == (1, 1)
    check_books()


def test_rejecting_sends_the_reason_and_moves_no_money(in_norte):
    customer = make_customer()
    owe(customer, "600")
    receipt = file(picture(customer), customer)
    reject_receipt(receipt_id=receipt.pk, reason="La foto no se lee.", actor=STAFF, now=NOW)
    message = Message.objects.get(key__startswith="receipt:")
    assert message.variables["reason"] == "La foto no se lee"
    assert not Payment.objects.exists()
    with pytest.raises(ReceiptRefused, match="rechazado"):
        accept(receipt)
    with pytest.raises(ReceiptRefused):
        reject_receipt(receipt_id=receipt.pk, reason="otra", actor=STAFF, now=NOW)


def test_a_rejection_needs_a_reason(in_norte):
    customer = make_customer()
    receipt = file(picture(customer), customer)
    with pytest.raises(ReceiptRefused):
        reject_receipt(receipt_id=receipt.pk, reason="  ", actor=STAFF, now=NOW)
    receipt.refresh_from_db()
    assert receipt.status == "waiting"


def test_the_same_attachment_is_filed_once(in_norte):
    customer = make_customer()
    attachment = picture(customer)
    assert file(attachment, customer) == file(attachment, customer)
    assert Event.objects.filter(type="receipt.filed").count() == 1


def test_the_same_bytes_again_are_stopped_and_point_to_the_first(in_norte):
    customer, other = make_customer(), make_customer()
    first = file(picture(customer), customer)
    again = file(picture(other), other)
    assert (again.status, again.first) == ("duplicate", first)
    with pytest.raises(ReceiptRefused):
        accept(again)
    assert file(picture(customer, "b" * 64), customer).status == "waiting"


def test_bytes_that_arrive_after_filing_are_compared_when_accepting(in_norte):
    customer = make_customer()
    first = file(picture(customer, ""), customer)
    second = file(picture(customer, ""), customer)
    assert second.status == "waiting"
    Attachment.objects.update(sha256="c" * 64)
    with pytest.raises(RepeatedReceipt) as refused:
        accept(second)
    assert refused.value.first == first
    assert accept(first)
    assert Payment.objects.count() == 1


def test_a_rejected_picture_may_be_sent_again(in_norte):
    customer = make_customer()
    first = file(picture(customer), customer)
    reject_receipt(receipt_id=first.pk, reason="Otra cuenta", actor=STAFF, now=NOW)
    assert file(picture(customer), customer).status == "waiting"


def test_the_same_bank_and_reference_are_stopped(in_norte):
    one, two = make_customer(), make_customer()
    first = file(picture(one, "1" * 64), one)
    second = file(picture(two, "2" * 64), two)
    accept(first, bank="Banamex", reference="ABC 123")
    with pytest.raises(RepeatedReceipt) as refused:
        accept(second, bank="banamex ", reference="abc-123")
    assert refused.value.first == first
    assert accept(second, bank="Santander", reference="abc-123")
    assert reference_key("Banamex", "") == ""


def test_accepting_lifts_the_cut(in_norte):
    customer = make_customer()
    owe(customer, "600")
    Hold.objects.create(service=customer.services.get(), reason="debt", source="dunning", since=NOW, opened_by="x")
    accept(file(picture(customer), customer))
    assert not Hold.objects.filter(closed_at=None).exists()


def test_an_unknown_sender_needs_a_customer_first(in_norte):
    customer = make_customer()
    receipt = file(picture(customer), None)
    with pytest.raises(ReceiptRefused, match="cliente"):
        accept(receipt)
    assert accept(receipt, customer_id=customer.pk).customer == customer


def test_a_bad_amount_leaves_the_receipt_waiting(in_norte):
    customer = make_customer()
    receipt = file(picture(customer), customer)
    with pytest.raises(BadAmount):
        accept(receipt, "-1")
    receipt.refresh_from_db()
    assert receipt.status == "waiting"
    assert not Entry.objects.exists()
    assert balance(customer.pk) == {}


def test_the_other_provider_sees_nothing(norte, sur):
    with enter("norte"):
        customer = make_customer()
        file(picture(customer), customer)
    with enter("sur"):
        assert not Receipt.objects.exists()
