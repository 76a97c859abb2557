"""Series: made, used, never counted backwards, without gaps unless meant."""

import pytest
from django.urls import reverse

from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.domain.series import SeriesRefused, change_series, create_series, ensure_series, use_series
from billing.models import Invoice, Series
from billing.tests.scenes import DECEMBER, NOW, STAFF, make_customer
from customers.tests.test_api import Api, get
from events.models import Event
from tenants.current import entered

BY = {"actor": STAFF, "now": NOW}


@pytest.fixture
def used(in_norte):
    """The series A- with three invoices."""
    for _index in range(3):
        make_customer()
    run_billing(run_id=start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW).pk, now=NOW)
    assert Invoice.objects.count() == 3
    return Series.objects.get(prefix="A-")


def test_the_defaults_are_there_before_the_first_document(client_norte, in_norte):
    page = client_norte.get(reverse("billing:series")).content.decode()
    assert "NC-" in page
    assert "sigue A-1" in page
    assert dict(Series.objects.values_list("prefix", "kind")) == {"A-": "invoice", "NC-": "credit_note"}


def test_one_with_documents_never_counts_backwards(used):
    with pytest.raises(SeriesRefused, match="no puede ser menor que 4"):
        change_series(series_id=used.pk, prefix="A-", next_number=3, **BY)
    with pytest.raises(SeriesRefused, match="haga otra serie"):
        change_series(series_id=used.pk, prefix="B-", next_number=4, **BY)
    with pytest.raises(SeriesRefused, match="A-4 a A-99"):
        change_series(series_id=used.pk, prefix="A-", next_number=100, **BY)
    used.refresh_from_db()
    assert (used.prefix, used.next_number) == ("A-", 4)
    assert not Event.objects.filter(type="series.changed").exists()
    assert change_series(series_id=used.pk, prefix="A-", next_number=100, gap=True, **BY).next_number == 100


def test_a_new_one_numbers_what_comes_and_the_old_stays(used):
    made = create_series(kind="invoice", prefix="B-", next_number=500, **BY)
    use_series(series_id=made.pk, **BY)
    assert current_policy().series_prefix == "B-"
    make_customer()
    run_billing(run_id=start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW).pk, now=NOW)
    assert Invoice.objects.latest("id").label == "B-500"
    used.refresh_from_db()
    assert used.next_number == 4


def test_an_unused_default_takes_its_new_prefix_along(in_norte):
    ensure_series()
    row = Series.objects.get(prefix="A-")
    change_series(series_id=row.pk, prefix="FAC-", next_number=10, **BY)
    assert current_policy().series_prefix == "FAC-"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prefix": "a-"}, "Ya hay una serie"),
        ({"prefix": "NC-"}, "Ya hay una serie"),
        ({"prefix": "DEMASIADO-LARGO-"}, "de 1 a 10"),
        ({"prefix": "<b>"}, "de 1 a 10"),
        ({"next_number": "0"}, "1 o más"),
        ({"next_number": "-4"}, "1 o más"),
        ({"next_number": "uno"}, "número"),
        ({"kind": "remito"}, "remito"),
    ],
)
def test_a_wrong_one_gets_a_sentence_keeps_what_was_typed_and_makes_nothing(client_norte, in_norte, changes, said):
    ensure_series()
    form = {"kind": "invoice", "prefix": "B-", "next_number": "1"} | changes
    response = client_norte.post(reverse("billing:series_new"), form)
    text = response.content.decode()
    assert response.status_code == 422
    assert said in text
    assert Series.objects.count() == 2


def test_credit_notes_do_not_take_the_invoices_place(client_norte, in_norte):
    ensure_series()
    note = Series.objects.get(kind="credit_note")
    client_norte.post(reverse("billing:series_use", args=[note.pk]))
    assert current_policy().series_prefix == "A-"


def test_the_page_asks_before_it_leaves_numbers_out(client_norte, used):
    url = reverse("billing:series_edit", args=[used.pk])
    form = {"prefix": "A-", "next_number": "10"}
    asked = client_norte.post(url, form).content.decode()
    assert "A-4 a A-9" in asked
    assert "Sí, saltar esos números" in asked
    client_norte.post(url, {**form, "gap": "on"})
    used.refresh_from_db()
    assert used.next_number == 10


@pytest.mark.parametrize("role", ["collections", "support", "read_only"])
def test_only_who_may_change_the_policy(sign_in, norte, used, role):
    client = sign_in(norte, role)
    for name, args in (("series", []), ("series_new", []), ("series_edit", [used.pk])):
        assert client.get(reverse(f"billing:{name}", args=args)).status_code == 404
    assert client.post(reverse("billing:series_use", args=[used.pk])).status_code == 404


def test_the_api_does_what_the_page_does(norte, used, sur):
    api = Api(norte)
    rows = {row["prefix"]: row for row in get(api, "/series/")[1]["results"]}
    assert (rows["A-"]["used"], rows["A-"]["current"], rows["NC-"]["kind"]) == (True, True, "credit_note")
    made = api("post", "/series/", {"prefix": "B-", "next_number": 7})
    assert (made.status_code, made.data_["next_number"]) == (201, 7)
    assert api("post", f"/series/{made.data_['id']}/use/").data_["current"] is True
    back = api("patch", f"/series/{used.pk}/", {"next_number": 1})
    assert (back.status_code, list(back.data_["fields"])) == (400, ["next_number"])
    assert api("patch", f"/series/{made.data_['id']}/", {"prefix": "C-"}).data_["prefix"] == "C-"
    assert Api(norte, "collections")("post", "/series/", {"prefix": "D-"}).status_code == 404
    assert Api(sur)("patch", f"/series/{used.pk}/", {"next_number": 50}).status_code == 404
    with entered(sur):
        assert not Series.objects.filter(prefix__in=["B-", "C-"]).exists()
