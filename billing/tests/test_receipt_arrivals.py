"""Comprobantes that come with a request: by a program, and by the page of a signed link."""

import base64
import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from billing.documents.links import DocumentRef, sign_link
from billing.domain.receipt_filing import (
    A_DAY,
    Claims,
    ReceiptRefused,
    alike_pictures,
    drain,
    file_picture,
    same_picture,
)
from billing.domain.receipts import accept_receipt
from billing.models import Entry, Payment, Receipt, ReceiptPicture
from billing.tests.proofs import pdf, photo, saved_again, screenshot
from billing.tests.scenes import NOW, STAFF, make_customer, owe
from billing.tests.test_receipts import file, picture
from inbox.domain.media import store_bytes
from inbox.models import Attachment
from tenants.current import enter, entered, tenant_today

API = "/api/v1/receipts/"
KEY = {"Idempotency-Key": "k1"}


def send(data=None, *, customer=None, **fields):
    values = {"source": "api", "actor": STAFF, "now": NOW, "customer_id": customer.pk if customer else None, **fields}
    return file_picture(data=data or screenshot(), **values)


def nothing_booked():
    return not Entry.objects.filter(transaction__kind="payment").exists() and not Payment.objects.exists()


# --- by a program ------------------------------------------------------------------------------------------


def test_a_program_sends_a_form_and_the_key_makes_it_once(client_norte, in_norte):
    customer = make_customer()
    said = {"customer": customer.pk, "amount": "600.00", "bank": "BBVA", "reference": "12", "paid_on": "2026-11-01"}

    def post():
        body = {**said, "file": SimpleUploadedFile("pago.exe", screenshot())}
        return client_norte.post(API, body, headers=KEY)

    first, again = post(), post()
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    receipt = Receipt.objects.get()
    assert (receipt.source, receipt.customer, receipt.amount) == ("api", customer, Decimal(600))
    assert (receipt.picture.state, receipt.picture.content_type) == ("ready", "image/jpeg")
    other = client_norte.post(API, {"file": SimpleUploadedFile("x.png", photo())}, headers=KEY)
    assert (other.status_code, Receipt.objects.count()) == (409, 1)


def test_a_program_sends_json_and_the_same_bytes_point_to_the_first(client_norte, in_norte):
    def post(key, file):
        return client_norte.post(API, {"file": file}, content_type="application/json", headers={"Idempotency-Key": key})

    plain = base64.b64encode(pdf()).decode()
    first = post("a", plain).json()
    again = post("b", f"data:application/pdf;base64,{plain}").json()
    assert (first["status"], again["status"], again["first"]) == ("waiting", "duplicate", first["id"])
    wrong = post("c", "%%%")
    assert (wrong.status_code, "base64" in wrong.content.decode()) == (400, True)
    assert post("", plain).status_code == 400


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("file", SimpleUploadedFile("foto.jpg", b"MZ" + b"\0" * 90), 400),
        ("file", SimpleUploadedFile("foto.jpg", b""), 400),
        ("amount", "0", 409),
        ("amount", "mil", 400),
        ("paid_on", "2999-01-01", 409),
        ("customer", 999_999, 404),
    ],
)
def test_what_is_wrong_is_said_and_leaves_nothing(client_norte, in_norte, field, value, status):
    body = {"file": SimpleUploadedFile("a.png", photo()), field: value}
    response = client_norte.post(API, body, headers=KEY)
    assert response.status_code == status
    assert response.json()["message"]
    assert not Receipt.objects.exists()
    assert nothing_booked()


@pytest.mark.parametrize("size", [11, 40])
def test_a_40_mb_photo_is_refused_without_being_kept(client_norte, in_norte, size):
    big = b"\xff\xd8\xff" + bytes(size * 1024 * 1024)
    form = client_norte.post(API, {"file": SimpleUploadedFile("foto.jpg", big)}, headers=KEY)
    assert (form.status_code, "10 MB" in form.content.decode()) == (400, True)
    text = base64.b64encode(big).decode()
    body = client_norte.post(API, {"file": text}, content_type="application/json", headers=KEY)
    assert (body.status_code, "10 MB" in body.content.decode()) == (413, True)
    assert not Receipt.objects.exists()


def test_two_of_the_same_bytes_at_once_make_one_that_waits(fresh_db, norte):
    data, gate = screenshot(), threading.Barrier(3)

    def work():
        with enter("norte"):
            gate.wait()
            send(data)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with enter("norte"):
        assert sorted(Receipt.objects.values_list("status", flat=True)) == ["duplicate", "duplicate", "waiting"]


# --- by the page of a link ------------------------------------------------------------------------------------


@pytest.fixture
def anybody(sign_in, norte):
    return sign_in(norte, None)


def proof_page(invoice):
    token = sign_link(DocumentRef("invoice", invoice.pk), last_day=tenant_today(timezone.now()) + dt.timedelta(days=9))
    return f"/d/{token}/comprobante"


def test_a_customer_sends_a_photo_and_sees_what_became_of_it(anybody, in_norte):
    customer = make_customer()
    invoice = owe(customer, "600")
    newer = owe(customer, "300", days_late=30)
    address = proof_page(invoice)
    assert "900" in anybody.get(address).content.decode()
    body = {"file": SimpleUploadedFile("a.jpg", screenshot()), "amount": "600", "reference": "83"}
    page = anybody.post(address, body, follow=True)
    assert "Recibimos su comprobante" in page.content.decode()
    receipt = Receipt.objects.get()
    assert (receipt.source, receipt.customer, receipt.invoice, receipt.amount) == ("portal", customer, invoice, 600)
    again = {"file": SimpleUploadedFile("b.jpg", screenshot())}
    assert "ya lo habíamos recibido" in anybody.post(address, again, follow=True).content.decode()
    accept_receipt(receipt_id=receipt.pk, amount=Decimal(600), actor=STAFF, now=NOW)
    # The invoice whose link it was is paid, not the older one.
    invoice.refresh_from_db()
    newer.refresh_from_db()
    assert (invoice.status, newer.status) == ("paid", "open")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "Elija la foto"),
        (b"MZ" + b"\0" * 90, "no es una foto"),
        (b"\xff\xd8\xff" + bytes(40 * 1024 * 1024), "más de 10 MB"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_keeps_what_was_typed(anybody, in_norte, data, words):
    address = proof_page(owe(make_customer(), "600"))
    body = {"amount": "450", "reference": "R-77"}
    if data is not None:
        body["file"] = SimpleUploadedFile("foto.jpg", data)
    response = anybody.post(address, body)
    said = response.content.decode()
    assert (response.status_code, words in said, 'value="R-77"' in said) == (422, True, True)
    assert not Receipt.objects.exists()
    assert nothing_booked()


def test_more_than_anybody_reads_is_cut_off(anybody, in_norte):
    address = proof_page(owe(make_customer(), "600"))
    response = anybody.generic("POST", address, b"x", content_type="image/png", CONTENT_LENGTH=str(10**9))
    assert (response.status_code, "10 MB" in response.content.decode()) == (413, True)


def test_a_link_does_not_fill_the_queue(anybody, in_norte):
    customer = make_customer()
    for number in range(A_DAY):
        send(photo(f"#0000{number:02x}"), customer=customer, source="portal")
    with pytest.raises(ReceiptRefused, match="muchos"):
        send(photo("#ff0000"), customer=customer, source="portal")


def test_the_neighbours_link_files_nothing(sign_in, norte, sur):
    with entered(norte):
        address = proof_page(owe(make_customer(), "600"))
    response = sign_in(sur, None).post(address, {"file": SimpleUploadedFile("a.jpg", screenshot())})
    assert response.status_code == 404
    with entered(sur):
        assert not Receipt.objects.exists()


def test_the_form_of_the_page_is_checked(norte, in_norte, sign_in):
    client = sign_in(norte, None)
    client.handler.enforce_csrf_checks = True
    response = client.post(proof_page(owe(make_customer(), "600")), {"file": SimpleUploadedFile("a.jpg", screenshot())})
    assert response.status_code == 403
    assert not Receipt.objects.exists()


# --- by WhatsApp, opened by the lane -----------------------------------------------------------------------------


def test_the_lane_opens_what_whatsapp_brought_once_it_is_here(in_norte):
    customer = make_customer()
    attachment = picture(customer, "")
    Attachment.objects.filter(pk=attachment.pk).update(file="", next_try_at=NOW)
    attachment.refresh_from_db()
    receipt = file(attachment, customer)
    assert drain(now=NOW) > NOW
    store_bytes(attachment=attachment, data=screenshot(), content_type="image/jpeg", now=NOW)
    assert drain(now=NOW + dt.timedelta(seconds=10)) is None
    receipt.picture.refresh_from_db()
    assert (receipt.picture.state, len(receipt.picture.previews)) == ("ready", 1)


def test_what_whatsapp_brought_damaged_says_so_and_still_waits_for_a_person(in_norte):
    customer = make_customer()
    receipt = file(picture(customer), customer)
    drain(now=NOW)
    shown = ReceiptPicture.objects.get(receipt=receipt)
    assert (shown.state, "dañado" in shown.error or "no es" in shown.error) == ("refused", True)
    receipt.refresh_from_db()
    assert receipt.status == "waiting"


# --- nearly the same ---------------------------------------------------------------------------------------------


def test_a_picture_sent_on_is_shown_beside_the_first_and_may_still_be_accepted(in_norte):
    customer, other = make_customer(), make_customer()
    first = send(customer=customer)
    again = send(saved_again(screenshot()), customer=other)
    send(photo("navy"), customer=other)
    assert again.status == "waiting"
    assert same_picture(again) is None
    assert alike_pictures(again) == [first]
    assert accept_receipt(receipt_id=again.pk, amount=Decimal(600), actor=STAFF, now=NOW)


def test_an_old_picture_is_not_compared(in_norte):
    send(now=NOW - dt.timedelta(days=120))
    again = send(saved_again(screenshot()), claims=Claims(bank="BBVA"))
    assert alike_pictures(again) == []
