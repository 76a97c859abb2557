"""The invoices among very many: every filter has its index, every page its key, and a table streams."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tracemalloc
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.domain.invoices import void_invoice
from billing.domain.queries import INVOICE_ORDERS, InvoiceFilter, find_invoices
from billing.models import Invoice
from billing.tests.scenes import STAFF, make_customer, owe
from billing.views import invoice_list
from customers.models import Zone
from tenants.current import enter, tenant_today
from tenants.tests.test_spreadsheets import sheet_of

API = "/api/v1/invoices/"
MANY = """
INSERT INTO billing_invoice (customer_id, label, issued_on, due_on, subtotal, tax, total, paid, currency, status,
                             imported, created_at, void_reason)
SELECT %s, 'V-' || g, %s::date - g %% 3000, %s::date - g %% 3000 + 10, 100, 0, 100, 0, 'MXN', 'open', true, now(), ''
  FROM generate_series(1, %s) g
"""


def today():
    return tenant_today(timezone.now())


def listed(client, **asked):
    """The rows of every page of the list, with its sums."""
    url, rows, sums = f"{reverse('billing:invoices')}?{'&'.join(f'{k}={v}' for k, v in asked.items())}", [], None
    while url:
        context = client.get(url).context
        rows += context["page"].rows
        sums = sums or context.get("sums")
        url = context["page"].next_url
    return rows, sums


def table(client, form="csv", **asked):
    """The exported rows, without the head."""
    response = client.get(reverse("billing:invoices_export", args=[form]), asked)
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    return list(csv.reader(lines))[1:]


def make_many(count):
    with connection.cursor() as cursor:
        cursor.execute(MANY, [make_customer().pk, today(), today(), count])


@pytest.mark.parametrize("order", list(INVOICE_ORDERS))
def test_each_order_pages_by_key_and_shows_each_once(client_norte, in_norte, order):
    customer = make_customer()
    for index in range(120):
        owe(customer, str(100 + index % 5), days_late=index // 7, today=today())
    rows, sums = listed(client_norte, sort=order)
    keys = list(Invoice.objects.with_owed().order_by(*INVOICE_ORDERS[order].terms).values_list("pk", flat=True))
    assert [row.pk for row in rows] == keys
    assert (len(rows), sums.count) == (120, 120)


def test_a_key_of_one_order_starts_another_order_over(client_norte, in_norte):
    customer = make_customer()
    for index in range(60):
        owe(customer, "100", days_late=index, today=today())
    context = client_norte.get(reverse("billing:invoices")).context
    moved = client_norte.get(f"{context['page'].next_url}&sort=owed").context
    assert len(moved["page"].rows) == 50


def test_an_order_of_what_is_owed_lists_what_is_owed_and_says_so(client_norte, in_norte):
    customer = make_customer()
    small, large = owe(customer, "100", today=today()), owe(customer, "900", days_late=-3, today=today())
    void = owe(customer, "5000", today=today())
    void_invoice(invoice_id=void.pk, reason="Duplicada", actor=STAFF, now=timezone.now())
    rows, sums = listed(client_norte, sort="owed")
    assert [row.pk for row in rows] == [large.pk, small.pk]
    assert (sums.total, sums.owed) == (Decimal(1000), Decimal(1000))
    assert client_norte.get(reverse("billing:invoices"), {"sort": "owed"}).context["wanted"].effective_state == "open"
    assert [row.pk for row in listed(client_norte, sort="due")[0]] == [small.pk, large.pk]
    assert len(listed(client_norte)[0]) == 3


FILTERS = {
    "everything": InvoiceFilter(),
    "open": InvoiceFilter(state="open"),
    "overdue": InvoiceFilter(state="overdue"),
    "paid": InvoiceFilter(state="paid"),
    "void": InvoiceFilter(state="void"),
    "month": InvoiceFilter(month=dt.date(2026, 11, 1)),
    "void in a month": InvoiceFilter(state="void", month=dt.date(2026, 11, 1)),
    "zone": InvoiceFilter(zone_id=1),
    "number": InvoiceFilter(text="V-123"),
    "person": InvoiceFilter(text="lucia"),
    "oldest": InvoiceFilter(order="oldest"),
    "due": InvoiceFilter(order="due"),
    "owed": InvoiceFilter(order="owed"),
}


@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS)
def test_every_filter_and_order_has_its_index(in_norte, wanted):
    make_many(5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE billing_invoice")
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = find_invoices(wanted, today=today()).values_list("pk", "customer__name")[:51].explain()
    assert "Seq Scan on billing_invoice" not in plan
    assert "billing_invoice_" in plan


def test_a_deep_page_begins_where_the_last_one_ended(in_norte):
    make_many(5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE billing_invoice")
    rows = find_invoices(InvoiceFilter(), today=today())
    last = rows[4000]
    plan = rows.filter(invoice_list.Beyond("issued_on", last.issued_on, last.pk)).values_list("pk")[:51].explain()
    assert "Index Cond: (ROW(issued_on, id) <" in plan


def test_fifty_invoices_cost_the_queries_of_one(client_norte, in_norte):
    zone = Zone.objects.create(name="Centro")

    def queries(url):
        client_norte.get(url)  # the host's tenant is remembered for some seconds
        with CaptureQueriesContext(connection) as seen:
            assert client_norte.get(url).status_code == 200
        return len(seen)

    page = reverse("billing:invoices")
    urls = [page, f"{page}?q=lucia&state=open&zone={zone.pk}", API, f"{API}?state=open&q=lucia"]
    owe(make_customer(), "100", today=today())
    few = [queries(url) for url in urls]
    for _index in range(55):
        owe(make_customer(), "100", today=today())
    assert [queries(url) for url in urls] == few


def test_the_table_holds_what_is_filtered_and_no_formula(client_norte, in_norte):
    evil = make_customer("=HYPERLINK(1)")
    one, two = owe(evil, "1234567.89", today=today()), owe(make_customer("Beto"), "10", days_late=-4, today=today())
    [row] = table(client_norte, state="overdue")
    assert (row[0], row[1], row[11], row[13]) == (one.label, "'=HYPERLINK(1)", "1234567.89", "1234567.89")
    assert {row[0] for row in table(client_norte)} == {one.label, two.label}
    assert [row[0] for row in table(client_norte, id=two.pk)] == [two.label]
    book = client_norte.get(reverse("billing:invoices_export", args=["xlsx"]), {"q": "hyper"})
    [_head, cells] = sheet_of(io.BytesIO(b"".join(book.streaming_content)))
    assert (None, "=HYPERLINK(1)") in cells
    assert (None, "1234567.89") in cells


def test_a_sheet_too_long_for_excel_is_refused_with_a_way_out(client_norte, in_norte, monkeypatch):
    monkeypatch.setattr(invoice_list, "MOST_IN_SHEET", 2)
    make_many(3)
    refused = client_norte.get(reverse("billing:invoices_export", args=["xlsx"]), {"state": "open"}, follow=True)
    assert refused.redirect_chain[0][0] == f"{reverse('billing:invoices')}?state=open"
    assert "use CSV" in refused.content.decode()
    assert len(table(client_norte)) == 3


def test_twenty_thousand_invoices_stream_in_the_memory_of_a_few(client_norte, in_norte):
    make_many(20_000)

    def peak(**asked):
        response = client_norte.get(reverse("billing:invoices_export", args=["csv"]), asked)
        tracemalloc.start()
        count = sum(1 for _line in response.streaming_content)
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return count, reached

    peak(month="2000-01")
    few, small = peak(q="V-19")
    many, large = peak()
    assert (few, many) == (1112, 20_001)
    assert large < 3 * small


def test_who_may_not_export_gets_no_table_and_no_boxes(sign_in, norte, in_norte):
    owe(make_customer(), "100", today=today())
    reader = sign_in(norte, "read_only")
    page = reader.get(reverse("billing:invoices")).content.decode()
    assert "rows__pick" not in page
    for form in ("csv", "xlsx"):
        assert reader.get(reverse("billing:invoices_export", args=[form])).status_code == 404


def test_the_other_provider_exports_nothing_of_ours(client_sur, norte, sur):
    with enter("norte"):
        invoice = owe(make_customer("Ñandú"), "100", today=today())
    assert table(client_sur) == []
    assert table(client_sur, id=invoice.pk) == []


def test_the_api_filters_by_zone_and_month(client_norte, in_norte):
    zone, here = Zone.objects.create(name="Centro"), make_customer()
    here.zone = zone
    here.save()
    invoice = owe(here, "100", today=today())
    owe(make_customer(), "100", today=today())
    [found] = client_norte.get(API, {"zone": zone.pk}).json()["results"]
    assert found["id"] == invoice.pk
    assert client_norte.get(API, {"month": "2000-01"}).json()["results"] == []
    assert client_norte.get(API, {"zone": "x"}).status_code == 400
    assert client_norte.get(API, {"month": "enero"}).status_code == 400
