import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import ApiKey
from billing.models import Promise
from billing.tests.scenes import make_customer
from billing.tests.test_promise_pages import debtor, today
from events.models import Event
from tenants.current import enter

pytestmark = pytest.mark.django_db
URL = "/api/v1/promises/"


@pytest.fixture
def program(norte, sign_in):
    def make(role="owner"):
        with enter("norte"):
            _key, text = ApiKey.issue(name="Prueba", role=role)
        client = sign_in(norte, None)
        client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {text}"
        return client

    return make


def post(client, body, url=URL, key="k1"):
    return client.post(url, body, content_type="application/json", headers={"Idempotency-Key": key} if key else {})


def test_offer_grant_extend_cancel_and_list(program, in_norte):
    client, customer = program(), debtor()
    offer = client.get(f"/api/v1/customers/{customer.pk}/promise-offer/").json()
    assert (offer["owed"], offer["needed"], offer["refusals"], offer["cut"]) == ("600.00", "0.00", [], False)
    day = (today() + dt.timedelta(days=2)).isoformat()
    made = post(client, {"customer": customer.pk, "day": day, "note": "n"})
    again = post(client, {"customer": customer.pk, "day": day})
    assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
    assert (made.json()["amount"], made.json()["granted_by"], len(made.json()["invoices"])) == ("600.00", "staff", 1)
    url = f"{URL}{made.json()['id']}/"
    later = (timezone.now() + dt.timedelta(days=4)).isoformat()
    assert post(client, {"until": later, "reason": "x"}, f"{url}extend/").status_code == 200
    assert post(client, {"reason": "x"}, f"{url}cancel/").json()["status"] == "cancelled"
    assert post(client, {"reason": "x"}, f"{url}cancel/").status_code == 409
    assert [row["id"] for row in client.get(URL, {"customer": customer.pk}).json()["results"]] == [made.json()["id"]]
    assert client.get(URL, {"state": "open"}).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "key", "status"),
    [
        ({}, "k", 400),
        ({"day": "2026-13-45"}, "k", 400),
        ({"until": "mañana"}, "k", 400),
        ({"until": "0001-01-01T00:00:00Z"}, "k", 409),
        ({"until": "9999-12-31T23:59:59-11:00"}, "k", 400),
        ({"day": "9999-12-31"}, "k", 409),
        ({"day": "2026-12-01", "until": "2026-12-01T00:00:00Z"}, "k", 400),
        ({"note": "x" * 201}, "k", 400),
        ({"customer": 10**18}, "k", 404),
        ({"customer": "yo"}, "k", 400),
        ({}, "", 400),
        ({}, "x" * 201, 400),
    ],
)
def test_bad_input_gets_a_sentence_and_leaves_no_trace(program, in_norte, body, key, status):
    client, customer = program(), debtor()
    before = Event.objects.count()
    whole = {"customer": customer.pk, **body} if body else {}
    response = post(client, whole, key=key)
    assert response.status_code == status, response.content
    assert (Promise.objects.count(), Event.objects.count()) == (0, before)


def test_what_cannot_be_says_so(program, in_norte):
    client = program()
    response = post(client, {"customer": make_customer().pk})
    assert response.status_code == 409
    assert "No debe nada" in response.content.decode()


def test_an_exception_needs_the_right_role(program, in_norte):
    customer = debtor()
    body = {"customer": customer.pk, "day": (today() + dt.timedelta(days=20)).isoformat(), "override": "x"}
    assert post(program("support"), body).status_code == 400
    assert post(program("owner"), body).status_code == 201
    assert post(program("read_only"), body).status_code == 404


def test_the_neighbour_finds_nothing(program, in_norte, client_sur):
    customer = debtor()
    made = post(program(), {"customer": customer.pk}).json()
    assert client_sur.get(f"{URL}{made['id']}/").status_code == 404
    assert client_sur.get(URL).json()["results"] == []
    assert client_sur.get(f"/api/v1/customers/{customer.pk}/promise-offer/").status_code == 404
