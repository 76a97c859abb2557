"""The statement: the same numbers on the page, in the API, in the tables and in the ledger, in every window."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.domain.credit_notes import issue_credit_note
from billing.domain.invoices import void_invoice
from billing.domain.ledger import Window, balance, read_statement, statement
from billing.domain.payments import record_payment, void_payment
from billing.tests.scenes import STAFF, make_customer, owe
from tenants.current import enter, tenant_today
from tenants.tests.test_spreadsheets import sheet_of

HTMX = {"HTTP_HX_REQUEST": "true"}


def today():
    return tenant_today(timezone.now())


def pay(customer, amount, days_ago=0, key=""):
    now = timezone.now() - dt.timedelta(days=days_ago)
    return record_payment(
        customer_id=customer.pk,
        amount=Decimal(amount),
        method="cash",
        received_at=now,
        actor=STAFF,
        key=f"{key}-{customer.pk}-{days_ago}-{amount}",
        now=timezone.now(),
    )


def years(customer, count=70):
    """Invoices and payments over a long time, a void of each, a little in favour at times."""
    for number in range(count):
        invoice = owe(customer, str(100 + number * 37 % 800), days_late=number * 11, today=today())
        if number % 9 == 5:
            void_invoice(invoice_id=invoice.pk, reason="Duplicada", actor=STAFF, now=timezone.now())
        elif number % 3:
            payment = pay(customer, 50 + number * 53 % 900, days_ago=number * 11, key=str(number))
            if number % 7 == 2:
                void_payment(payment_id=payment.pk, reason="Rebotó", actor=STAFF, now=timezone.now())
    return customer


def page_url(customer):
    return reverse("billing:statement", args=[customer.pk])


def api_url(customer):
    return f"/api/v1/customers/{customer.pk}/statement/"


def walk_api(client, url):
    found = []
    while url:
        answer = client.get(url).json()
        found += answer["results"]
        url = answer["next"]
    return found


def walk_page(client, url):
    found = []
    while url:
        context = client.get(url).context
        found += context["lines"]
        url = context["next_url"]
    return found


def test_the_running_balance_is_right_on_every_page_and_in_every_window(in_norte):
    customer = years(make_customer())
    whole = statement(customer.pk)
    assert whole[0].balance == balance(customer.pk)["MXN"]
    total = Decimal(0)
    for movement in reversed(whole):
        total += movement.amount
        assert movement.balance == total
    paged, before = [], None
    while True:
        page = read_statement(customer.pk, window=Window(), limit=13, before=before)
        paged += page.movements
        if not page.more:
            break
        before = page.movements[-1].day, page.movements[-1].transaction_id
    assert paged == whole
    since, until = today() - dt.timedelta(days=400), today() - dt.timedelta(days=100)
    within = read_statement(customer.pk, window=Window(since, until))
    assert within.movements == [m for m in whole if since <= m.day <= until]
    [sums] = within.sums
    assert sums.opening + sums.charged + sums.credited == sums.closing
    assert sums.opening == sum(m.amount for m in whole if m.day < since)
    assert (sums.count, sums.owed) == (len(within.movements), total)
    paid = read_statement(customer.pk, window=Window(kind="payment"))
    assert paid.movements == [m for m in whole if m.kind == "payment"]


def test_page_api_and_tables_say_what_the_ledger_says(client_norte, in_norte):
    customer = years(make_customer())
    whole = statement(customer.pk)
    assert len(whole) > 100
    told = walk_api(client_norte, api_url(customer))
    assert [(m["amount"], m["balance"], m["day"]) for m in told] == [
        (f"{m.amount:.2f}", f"{m.balance:.2f}", m.day.isoformat()) for m in whole
    ]
    shown = walk_page(client_norte, page_url(customer))
    assert [line.balance.replace("−", "-").replace("$", "").replace(",", "") for line in shown] == [
        f"{m.balance:.2f}" for m in whole
    ]
    name = reverse("billing:statement_export", args=[customer.pk, "csv"])
    table = b"".join(client_norte.get(name).streaming_content).decode("utf-8-sig").splitlines()
    assert [row.split(",")[5] for row in table[1:]] == [f"{m.balance:.2f}" for m in reversed(whole)]
    book = client_norte.get(reverse("billing:statement_export", args=[customer.pk, "xlsx"]))
    cells = [row[-2][1] for row in sheet_of(io.BytesIO(b"".join(book.streaming_content)))[1:]]
    assert [Decimal(cell) for cell in cells] == [m.balance for m in reversed(whole)]
    answer = client_norte.get(api_url(customer)).json()
    assert answer["sums"][0]["owed"] == client_norte.get(f"/api/v1/customers/{customer.pk}/balance/").json()["balance"]


def test_every_movement_links_to_its_document(client_norte, in_norte):
    customer = make_customer()
    invoice = owe(customer, "600", today=today())
    payment = pay(customer, "100")
    note = issue_credit_note(invoice_id=invoice.pk, amount=Decimal(50), reason="Falla", actor=STAFF, now=timezone.now())
    urls = {line.url for line in walk_page(client_norte, page_url(customer))}
    documents = {"invoice": invoice.pk, "payment": payment.pk, "credit_note": note.pk}
    assert urls == {reverse(f"billing:{name}", args=[pk]) for name, pk in documents.items()}
    for url in urls:
        assert client_norte.get(url).status_code == 200


def test_what_people_typed_is_text(client_norte, in_norte):
    customer = make_customer()
    invoice = owe(customer, "600", today=today())
    void_invoice(invoice_id=invoice.pk, reason="<b>\"mal\" & 'peor'</b>", actor=STAFF, now=timezone.now())
    for url in (page_url(customer), reverse("billing:customer_account", args=[customer.pk])):
        page = client_norte.get(url).content.decode()
        assert "<b>" not in page
        assert "&lt;b&gt;&quot;mal&quot; &amp; " in page


def test_the_window_lives_in_the_address(client_norte, in_norte):
    customer = make_customer()
    owe(customer, "600", days_late=100, today=today())
    pay(customer, "250")
    asked = {"from": today().isoformat(), "to": today().isoformat(), "kind": "payment"}
    for headers in ({}, HTMX):
        response = client_norte.get(page_url(customer), asked, **headers)
        [line] = response.context["lines"]
        assert (line.amount, line.balance) == ("−$250.00", "$350.00")
        page = response.content.decode()
        assert "Saldo anterior" in page
        assert "$600.00" in page
    page = client_norte.get(page_url(customer), asked).content.decode()
    assert f'value="{asked["from"]}"' in page
    assert '<option value="payment" selected>' in page
    assert "Ningún movimiento coincide" in client_norte.get(page_url(customer), {"to": "2020-01-01"}).content.decode()


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"from": "ayer"}, "from", "2026-11-30"),
        ({"to": "2026-02-31"}, "to", "2026-11-30"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from", "posterior"),
        ({"kind": "magia"}, "kind", "No hay movimientos de ese tipo"),
        ({"before": "2026-11-01.x"}, "before", ""),
        ({"before": f"2026-11-01.{2**80}"}, "before", ""),
        ({"page_size": "0"}, "page_size", ""),
        ({"page_size": "uno"}, "page_size", ""),
    ],
)
def test_a_wrong_window_gets_a_sentence_and_keeps_what_was_typed(client_norte, in_norte, asked, field, words):
    customer = make_customer()
    owe(customer, "600", today=today())
    page = client_norte.get(page_url(customer), asked)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert len(page.context["lines"]) == 1
    for name, typed in asked.items():
        if name in {"from", "to"}:
            assert f'value="{typed}"' in page.content.decode()
    answer = client_norte.get(api_url(customer), asked)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_fifty_movements_cost_the_queries_of_one(client_norte, in_norte):
    customer = make_customer()

    def queries(url):
        client_norte.get(url)  # the host's tenant is remembered for some seconds
        with CaptureQueriesContext(connection) as seen:
            assert client_norte.get(url).status_code == 200
        return len(seen)

    urls = [
        page_url(customer),
        api_url(customer),
        reverse("billing:customer_account", args=[customer.pk]),
        f"/api/v1/customers/{customer.pk}/balance/",
    ]
    owe(customer, "600", today=today())
    few = [queries(url) for url in urls]
    for number in range(60):
        owe(customer, "10", days_late=number, today=today())
    assert [queries(url) for url in urls] == few


def test_the_other_provider_finds_no_statement(client_sur, norte, sur):
    with enter("norte"):
        customer = make_customer("Ñandú Órnelas")
        owe(customer, "600", today=today())
    exports = [reverse("billing:statement_export", args=[customer.pk, form]) for form in ("csv", "xlsx")]
    for url in (page_url(customer), api_url(customer), *exports):
        assert client_sur.get(url).status_code == 404


def test_who_may_not_see_money_finds_no_statement(sign_in, norte, in_norte):
    customer = make_customer()
    technician = sign_in(norte, "technician")
    exports = [reverse("billing:statement_export", args=[customer.pk, form]) for form in ("csv", "xlsx")]
    for url in (page_url(customer), api_url(customer), *exports):
        assert technician.get(url).status_code == 404
