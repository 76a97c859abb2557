"""Informes on the screen, as a workbook and by the API: the hand-computed story's numbers, and who may see them."""

from __future__ import annotations

import datetime as dt
import zipfile
from decimal import Decimal
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.domain.figures.definitions import ALL
from billing.tests.scenes import make_customer, owe
from billing.tests.test_figures_ledger import tell_story
from tenants.current import entered
from tenants.tests.test_spreadsheets import sheet_of

pytestmark = pytest.mark.django_db
NOVEMBER = {"month": "2026-11"}
PAGES = ("overview", "collections", "debt", "recurring", "cuts")


@pytest.fixture(autouse=True)
def december(monkeypatch):
    """The pages are asked for on 5 December, at noon."""
    now = dt.datetime(2026, 12, 5, 18, 0, tzinfo=dt.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def story(norte):
    with entered(norte):
        return tell_story()


def sheets_of(book) -> dict[str, list[list[str]]]:
    """The texts of every sheet, by its name."""
    file = BytesIO(b"".join(book.streaming_content))
    with zipfile.ZipFile(file) as archive:
        tree = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 -- we wrote it
    names = [node.get("name") for node in tree.iter() if node.tag.endswith("}sheet")]
    return {
        name: [[text for _formula, text in row] for row in sheet_of(file, number)]
        for number, name in enumerate(names, start=1)
    }


def page_of(client, name, **query):
    response = client.get(reverse(f"figures:{name}", urlconf="config.urls"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_overview_says_the_month_and_its_changes(story, client_norte):
    page = page_of(client_norte, "overview", **NOVEMBER)
    for text in ("$2,320.00", "$768.00", "$3,176.00", "64.8 días", "$2,100.00", "$420.00", "33.1 %"):
        assert text in page
    assert "octubre" in page.lower()
    assert "sin historia" in page  # a year ago there were no books
    assert "Lo que los servicios contratados dejan en un mes" in page
    # October beside September: billed 2088 of 1624 is 29 % more.
    assert "29 %" in page_of(client_norte, "overview", month="2026-10")
    # November compared with September instead.
    assert "$1,624.00" in page_of(client_norte, "overview", against="2026-09", **NOVEMBER)


@pytest.mark.parametrize("name", PAGES)
def test_bad_addresses_are_the_present_month(story, client_norte, name):
    for query in ({"month": "x"}, {"month": "9999-12"}, {"month": "0001-01"}, {"against": "2030-01"}, {"by": "'"}):
        assert "diciembre" in page_of(client_norte, name, **query).lower()


def test_each_family_has_its_table_and_lists(story, client_norte):
    page = page_of(client_norte, "collections", by="collector", **NOVEMBER)
    assert "Luis" in page
    assert "Facturado por" not in page  # nobody collects what was billed
    page = page_of(client_norte, "debt", by="zone", **NOVEMBER)
    assert "$2,088.00" in page
    assert "/informes/lista/owed/?month=2026-11&amp;part=overdue&amp;by=zone" in page
    page = page_of(client_norte, "recurring", by="plan", **NOVEMBER)
    assert "Cambio de plan" in page
    assert "Cambio de plan" not in page_of(client_norte, "recurring", by="zone", **NOVEMBER)
    page_of(client_norte, "cuts", **NOVEMBER)


def test_a_list_is_the_number_it_came_from(story, client_norte):
    url = reverse("figures:list", args=["owed"], urlconf="config.urls")
    page = client_norte.get(url, {"part": "to_60", **NOVEMBER}).content.decode()
    assert "$1,160.00" in page
    assert "Carla" in page
    assert "Ana" not in page
    page = client_norte.get(url, {"by": "zone", "key": "none", "part": "nonsense", **NOVEMBER}).content.decode()
    assert "No hay renglones" in page  # Elio has no zone and owes nothing
    moved = reverse("figures:list", args=["moved"], urlconf="config.urls")
    assert "Reactivación · noviembre" in client_norte.get(moved, {"part": "back", **NOVEMBER}).content.decode()
    book = client_norte.get(reverse("figures:list_export", args=["owed"], urlconf="config.urls"), NOVEMBER)
    [rows] = sheets_of(book).values()
    assert sum(Decimal(row[-1]) for row in rows[1:]) == Decimal(3176)


def test_the_workbook_holds_every_table_and_definition(story, client_norte):
    book = client_norte.get(reverse("figures:export", urlconf="config.urls"), NOVEMBER)
    sheets = sheets_of(book)
    assert next(iter(sheets)) == "Resumen"
    assert len(sheets) == 18
    summary = {row[0]: row[1:3] for row in sheets["Resumen"]}
    assert summary["Facturado"] == ["2320", "2088"]
    zones = {row[0]: row[-2] for row in sheets["Facturado - Zona"]}
    assert int(zones["Total"]) == sum(int(zones[name]) for name in ("Norte", "Sur", "Sin zona")) == 2320
    assert [row[0] for row in sheets["Definiciones"]][1:] == [str(row.name) for row in ALL]


def test_the_api_says_the_same(story, client_norte):
    found = client_norte.get("/api/v1/figures/", {"by": "zone", **NOVEMBER}).json()
    figures = {row["code"]: row for row in found["figures"]}
    assert (figures["billed"]["value"], figures["billed"]["before"]) == ("2320.00", "2088.00")
    assert figures["billed"]["year_before"] is None
    assert (figures["mrr"]["value"], figures["customer_churn"]["value"]) == ("2100.00", "0.0")
    tables = {table["code"]: table for table in found["tables"]}
    assert sorted(tables) == ["billed", "collected", "cuts", "moved", "owed", "reconnections"]
    rows = {row["name"]: row["values"]["total"] for row in tables["collected"]["rows"]}
    assert rows == {"Norte": "1000.00", "Sin zona": "232.00", "Sur": "-464.00"}
    assert tables["collected"]["total"]["values"]["total"] == "768.00"
    assert client_norte.get("/api/v1/figures/").json()["last"] == "2026-12-05"
    for query in ({"month": "2026-13"}, {"month": "2027-01"}, {"against": "2027-01"}, {"by": "colour"}):
        refused = client_norte.get("/api/v1/figures/", query)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, list(query))


def test_without_history_the_pages_teach(client_sur):
    for name in PAGES:
        assert "Todavía no hay cifras" in page_of(client_sur, name)


def test_who_may_see_them(story, norte, sur, sign_in):
    for role, code in (("collections", 200), ("read_only", 200), ("support", 404), ("technician", 404)):
        client = sign_in(norte, role)
        for path in ("/informes/", "/informes/lista/owed/", "/informes/cortes/lista/", "/informes/informe.xlsx"):
            assert client.get(path).status_code == code
        assert client.get("/api/v1/figures/").status_code == code
    assert sign_in(norte, "read_only").get("/informes/lista/owed.xlsx").status_code == 404
    page = sign_in(sur, "owner").get("/informes/lista/owed/", NOVEMBER).content.decode()
    assert "Carla" not in page


def test_one_or_fifty_customers_cost_the_same_queries(norte, client_norte):
    def cost(name):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page_of(client_norte, name, by="zone")
        return len(queries)

    with entered(norte):
        owe(make_customer(), "100", today=dt.date(2026, 12, 1))
    page_of(client_norte, "overview")
    before = {name: cost(name) for name in PAGES}
    with entered(norte):
        for _n in range(50):
            owe(make_customer(), "100", today=dt.date(2026, 12, 1))
    assert {name: cost(name) for name in PAGES} == before
    assert max(before.values()) < 60
