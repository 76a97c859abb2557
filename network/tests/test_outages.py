"""Known outages are said and ended by hand, by who may, for this provider's customers alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer, Plan, Service, Zone
from events.models import Event
from events.sentences import sentence
from network.domain.outages import outage_of_services
from network.models import Outage
from tenants.current import entered, tenant_zone

pytestmark = pytest.mark.django_db
PAGE = "/red/fallas/"


@pytest.fixture
def service(norte):
    with entered(norte):
        customer = Customer.objects.create(name="Ana", code="N-1", zone=Zone.objects.create(name="Centro"))
        plan = Plan.objects.create(name="Hogar", price="600")
        return Service.objects.create(customer=customer, plan=plan, code="S-1")


def test_an_outage_is_said_and_ended(client_norte, norte, sur, service):
    zone = service.customer.zone_id
    assert client_norte.post(PAGE, {"zone": zone, "text": "Se cayó la torre."}).status_code == 302
    assert client_norte.post(PAGE, {"zone": zone, "text": "Se cayó la torre, ya van."}).status_code == 302
    with entered(norte):
        outage = Outage.objects.get()
        assert outage_of_services([service.pk], now=timezone.now()).text == "Se cayó la torre, ya van."
        assert "Centro" in sentence(Event.objects.get(type="outage.opened"))
    with entered(sur):
        assert not Outage.objects.exists()
    assert "Se cayó la torre" in client_norte.get(PAGE).content.decode()
    assert client_norte.post(f"{PAGE}{outage.pk}/terminar/").status_code == 302
    with entered(norte):
        assert outage_of_services([service.pk], now=timezone.now()) is None


def test_two_places_at_once_are_refused_and_kept(client_norte, norte, service):
    from network.models import Router  # noqa: PLC0415 -- one router, here only

    with entered(norte):
        router = Router.objects.create(name="Torre 1", host="10.0.0.1", username="api")
    answer = client_norte.post(PAGE, {"zone": service.customer.zone_id, "router": router.pk, "text": "Escrito"})
    assert answer.status_code == 422
    assert "Escrito" in answer.content.decode()
    with entered(norte):
        assert not Outage.objects.exists()


def test_until_when_is_read_by_the_providers_clock_and_is_to_come(client_norte, norte):
    with entered(norte):
        zone = tenant_zone()
    soon = (timezone.now().astimezone(zone) + timedelta(hours=3)).replace(second=0, microsecond=0)
    assert client_norte.post(PAGE, {"text": "x", "expected_until": f"{soon:%Y-%m-%dT%H:%M}"}).status_code == 302
    with entered(norte):
        assert Outage.objects.get().expected_until == soon
    late = client_norte.post(PAGE, {"text": "Se cayó", "expected_until": "2020-01-01T10:00"})
    assert late.status_code == 422
    for kept in ("Ese momento ya pasó", "Se cayó", "2020-01-01T10:00"):
        assert kept in late.content.decode()
    with entered(norte):
        assert Outage.objects.get().text == "x"


def test_who_only_reads_may_not(sign_in, norte):
    client = sign_in(norte, "read_only")
    assert client.post(PAGE, {"text": "x"}).status_code == 404
    with entered(norte):
        assert not Outage.objects.exists()
