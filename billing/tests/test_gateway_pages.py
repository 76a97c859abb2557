"""The screens and the API of gateways, as people and programs meet them."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.documents.links import DocumentRef
from billing.documents.shelf import fresh_link
from billing.domain.gateway_accounts import connect_account
from billing.domain.payment_requests import request_link
from billing.models import GatewayAccount, GatewayPayment, GatewayRefund, Invoice, Payment, PaymentRequest
from billing.tests.scenes import STAFF, check_books, reach
from billing.tests.till import KEY, SECRET, ask, books, connect_stripe, debtor, work
from customers.models import Contact
from inbox.models import Message
from simulators.stripe_api import StripeSimulator
from tenants.current import enter, tenant_today


@pytest.fixture
def stripe():
    with StripeSimulator() as simulator:
        yield simulator


@pytest.fixture
def account(in_norte, stripe):
    return connect_stripe(stripe)


def path_of(url):
    return "/" + url.split("/", 3)[3]


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def connect(client, **changes):
    fields = {"name": "Tarjetas", "api_key": KEY, "webhook_secret": SECRET, "for_customers": "on", "is_active": "on"}
    return client.post("/cobranza/pasarelas/nueva/stripe/", {**fields, **changes})


def test_connected_by_a_form_that_never_shows_the_secrets_again(in_norte, stripe, client_norte, settings):
    settings.GATEWAY_API_BASES = {"stripe": stripe.url}
    stripe.add_account(key=KEY, webhook_secret=SECRET)
    assert connect(client_norte, api_key="sk_mala").status_code == 422
    assert GatewayAccount.objects.count() == 0
    assert connect(client_norte).status_code == 302
    row = GatewayAccount.objects.get()
    assert (row.reveal("api_key"), row.reveal("webhook_secret")) == (KEY, SECRET)
    for path in ("/cobranza/pasarelas/", f"/cobranza/pasarelas/{row.pk}/"):
        page = client_norte.get(path).content.decode()
        assert KEY not in page
        assert SECRET not in page
    assert f"/hooks/pasarelas/{row.uuid}/" in client_norte.get(f"/cobranza/pasarelas/{row.pk}/").content.decode()
    fields = {"name": "Tarjetas 2", "for_customers": "on", "is_active": "on"}
    assert client_norte.post(f"/cobranza/pasarelas/{row.pk}/", fields).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.reveal("api_key")) == ("Tarjetas 2", KEY)


def test_without_a_secret_stripe_makes_one(in_norte, stripe, client_norte, settings):
    settings.GATEWAY_API_BASES = {"stripe": stripe.url}
    far = stripe.add_account(key=KEY)
    assert connect(client_norte, webhook_secret="").status_code == 302
    row = GatewayAccount.objects.get()
    assert row.reveal("webhook_secret") == far.webhook_secret
    assert far.webhook_url.endswith(f"/hooks/pasarelas/{row.uuid}/")


@pytest.mark.parametrize("fields", [{"name": ""}, {"api_key": ""}])
def test_what_is_missing_gets_a_sentence_and_keeps_the_rest(in_norte, client_norte, fields):
    answer = connect(client_norte, **fields)
    assert answer.status_code == 422
    assert GatewayAccount.objects.count() == 0


def test_only_who_may_sees_the_gateways(account, sign_in, norte):
    client = sign_in(norte, "collections")
    assert client.get("/cobranza/pasarelas/").status_code in {403, 404}
    assert client.get("/cobranza/en-linea/").status_code == 200


def test_tried_again(account, stripe, client_norte):
    url = f"/cobranza/pasarelas/{account.pk}/probar"
    assert "responde" in text_of(client_norte.post(url, follow=True))
    stripe.accounts.clear()
    assert "no acepta la clave" in text_of(client_norte.post(url, follow=True))
    assert "No responde" in text_of(client_norte.get("/cobranza/pasarelas/"))


def test_a_collector_makes_a_link_and_sends_it(account, stripe, client_norte):
    customer = debtor()
    reach(customer)
    Contact.objects.get_or_create(customer=customer, kind="whatsapp", value="+525512345678", is_primary=True)
    page = text_of(client_norte.get(f"/cobranza/cuenta/{customer.pk}/pedir-pago"))
    assert 'value="600.00"' in page
    invoice = customer.invoices.get()
    fields = {"option": f"{account.uuid}:link", "amount": "600,00", "invoices": [invoice.pk], "key": "k"}
    for _ in range(2):
        assert client_norte.post(f"/cobranza/cuenta/{customer.pk}/pedir-pago", fields).status_code == 302
    row = PaymentRequest.objects.get()
    assert (row.status, list(row.invoices.all())) == ("open", [invoice])
    assert request_link(row) in client_norte.get(f"/cobranza/en-linea/{row.pk}/").content.decode()
    client_norte.post(f"/cobranza/en-linea/{row.pk}/enviar")
    assert request_link(row) in Message.objects.get(direction="out").body
    assert customer.name in text_of(client_norte.get("/cobranza/en-linea/?status=open"))
    assert customer.name not in text_of(client_norte.get("/cobranza/en-linea/?status=paid"))


@pytest.mark.parametrize("amount", ["0", "-5", "mil", "", "9999999999999999", "600.001"])
def test_an_amount_that_is_none(account, client_norte, amount):
    customer = debtor()
    fields = {"option": f"{account.uuid}:link", "amount": amount, "key": "k"}
    answer = client_norte.post(f"/cobranza/cuenta/{customer.pk}/pedir-pago", fields)
    assert answer.status_code == 422
    assert PaymentRequest.objects.count() == 0


def test_from_the_invoices_link_to_the_gateway_and_back(account, stripe, client, norte):
    customer = debtor()
    link = path_of(fresh_link(DocumentRef("invoice", customer.invoices.get().pk), today=tenant_today(timezone.now())))
    page = client.get(link, headers={"Host": "norte.localhost"})
    assert "Pagar ahora" in text_of(page)
    with enter("norte"):
        fields = {"con": f"{account.uuid}:link"}
    for _ in range(2):
        answer = client.post(f"{link}pagar", fields, headers={"Host": "norte.localhost"})
        assert answer.status_code == 302
    with enter("norte"):
        row = PaymentRequest.objects.get()
        assert (row.actor_kind, row.amount, row.status) == ("customer", 600, "open")
        place = path_of(request_link(row))
        assert row.url in client.get(f"{place}?ir=1", headers={"Host": "norte.localhost"}).content.decode()
    stripe.pay(row.external_id)
    back = client.get(f"{place}?volvio=1", headers={"Host": "norte.localhost"})
    assert "Confirmando" in text_of(back)
    with enter("norte"):
        work()
        check_books()
    assert "Recibimos su pago" in text_of(client.get(f"{place}?volvio=2", headers={"Host": "norte.localhost"}))
    with enter("norte"):
        assert Invoice.objects.get().status == "paid"
    assert "Pagar ahora" not in text_of(client.get(link, headers={"Host": "norte.localhost"}))


def test_a_forged_link_and_another_providers_open_nothing(account, client, sur):
    place = path_of(request_link(ask(account, debtor())))
    assert client.get(place, headers={"Host": "sur.localhost"}).status_code == 404
    assert client.get(f"{place[:-2]}x/", headers={"Host": "norte.localhost"}).status_code == 404
    assert client.get("/p/1/", headers={"Host": "norte.localhost"}).status_code == 404


def test_paying_with_something_that_is_not_offered_changes_nothing(account, client):
    customer = debtor()
    link = path_of(fresh_link(DocumentRef("invoice", customer.invoices.get().pk), today=tenant_today(timezone.now())))
    for choice in ("", "x", f"{account.uuid}:cash", "00000000-0000-0000-0000-000000000000:link"):
        back = client.post(f"{link}pagar", {"con": choice}, headers={"Host": "norte.localhost"})
        page = client.get(back["Location"], headers={"Host": "norte.localhost"})
        assert "no se le cobró nada" in text_of(page)
        assert "Pagar ahora" in text_of(page)
    assert "no se le cobró nada" not in text_of(client.get(link, headers={"Host": "norte.localhost"}))
    with enter("norte"):
        assert PaymentRequest.objects.count() == 0


def test_given_back_from_the_payments_page(account, stripe, client_norte):
    request = ask(account, debtor())
    intent = stripe.pay(request.external_id)
    work(later=dt.timedelta(minutes=3))
    payment = Payment.objects.get()
    page = text_of(client_norte.get(f"/cobranza/pagos/{payment.pk}/"))
    assert "Devolver por la pasarela" in page
    assert intent in page
    url = f"/cobranza/en-linea/llegado/{GatewayPayment.objects.get().pk}/devolver"
    for fields in ({"amount": "601", "reason": "x"}, {"amount": "0", "reason": "x"}, {"amount": "600", "reason": ""}):
        assert client_norte.post(url, fields).status_code == 422
    assert GatewayRefund.objects.count() == 0
    assert client_norte.post(url, {"amount": "100", "reason": "Días sin servicio"}).status_code == 302
    assert stripe.intents[intent]["latest_charge"]["amount_refunded"] == 10000
    payment.refresh_from_db()
    assert payment.refunded == 100
    check_books()


def test_money_set_aside_is_settled_by_a_person(account, stripe, client_norte):
    request = ask(account, debtor())
    stripe.pay(request.external_id, currency="usd")
    work(later=dt.timedelta(minutes=3))
    assert "Dinero por revisar" in text_of(client_norte.get("/cobranza/en-linea/"))
    before = books()
    url = f"/cobranza/en-linea/llegado/{GatewayPayment.objects.get().pk}/resolver"
    assert client_norte.post(url, {"reason": ""}).status_code == 422
    assert client_norte.post(url, {"reason": "Se devolvió en Stripe"}).status_code == 302
    assert books() == before
    assert "Dinero por revisar" not in text_of(client_norte.get("/cobranza/en-linea/"))


def test_the_list_costs_the_same_for_one_and_for_three(account, client_norte, django_assert_max_num_queries):
    for _ in range(3):
        ask(account, debtor())
    client_norte.get("/cobranza/en-linea/")
    with django_assert_max_num_queries(16):
        client_norte.get("/cobranza/en-linea/")


def test_the_api_asks_shows_cancels_and_gives_back(account, stripe, client_norte):
    customer = debtor()
    listed = client_norte.get("/api/v1/gateway-accounts/").json()["results"]
    assert [(row["kind"], "api_key" in row) for row in listed] == [("stripe", False)]
    body = {"customer": customer.pk, "account": account.pk, "amount": "600.00"}
    post = {"content_type": "application/json", "headers": {"Idempotency-Key": "a"}}
    first = client_norte.post("/api/v1/payment-requests/", body, **post)
    assert first.status_code == 201, first.content
    row = first.json()
    assert (row["status"], row["url"].startswith(stripe.url)) == ("open", True)
    assert client_norte.post("/api/v1/payment-requests/", body, **post).json()["id"] == row["id"]
    assert client_norte.post("/api/v1/payment-requests/", {**body, "amount": "5"}, **post).status_code == 409
    assert client_norte.post("/api/v1/payment-requests/", body, content_type="application/json").status_code == 400
    stripe.pay(PaymentRequest.objects.get().external_id)
    work(later=dt.timedelta(minutes=3))
    row = client_norte.get(f"/api/v1/payment-requests/{row['id']}/").json()
    assert (row["status"], row["arrivals"][0]["state"]) == ("paid", "booked")
    assert client_norte.post(f"/api/v1/payment-requests/{row['id']}/cancel/").status_code == 409
    give = {"arrival": row["arrivals"][0]["id"], "amount": "600.00", "reason": "Se fue"}
    answer = client_norte.post(f"/api/v1/payment-requests/{row['id']}/refund/", give, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (201, "done")
    assert Invoice.objects.get().status == "open"
    assert client_norte.get("/api/v1/payment-requests/?status=nada").status_code == 400


def test_a_transfer_shows_the_account_and_the_reference(in_norte, client):
    bank = connect_account(
        account=None,
        kind="transfer",
        name="BBVA",
        config={"bank": "BBVA", "number": "0123", "holder": "Norte"},
        actor=STAFF,
        now=timezone.now(),
    )
    row = ask(bank, debtor(), way="bank")
    page = text_of(client.get(path_of(request_link(row)), headers={"Host": "norte.localhost"}))
    assert row.voucher in page
    assert "0123" in page
    assert row.amount == Decimal(600)
