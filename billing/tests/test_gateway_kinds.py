"""Mercado Pago and Conekta, each through its official client against its simulator; and transfers by reference."""

import datetime as dt
import hashlib
import hmac
import json
import time
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.domain.gateway_accounts import AccountRefused, connect_account
from billing.domain.gateway_refunds import ask_refund, send_refund
from billing.domain.payment_requests import RequestRefused, cancel_request, create_request
from billing.domain.payments import record_payment
from billing.domain.transfer_references import customer_of_reference, reference_of
from billing.gateways.base import BadSignature
from billing.gateways.mercadopago.gateway import MercadoPago
from billing.gateways.stripe.config import from_minor, to_minor
from billing.gateways.transfer.reference import make_reference, read_references
from billing.models import GatewayAccount, GatewayNotice, GatewayPayment, GatewayRefund, Invoice, Payment, Refund
from billing.tests.scenes import STAFF, check_books, make_customer
from billing.tests.till import ask, books, debtor, work
from simulators.conekta import ConektaSimulator
from simulators.mercadopago import MercadoPagoSimulator

MP_KEY, MP_SECRET, CONEKTA_KEY = "APP_USR-norte", "mp-secreto", "key_norte"


class Far:
    """One vendor as the tests need it: how to pay, give back and charge back, and how its news are posted."""

    def __init__(self, kind, simulator, account, client):
        self.kind, self.simulator, self.account, self.client = kind, simulator, account, client

    def pay(self, request, **how):
        return self.simulator.pay(request.external_id, **how)

    def give_back(self, request, payment, amount):
        if self.kind == "conekta":
            self.simulator.refund(request.external_id, int(amount * 100))
        else:
            self.simulator.refund(payment, float(amount))

    def charge_back(self, request, payment):
        self.simulator.charge_back(request.external_id if self.kind == "conekta" else payment)

    def news(self, request, payment):
        far = next(iter(self.simulator.accounts.values()))
        if self.kind == "conekta":
            return self.simulator.event(far, "order.paid", self.simulator.orders[request.external_id])
        return self.simulator.event(far, payment)

    def post(self, event, **headers):
        path = f"/hooks/pasarelas/{self.account.uuid}/"
        if event.query:
            path += "?" + "&".join(f"{name}={value}" for name, value in event.query.items())
        signed = {**event.sign(event.body), "Host": "norte.localhost", **headers}
        return self.client.post(path, event.body, content_type="application/json", headers=signed).status_code


@pytest.fixture
def conekta(in_norte, client):
    with ConektaSimulator() as simulator:
        simulator.add_account(key=CONEKTA_KEY, name="Norte")
        account = connect_account(
            account=None,
            kind="conekta",
            name="Conekta",
            api_key=CONEKTA_KEY,
            config={"api_base": simulator.url, "email": "pagos@norte.example"},
            actor=STAFF,
            now=timezone.now(),
        )
        simulator.accounts[CONEKTA_KEY].webhook_url = ""
        yield Far("conekta", simulator, account, client)


@pytest.fixture
def mercadopago(in_norte, client):
    with MercadoPagoSimulator() as simulator:
        simulator.add_account(key=MP_KEY, webhook_secret=MP_SECRET)
        account = connect_account(
            account=None,
            kind="mercadopago",
            name="Mercado Pago",
            api_key=MP_KEY,
            webhook_secret=MP_SECRET,
            config={"api_base": simulator.url},
            actor=STAFF,
            now=timezone.now(),
        )
        yield Far("mercadopago", simulator, account, client)


@pytest.fixture(params=["mercadopago", "conekta"])
def far(request):
    return request.getfixturevalue(request.param)


def test_asked_paid_notified_booked_once(far):
    request = ask(far.account, debtor())
    assert (request.status, request.trouble) == ("open", "")
    assert request.url.startswith(far.simulator.url)
    payment = far.pay(request)
    event = far.news(request, payment)
    assert [far.post(event) for _ in range(3)] == [200, 200, 200]
    assert far.post(far.news(request, payment)) == 200
    work()
    work()
    row = Payment.objects.get()
    assert (row.amount, row.key) == (600, f"{far.kind}:{payment}")
    assert GatewayNotice.objects.count() == 2
    assert Invoice.objects.get().status == "paid"
    request.refresh_from_db()
    assert request.status == "paid"
    check_books()


def test_a_signature_of_somebody_else_leaves_no_trace(far):
    request = ask(far.account, debtor())
    payment = far.pay(request)
    far.simulator.faults.wrong_signature = True
    before = books()
    assert far.post(far.news(request, payment)) == 403
    far.simulator.faults.wrong_signature = False
    event = far.news(request, payment)
    header = next(name for name in ("x-signature", "DIGEST") if name in event.sign(event.body))
    for forged in ("", "ts=1,v1=zz", "ts=,v1=", "AAAA", "ñ" * 40):
        assert far.post(event, **{header: forged}) == 403
    work()
    assert books() == before


def test_less_more_and_another_currency(far):
    less, other = debtor(), debtor()
    one, two = ask(far.account, less), ask(far.account, other)
    far.pay(one, amount=45000 if far.kind == "conekta" else 450)
    far.pay(two, currency="USD")
    work(later=dt.timedelta(minutes=3))
    one.refresh_from_db()
    assert (one.status, one.paid) == ("partly", 450)
    aside = GatewayPayment.objects.get(request=two)
    assert (aside.state, aside.payment, Payment.objects.count()) == ("aside", None, 1)
    check_books()


def test_given_back_there_in_parts_and_charged_back(far):
    first, second = ask(far.account, debtor()), ask(far.account, debtor())
    one, two = far.pay(first), far.pay(second)
    work(later=dt.timedelta(minutes=3))
    far.give_back(first, one, Decimal(150))
    far.charge_back(second, two)
    for request, payment in ((first, one), (second, two)):
        far.post(far.news(request, payment))
    work()
    work()
    assert sorted(Refund.objects.values_list("amount", "reason")) == [
        (150, "Devuelto en la pasarela"),
        (600, "Contracargo"),
    ]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.paid, second.status) == ("partly", 450, "cancelled")
    check_books()


def test_we_give_back_and_the_lost_answer_gives_back_once(far):
    request = ask(far.account, debtor())
    far.pay(request)
    work(later=dt.timedelta(minutes=3))
    arrival = GatewayPayment.objects.get()
    refund = ask_refund(
        arrival_id=arrival.pk, amount=Decimal(200), reason="Cobro doble", actor=STAFF, now=timezone.now()
    )
    far.simulator.faults.hang_seconds = 0.1
    # Conekta is asked first what went back already; the refund is the second call.
    if far.kind == "mercadopago":
        far.simulator.faults.drop_after_accept_next = 1
    send_refund(refund_id=refund.pk, now=timezone.now())
    work(later=dt.timedelta(minutes=2))
    assert GatewayRefund.objects.get().status == "done"
    given = Refund.objects.get()
    assert (given.amount, given.reason, given.actor_label) == (200, "Cobro doble", "Ana")
    check_books()


def test_an_answer_that_was_lost_makes_no_second_request(far):
    far.simulator.faults.drop_after_accept_next, far.simulator.faults.hang_seconds = 1, 0.1
    request = ask(far.account, debtor())
    assert request.status == "creating"
    work(later=dt.timedelta(minutes=2))
    request.refresh_from_db()
    made = far.simulator.orders if far.kind == "conekta" else far.simulator.preferences
    assert (request.status, list(made)) == ("open", [request.external_id])


def test_down_then_back_and_a_key_that_is_no_longer_good(far):
    far.simulator.faults.fail_next = 1
    request = ask(far.account, debtor())
    assert request.status == "creating"
    work(later=dt.timedelta(minutes=2))
    request.refresh_from_db()
    assert request.status == "open"
    far.simulator.accounts.clear()
    refused = ask(far.account, debtor())
    assert refused.status == "failed"
    assert "no acepta" in refused.trouble


def test_a_wrong_key_is_not_kept(far):
    with pytest.raises(AccountRefused, match="no acepta"):
        connect_account(
            account=None,
            kind=far.kind,
            name="Otra",
            api_key="mala",
            config={"api_base": far.simulator.url},
            actor=STAFF,
            now=timezone.now(),
        )
    assert GatewayAccount.objects.count() == 1


def test_cancelled_there_too(far):
    request = ask(far.account, debtor())
    cancel_request(request_id=request.pk, actor=STAFF, now=timezone.now())
    request.refresh_from_db()
    assert request.status == "cancelled"
    if far.kind == "conekta":
        assert far.simulator.orders[request.external_id]["payment_status"] == "canceled"
    else:
        assert far.simulator.preferences[request.external_id]["expires"] is True


def test_oxxo_gives_a_reference_with_bars_and_spei_a_clabe(conekta):
    customer = debtor()
    cash = ask(conekta.account, customer, way="cash", key="cash")
    bank = ask(conekta.account, customer, way="bank", key="bank")
    assert cash.voucher.startswith("93000")
    assert cash.barcode == cash.voucher
    assert (len(bank.voucher), bank.barcode) == (18, "")
    assert "STP" in bank.instructions
    conekta.simulator.pay(cash.external_id)
    work(later=dt.timedelta(minutes=3))
    assert Payment.objects.get().reference.startswith(cash.external_id)


def test_a_voucher_that_ran_out_and_one_paid_on_its_last_evening(conekta):
    gone, late = ask(conekta.account, debtor(), way="cash"), ask(conekta.account, debtor(), way="cash")
    conekta.simulator.expire(gone.external_id)
    work(later=dt.timedelta(days=7, hours=1))
    gone.refresh_from_db()
    late.refresh_from_db()
    assert (gone.status, late.status) == ("expired", "expired")
    conekta.post(
        conekta.simulator.event(
            conekta.simulator.accounts[CONEKTA_KEY], "order.expired", {"object": "order", "id": gone.external_id}
        )
    )
    conekta.simulator.pay(late.external_id)
    conekta.post(conekta.news(late, ""))
    work()
    late.refresh_from_db()
    assert (late.status, Payment.objects.count()) == ("paid", 1)
    check_books()


def test_conekta_wants_an_address_to_write_to(conekta):
    GatewayAccount.objects.update(config={"api_base": conekta.simulator.url})
    account = GatewayAccount.objects.get()
    request = ask(account, debtor())
    assert (request.status, "correo" in request.trouble) == ("failed", True)


def test_a_rejected_card_changes_nothing(mercadopago):
    request = ask(mercadopago.account, debtor())
    payment = mercadopago.pay(request, status="rejected")
    mercadopago.post(mercadopago.news(request, payment))
    work()
    assert (GatewayNotice.objects.get().outcome, Payment.objects.count()) == ("noted", 0)
    request.refresh_from_db()
    assert request.status == "open"


def test_a_payment_that_has_nothing_to_do_with_us(mercadopago):
    simulator = mercadopago.simulator
    request = ask(mercadopago.account, debtor())
    payment = mercadopago.pay(request)
    simulator.payments[payment]["external_reference"] = "venta-de-routers-17"
    mercadopago.post(simulator.event(simulator.accounts[MP_KEY], payment))
    work()
    assert (GatewayNotice.objects.get().outcome, Payment.objects.count()) == ("noted", 0)


def signed(subject, at, *, secret=MP_SECRET, told=None):
    """A notification as their documentation shows it."""
    body = {"action": "payment.updated", "api_version": "v1", "data": {"id": told or subject}, "id": 123456}
    body |= {"date_created": "2021-11-01T02:02:02Z", "live_mode": False, "type": "payment", "user_id": 724484980}
    mac = hmac.new(secret.encode(), f"id:{subject};request-id:r-1;ts:{at};".encode(), hashlib.sha256).hexdigest()
    return json.dumps(body).encode(), {"x-signature": f"ts={at},v1={mac}", "x-request-id": "r-1"}, {"data.id": subject}


def read(body, headers, query):
    gateway = MercadoPago(api_key="x", webhook_secret=MP_SECRET, config={})
    return gateway.read_notice(body=body, headers=headers, query=query, now=timezone.now())


def test_mercado_pagos_signature_in_seconds_and_in_milliseconds():
    now = int(time.time())
    for at in (now, now * 1000, now - 600):
        assert read(*signed("999999999", at)).payment == "999999999"
    for at in (now - 3600, (now - 3600) * 1000, now + 3600):
        with pytest.raises(BadSignature, match="old"):
            read(*signed("999999999", at))


def test_mercado_pagos_body_may_not_speak_of_another_payment():
    with pytest.raises(BadSignature):
        read(*signed("1", int(time.time()), told="2"))
    body, headers, _query = signed("1", int(time.time()))
    with pytest.raises(BadSignature):
        read(body, headers, {"data.id": "2"})
    with pytest.raises(BadSignature):
        read(body, headers, {})


def test_stripes_smallest_units():
    assert to_minor(Decimal("600.00"), "MXN") == 60000
    assert to_minor(Decimal(25990), "CLP") == 25990
    assert to_minor(Decimal(150000), "PYG") == 150000
    assert from_minor(25990, "CLP") == 25990
    assert from_minor(60050, "PEN") == Decimal("600.5")


def transfer(**fields):
    config = {"bank": "BBVA", "holder": "Norte", "number": "012560001234567891"}
    return connect_account(
        account=None, kind="transfer", name="Banco", config=config, actor=STAFF, now=timezone.now(), **fields
    )


def test_a_transfer_has_the_customers_reference_and_ends_with_its_invoices(in_norte):
    customer = debtor()
    request = ask(transfer(), customer, way="bank")
    assert request.voucher == reference_of(customer.pk)
    assert "012560001234567891" in request.instructions
    record_payment(
        customer_id=customer.pk,
        amount=Decimal(600),
        method="transfer",
        received_at=timezone.now(),
        actor=STAFF,
        key="banco:1",
        now=timezone.now(),
    )
    work(later=dt.timedelta(minutes=3))
    request.refresh_from_db()
    assert (request.status, request.next_try_at) == ("paid", None)
    assert Payment.objects.count() == 1


def test_the_reference_is_found_in_what_banks_write(in_norte):
    customer = make_customer()
    reference = reference_of(customer.pk)
    spaced = f"{reference[:3]} {reference[3:]}"
    for text in (reference, f"SPEI RECIBIDO REF {reference} GOMEZ", f"PAGO INTERNET-{reference}", f"ref. {spaced}"):
        assert customer_of_reference(text) == customer.pk, text
    wrong = reference[:-1] + str((int(reference[-1]) + 1) % 10)
    for text in ("", "PAGO", wrong, f"9{reference}", make_reference(customer.pk + 999)):
        assert customer_of_reference(text) is None, text
    other = make_customer()
    assert customer_of_reference(f"{reference} {reference_of(other.pk)}") is None


def test_any_two_digits_swapped_or_one_wrong_is_noticed():
    for number in (1, 42, 99999, 123456, 10**9 + 7):
        text = make_reference(number)
        assert read_references(text) == [number]
        for place in range(len(text)):
            for digit in set("0123456789") - {text[place]}:
                assert read_references(text[:place] + digit + text[place + 1 :]) == []
        for place in range(len(text) - 1):
            swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            assert swapped == text or read_references(swapped) == []


def test_a_currency_the_gateway_does_not_have(in_sur):
    with pytest.raises(AccountRefused, match="ARS"):
        connect_account(account=None, kind="conekta", name="C", api_key="x", actor=STAFF, now=timezone.now())


def test_asked_of_an_account_that_is_off_or_in_a_way_it_has_not(in_norte):
    account = transfer(is_active=False)
    base = {"customer_id": make_customer().pk, "amount": Decimal(5), "actor": STAFF, "key": "k", "now": timezone.now()}
    with pytest.raises(RequestRefused, match="apagada"):
        create_request(account=account, way="bank", **base)
    account.is_active = True
    with pytest.raises(RequestRefused, match="de esa forma"):
        create_request(account=account, way="link", **base)
    with pytest.raises(RequestRefused, match="este cliente"):
        create_request(account=account, way="bank", invoice_ids=[999], **base)
