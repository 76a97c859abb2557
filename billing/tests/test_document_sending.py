"""Documents on their way: once per key, as a file while the person talks to us, else as the approved link."""

import datetime as dt
from pathlib import Path

import pytest
from django.utils import timezone

from billing.documents.links import DocumentRef, read_link
from billing.documents.sending import DocumentRefused, send_document
from billing.domain.credit_notes import issue_credit_note
from billing.tests.scenes import NOW, STAFF, make_customer, owe, reach
from billing.tests.test_documents import pay, today, write_texts
from billing.tests.test_paper import pages
from customers.models import Contact
from events.models import Event
from events.sentences import sentence
from inbox.domain.templates import approve_notices, ensure_default_templates
from inbox.models import Channel, Conversation, Message
from tenants.current import enter, entered

API = "/api/v1"


def send(ref, key="k", now=NOW):
    return send_document(ref=ref, key=key, actor=STAFF, now=now)


def approve():
    ensure_default_templates()
    approve_notices(channel=Channel.objects.get(), ids={"document_link": "HX9"})


def nothing_left():
    return (Message.objects.count(), Event.objects.filter(type="document.sent").count()) == (0, 0)


def test_a_file_goes_to_who_talks_to_us_and_only_once(in_norte):
    write_texts()
    customer = make_customer("Lucía Gómez")
    invoice = owe(customer, "600")
    conversation = reach(customer)
    conversation.waiting_since = NOW
    conversation.save()
    ref = DocumentRef("invoice", invoice.pk)
    message = send(ref)
    assert send(ref) == message == send(ref, now=NOW + dt.timedelta(days=3))
    file = message.attachments.get()
    assert (file.kind, file.content_type) == ("document", "application/pdf")
    assert invoice.label in pages(Path(file.file.path).read_bytes())[0]
    assert (message.status, message.as_template, message.conversation) == ("queued", False, conversation)
    assert message.body.startswith(f"Hola Lucía, le enviamos la factura {invoice.label}. Vencida: $600.00.")
    assert read_link(message.body.split("/d/")[1].rstrip("/"), today=NOW.date()) == ref
    event = Event.objects.get(type="document.sent")
    assert (event.subject_kind, event.subject_id, event.customer_id) == ("billing.invoice", invoice.pk, customer.pk)
    assert sentence(event).startswith(f"Ana envió la factura {invoice.label} por WhatsApp, al ")
    conversation.refresh_from_db()
    assert conversation.bot_active  # a document is no answer: the bot goes on
    assert conversation.waiting_since == NOW
    assert send(ref, "otra") != message


def test_outside_the_window_the_approved_template_carries_the_link(in_norte):
    customer = make_customer("Lucía Gómez")
    payment = pay(customer, "100")
    conversation = reach(customer)
    Conversation.objects.filter(pk=conversation.pk).update(last_inbound_at=NOW - dt.timedelta(hours=25))
    ref = DocumentRef("payment", payment.pk)
    with pytest.raises(DocumentRefused, match="más de 24 horas"):
        send(ref)
    assert nothing_left()
    approve()
    message = send(ref)
    assert (message.as_template, message.attachments.count()) == (True, 0)
    assert f"el recibo de pago {payment.pk}" in message.body
    assert read_link(message.variables["link"].split("/d/")[1].rstrip("/"), today=NOW.date()) == ref
    assert "el enlace a" in sentence(Event.objects.get(type="document.sent"))


def test_who_cannot_be_reached_is_said_and_nothing_is_written(in_norte):
    customer = make_customer()
    ref = DocumentRef("statement", customer.pk)
    with pytest.raises(DocumentRefused, match="número de WhatsApp"):
        send(ref)
    reach(make_customer())
    approve()
    with pytest.raises(DocumentRefused, match="no tiene teléfono"):
        send(ref)
    Contact.objects.create(customer=customer, kind="whatsapp", value="+523111234567", opted_out=True)
    with pytest.raises(DocumentRefused, match="pidió no recibir"):
        send(ref)
    assert nothing_left()
    assert not Conversation.objects.filter(customer=customer).exists()


def test_the_first_message_to_a_phone_opens_its_conversation(in_norte):
    customer = make_customer()
    reach(make_customer())
    approve()
    Contact.objects.create(customer=customer, kind="whatsapp", value="+523111234567", is_primary=True)
    message = send(DocumentRef("statement", customer.pk, dt.date(2026, 1, 1)))
    assert (message.conversation.customer, message.as_template) == (customer, True)
    event = Event.objects.get(type="document.sent")
    assert (event.facts["to"], event.subject_kind) == ("311 123 4567", "customers.customer")


# --- the desk -------------------------------------------------------------------------------------------


def reachable(name="Ñandú Órnelas"):
    customer = make_customer(name)
    conversation = reach(customer)
    Conversation.objects.filter(pk=conversation.pk).update(last_inbound_at=timezone.now())
    return customer, owe(customer, "600", today=today())


def test_the_dialog_names_who_gets_it_and_the_second_click_sends_nothing_more(client_norte, in_norte):
    customer, invoice = reachable()
    url = f"/cobranza/facturas/{invoice.pk}/enviar"
    page = client_norte.get(url).content.decode()
    for words in (customer.name, "El PDF y el enlace", f"la factura {invoice.label}"):
        assert words in page
    assert nothing_left()
    typed = {"key": "abc"}
    for _click in range(2):
        response = client_norte.post(url, typed, headers={"HX-Request": "true"})
        assert response.status_code == 200
        assert "en camino" in response["HX-Trigger"].encode().decode("unicode_escape")
    assert Message.objects.count() == 1
    assert Event.objects.filter(type="document.sent").count() == 1


def test_without_scripts_each_kind_goes_back_to_its_page(client_norte, in_norte):
    customer, invoice = reachable()
    payment = pay(customer, "100", when=timezone.now())
    note = issue_credit_note(invoice_id=invoice.pk, reason="Prueba", actor=STAFF, now=timezone.now())
    rooms = [("facturas", invoice.pk), ("pagos", payment.pk), ("notas", note.pk), ("cuenta", customer.pk)]
    for room, pk in rooms:
        response = client_norte.post(f"/cobranza/{room}/{pk}/enviar", {"key": room}, follow=True)
        assert response.status_code == 200
        assert "en camino por WhatsApp" in response.content.decode()
    assert Message.objects.count() == len(rooms)


def test_a_refusal_is_a_sentence_in_the_dialog(client_norte, in_norte):
    invoice = owe(make_customer(), "600", today=today())
    for response in (
        client_norte.get(f"/cobranza/facturas/{invoice.pk}/enviar"),
        client_norte.post(f"/cobranza/facturas/{invoice.pk}/enviar", {"key": "a"}),
    ):
        page = response.content.decode()
        assert "Todavía no hay un número de WhatsApp conectado." in page
        assert "Enviar a" not in page
    assert nothing_left()


def test_the_desk_downloads_and_copies(client_norte, in_norte):
    customer, invoice = reachable()
    payment = pay(customer, "100", when=timezone.now())
    rooms = [("facturas", invoice.pk), ("pagos", payment.pk), ("cuenta", customer.pk)]
    for room, pk in rooms:
        file = client_norte.get(f"/cobranza/{room}/{pk}/pdf")
        assert (file.status_code, file["Content-Type"]) == (200, "application/pdf")
        assert "filename" in file["Content-Disposition"]
        assert customer.name in pages(file.content)[0]
        page = client_norte.get(f"/cobranza/{room}/{pk}/enlace").content.decode()
        link = page.split('value="')[1].split('"')[0]
        opened = client_norte.get("/" + link.split("/", 3)[3])
        assert opened.status_code == 200
        assert customer.name in opened.content.decode()
    narrow = client_norte.get(f"/cobranza/pagos/{payment.pk}/pdf?papel=80")
    assert narrow.status_code == 200
    assert narrow.content != client_norte.get(f"/cobranza/pagos/{payment.pk}/pdf").content
    assert client_norte.get("/cobranza/notas/999/pdf").status_code == 404


def test_a_statement_goes_with_the_days_on_screen(client_norte, in_norte):
    customer, invoice = reachable()
    page = client_norte.get(f"/cobranza/cuenta/{customer.pk}/movimientos/?from=2020-01-01").content.decode()
    assert f"/cobranza/cuenta/{customer.pk}/pdf?from=2020-01-01" in page
    days = "from=2020-01-01&to=2020-02-01"
    assert invoice.label not in pages(client_norte.get(f"/cobranza/cuenta/{customer.pk}/pdf?{days}").content)[0]
    dialog = client_norte.get(f"/cobranza/cuenta/{customer.pk}/enviar?{days}").content.decode()
    assert 'name="from" value="2020-01-01"' in dialog
    client_norte.post(f"/cobranza/cuenta/{customer.pk}/enviar", {"key": "a", "from": "2020-01-01", "to": "2020-02-01"})
    [file] = Message.objects.get().attachments.all()
    assert "1 de febrero de 2020" in pages(Path(file.file.path).read_bytes())[0]
    assert client_norte.get(f"/cobranza/cuenta/{customer.pk}/pdf?from=x").status_code == 404


@pytest.mark.parametrize(
    ("role", "may"), [("collections", (200, 200)), ("read_only", (200, 404)), ("sales", (404, 404))]
)
def test_who_may_read_and_who_may_send(sign_in, norte, in_norte, role, may):
    reads, sends = may
    _customer, invoice = reachable()
    client = sign_in(norte, role)
    assert client.get(f"/cobranza/facturas/{invoice.pk}/pdf").status_code == reads
    assert client.get(f"/cobranza/facturas/{invoice.pk}/enlace").status_code == reads
    assert client.get(f"/cobranza/facturas/{invoice.pk}/enviar").status_code == sends
    assert client.get("/cobranza/documentos/").status_code == 404


def test_the_neighbour_finds_none_of_it(norte, sur, sign_in):
    with entered(norte):
        customer, invoice = reachable()
    client = sign_in(sur)
    for path in ("pdf", "enviar", "enlace"):
        assert client.get(f"/cobranza/facturas/{invoice.pk}/{path}").status_code == 404
        assert client.get(f"/cobranza/cuenta/{customer.pk}/{path}").status_code == 404
    with entered(norte):
        assert nothing_left()


# --- the API --------------------------------------------------------------------------------------------


def post(client, path, key="k"):
    return client.post(f"{API}{path}", headers={"Idempotency-Key": key} if key else {})


def test_the_api_does_what_the_desk_does(client_norte, in_norte):
    customer, invoice = reachable()
    payment = pay(customer, "100", when=timezone.now())
    for path in (f"/invoices/{invoice.pk}", f"/payments/{payment.pk}", f"/customers/{customer.pk}/statement"):
        pdf = client_norte.get(
            f"{API}{path}.pdf" if "statement" in path else f"{API}{path}/pdf/", headers={"Accept": "*/*"}
        )
        assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
        assert customer.name in pages(pdf.content)[0]
        link = post(client_norte, f"{path}/link/", "").json()
        assert client_norte.get("/" + link["url"].split("/", 3)[3]).status_code == 200
        first, again = post(client_norte, f"{path}/send/", path), post(client_norte, f"{path}/send/", path)
        assert (first.status_code, first.json()) == (201, again.json())
        assert Message.objects.get(pk=first.json()["message"]).attachments.count() == 1
        assert post(client_norte, f"{path}/send/", "").status_code == 400
    assert Message.objects.count() == 3
    pdf = client_norte.get(f"{API}/invoices/{invoice.pk}/pdf/", headers={"Accept": "application/pdf"})
    assert pdf.status_code == 200
    assert client_norte.get(f"{API}/payments/{payment.pk}/pdf/?paper=roll").status_code == 200
    wrong = client_norte.get(f"{API}/payments/{payment.pk}/pdf/?paper=A4", headers={"Accept": "application/pdf"})
    assert (wrong.status_code, wrong["Content-Type"]) == (400, "application/json")


def test_the_api_refuses_with_a_sentence(client_norte, in_norte):
    customer = make_customer()
    invoice = owe(customer, "600", today=today())
    refused = post(client_norte, f"/invoices/{invoice.pk}/send/")
    assert (refused.status_code, refused.json()["message"]) == (409, "Todavía no hay un número de WhatsApp conectado.")
    assert client_norte.get(f"{API}/customers/999999/statement.pdf").status_code == 404
    assert post(client_norte, "/customers/999999/statement/link/").status_code == 404
    url = f"{API}/customers/{customer.pk}/statement.pdf?from=2026-02-01&to=2026-01-01"
    assert "posterior" in str(client_norte.get(url).json())
    assert client_norte.get(f"{API}/customers/{customer.pk}/statement.pdf?from=ayer").status_code == 400
    assert nothing_left()


def test_the_texts_over_the_api(client_norte, sign_in, norte, in_norte):
    url = f"{API}/document-settings/"
    assert client_norte.get(url).json()["link_days"] == 30
    done = client_norte.patch(url, {"footer": "Gracias", "link_days": 7}, content_type="application/json")
    assert (done.status_code, done.json()["footer"]) == (200, "Gracias")
    assert client_norte.patch(url, {"link_days": 0}, content_type="application/json").status_code == 400
    assert client_norte.patch(url, {"tax_id": "X"}, content_type="application/json").status_code == 400
    assert sign_in(norte, "collections").patch(url, {"footer": "x"}, content_type="application/json").status_code == 404
    assert client_norte.get(url).json()["footer"] == "Gracias"
    with enter("sur"):
        assert not Event.objects.filter(type="documents.changed").exists()
