import datetime as dt
import io
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import allowed
from billing.domain.clock import drain
from billing.domain.policies import current_policy
from billing.domain.promises import grant_promise
from billing.models import Promise
from billing.tests.scenes import STAFF, give_access, make_customer, owe
from customers.domain.holds import open_hold
from customers.models import Hold
from events.models import Event
from events.sentences import sentence
from tenants.current import enter, tenant_today
from tenants.tests.test_spreadsheets import sheet_of

HTMX = {"headers": {"HX-Request": "true"}}
pytestmark = pytest.mark.django_db


def today():
    return tenant_today(timezone.now())


def debtor(name="Ñandú Órnelas", amount="600"):
    customer = make_customer(name)
    give_access(customer)
    owe(customer, amount, days_late=22, today=today())
    return customer


def granted(customer, key="k", **fields):
    values = {"until": None, "by": "staff", "actor": STAFF, "key": key, "now": timezone.now(), **fields}
    return grant_promise(customer_id=customer.pk, **values)


def typed(customer, **changes):
    day = today() + dt.timedelta(days=2)
    return {"day": day.isoformat(), "hour": "18:30", "note": "Le pagan el viernes", "key": "once", **changes}


def ask(client, customer, **changes):
    return client.post(reverse("billing:promise_grant", args=[customer.pk]), typed(customer, **changes), **HTMX)


def test_the_account_shows_what_may_be_promised_then_the_promise_with_its_countdown(client_norte, in_norte):
    customer = debtor()
    url = reverse("billing:customer_promises", args=[customer.pk])
    page = client_norte.get(url).content.decode()
    assert "Debe $600.00 vencidos; puede prometer pagar a más tardar el" in page
    assert "Dar una promesa" in page
    granted(customer, until=timezone.now() + dt.timedelta(hours=5, minutes=1))
    page = client_norte.get(url).content.decode()
    assert "Prometió pagar <strong>$600.00</strong>" in page
    assert "Faltan 5 horas." in page
    assert "Prolongar" in page
    assert "Dar una promesa" not in page
    assert url in client_norte.get(reverse("billing:customer_account", args=[customer.pk])).content.decode()


def test_the_dialog_says_before_what_will_happen_and_does_it_once(client_norte, in_norte):
    customer = debtor()
    dialog = client_norte.get(reverse("billing:promise_grant", args=[customer.pk]), **HTMX).content.decode()
    assert "Tiene servicio, y no se le corta" in dialog
    assert "Le queda 1 promesa este mes." in dialog
    for _ in range(2):
        response = ask(client_norte, customer)
        assert (response.status_code, response["HX-Redirect"]) == (204, f"/clientes/{customer.pk}/")
    promise = Promise.objects.get()
    local = promise.until.astimezone(dt.timezone(dt.timedelta(hours=-6)))
    assert (f"{local:%H:%M}", promise.note, promise.actor_kind) == ("18:30", "Le pagan el viernes", "user")


def test_a_cut_customer_is_told_to_come_back_and_does(client_norte, in_norte):
    customer = debtor()
    past = timezone.now() - dt.timedelta(hours=1)
    open_hold(service_id=customer.services.get().pk, reason="debt", source="dunning", actor=STAFF, now=past)
    assert Hold.objects.filter(closed_at=None).count() == 1
    dialog = client_norte.get(reverse("billing:promise_grant", args=[customer.pk]), **HTMX).content.decode()
    assert "vuelve a tener internet en cuanto la dé" in dialog
    assert "Dar la promesa y reconectar" in dialog
    ask(client_norte, customer)
    assert not Hold.objects.filter(closed_at=None).exists()
    assert Promise.objects.get().reconnected


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": ""}, "Este campo es requerido"),
        ({"day": "viernes"}, "fecha válida"),
        ({"hour": "27:00"}, "hora válida"),
        ({"day": "2020-01-01"}, "Ese momento ya pasó"),
        ({"day": "9999-12-31"}, "Una promesa dura a lo más 5 días"),
        ({"note": "x" * 300}, "200 caracteres"),
    ],
)
def test_what_is_typed_badly_gets_a_sentence_keeps_the_rest_and_changes_nothing(
    client_norte, in_norte, changes, sentence
):
    customer = debtor()
    before = Event.objects.count()
    response = ask(client_norte, customer, **changes)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    if "note" not in changes:
        assert "Le pagan el viernes" in page
    assert (Promise.objects.count(), Event.objects.count()) == (0, before)


def test_an_exception_is_for_who_sets_the_policy(client_norte, sign_in, norte, in_norte):
    rules = current_policy()
    rules.promise_min_percent = Decimal(50)
    rules.save()
    customer = debtor()
    url = reverse("billing:promise_grant", args=[customer.pk])
    clerk = sign_in(norte, "collections")
    dialog = clerk.get(url, **HTMX).content.decode()
    assert "Antes debe pagar al menos $300.00" in dialog
    assert 'name="override"' not in dialog
    assert "Dar la promesa" not in dialog
    assert ask(clerk, customer, override="Es mi primo").status_code == 422
    assert not Promise.objects.exists()
    owner = sign_in(norte, "owner")
    assert 'name="override"' in owner.get(url, **HTMX).content.decode()
    assert ask(owner, customer, override="Le robaron").status_code == 204
    event = Event.objects.get(type="promise.granted")
    assert "Fue una excepción: Le robaron." in sentence(event)


def test_prolonging_and_taking_back(client_norte, in_norte):
    promise = granted(debtor(), until=today() + dt.timedelta(days=1))
    url = reverse("billing:promise_extend", args=[promise.pk])
    day = (today() + dt.timedelta(days=3)).isoformat()
    assert client_norte.post(url, {"day": day, "hour": "19:00", "reason": ""}, **HTMX).status_code == 422
    past = client_norte.post(url, {"day": today().isoformat(), "hour": "00:01", "reason": "x"}, **HTMX)
    assert "después del que ya tiene" in past.content.decode()
    assert client_norte.post(url, {"day": day, "hour": "19:00", "reason": "Cobra el lunes"}, **HTMX).status_code == 204
    url = reverse("billing:promise_cancel", args=[promise.pk])
    assert client_norte.post(url, {"reason": ""}, **HTMX).status_code == 422
    assert client_norte.post(url, {"reason": "Error"}, **HTMX).status_code == 204
    promise.refresh_from_db()
    assert (promise.status, promise.settled_reason) == ("cancelled", "Error")
    assert "ya no está vigente" in client_norte.post(url, {"reason": "x"}, **HTMX).content.decode()


def test_the_list_filters_sums_and_goes_away_as_a_sheet(client_norte, in_norte):
    ana, luis = debtor("Ana Ruiz", "400"), debtor("Luis Paz", "600")
    granted(ana, "a", until=timezone.now() + dt.timedelta(hours=1), note="=1+1")
    promise = granted(luis, "b")
    Promise.objects.filter(pk=promise.pk).update(status="broken", settled_at=timezone.now())
    url = reverse("billing:promises")
    page = client_norte.get(url).content.decode()
    assert "2 promesas" in page
    assert "$1,000.00" in page
    assert "se cumple el 0 %" in page
    page = client_norte.get(url, {"state": "open", "sort": "until"}).content.decode()
    assert "Ana Ruiz" in page
    assert "Luis Paz" not in page
    assert "Ana Ruiz" in client_norte.get(url, {"q": "ana"}, **HTMX).content.decode()
    assert "Ninguna promesa coincide" in client_norte.get(url, {"q": "nadie"}).content.decode()
    assert (
        "Ningun" not in client_norte.get(url, {"state": "x", "month": "zz", "zone": "-1", "sort": "q"}).content.decode()
    )
    sheet = client_norte.get(reverse("billing:promises_export", args=["xlsx"]), {"state": "broken"})
    _head, *rows = sheet_of(io.BytesIO(b"".join(sheet.streaming_content)))
    assert [row[0] for row in rows] == [(None, "Luis Paz")]
    csv = client_norte.get(reverse("billing:promises_export", args=["csv"]))
    cells = b"".join(csv.streaming_content).decode().replace("\r\n", ",").split(",")
    assert "Ana Ruiz" in cells
    assert "=1+1" not in cells


def test_an_empty_list_says_what_to_do(client_norte, in_norte):
    assert "use «Dar una promesa»" in client_norte.get(reverse("billing:promises")).content.decode()


@pytest.mark.parametrize("role", ["technician", "sales", "read_only", "support", "collections", "owner"])
def test_who_may(sign_in, norte, in_norte, role):
    customer = debtor()
    promise = granted(customer)
    client = sign_in(norte, role)
    pages = {
        reverse("billing:promises"): "billing.view",
        reverse("billing:customer_promises", args=[customer.pk]): "billing.view",
        reverse("billing:promises_export", args=["csv"]): "customers.export",
        reverse("billing:promise_grant", args=[customer.pk]): "promises.grant",
        reverse("billing:promise_extend", args=[promise.pk]): "promises.grant",
        reverse("billing:promise_cancel", args=[promise.pk]): "promises.grant",
    }
    for url, code in pages.items():
        assert client.get(url).status_code == (200 if allowed(role, code) else 404), url
    if not allowed(role, "promises.grant"):
        assert client.post(reverse("billing:promise_cancel", args=[promise.pk]), {"reason": "x"}).status_code == 404
    promise.refresh_from_db()
    assert promise.status == "open"


def test_the_neighbour_sees_none_of_it(client_sur, norte):
    with enter("norte"):
        customer = debtor("Secreta Ortiz")
        promise = granted(customer)
    assert "Secreta" not in client_sur.get(reverse("billing:promises")).content.decode()
    for name, pk in (("promise_cancel", promise.pk), ("promise_extend", promise.pk), ("promise_grant", customer.pk)):
        assert client_sur.post(reverse(f"billing:{name}", args=[pk]), {"reason": "x"}).status_code == 404
    with enter("norte"):
        assert Promise.objects.get().status == "open"


def test_every_event_reads_as_a_sentence(client_norte, in_norte):
    customer = debtor()
    granted(customer, note="Nota")
    drain(now=timezone.now() + dt.timedelta(days=30))
    for event in Event.objects.filter(type__startswith="promise."):
        said = sentence(event)
        assert said
        assert "%(" not in said
        assert "promise." not in said
    page = client_norte.get(f"/clientes/{customer.pk}/").content.decode()
    assert "No cumplió su promesa" in page
