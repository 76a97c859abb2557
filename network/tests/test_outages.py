"""Known outages are said and ended by hand, by who may, for this provider's customers alone."""

import pytest
from django.utils import timezone

from customers.models import Customer, Plan, Service, Zone
from events.models import Event
from events.sentences import sentence
from network.domain.outages import outage_of_services
from network.models import Outage
from tenants.current import entered

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


def test_who_only_reads_may_not(sign_in, norte):
    client = sign_in(norte, "read_only")
    assert client.post(PAGE, {"text": "x"}).status_code == 404
    with entered(norte):
        assert not Outage.objects.exists()
