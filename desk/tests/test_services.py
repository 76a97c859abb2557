"""Pausing, resuming and ending a service: the hold, the network told, and nobody else touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from customers.models import Customer, Hold, Plan, Service
from desk.domain.services import end_service, pause_service, resume_service
from events.domain import Actor
from events.models import Event
from network.models import Access, Router

ACTOR = Actor("user", 1, "Regina Lozano")
NOW = datetime(2026, 11, 4, 15, tzinfo=UTC)


@pytest.fixture
def service(in_norte):
    plan = Plan.objects.create(name="Plan 50 Mbps", price=Decimal(450))
    service = Service.objects.create(
        customer=Customer.objects.create(code="0001", name="Ana Ruiz"), plan=plan, code="0001-1"
    )
    router = Router.objects.create(name="RB-Norte", host="192.0.2.1", username="api")
    Access.objects.create(service=service, router=router, username="ana@red")
    return service


def desired(service):
    return service.accesses.get().desired


def test_a_pause_turns_it_off_through_its_last_day_and_resuming_brings_it_back(service):
    until = datetime(2026, 11, 20, tzinfo=UTC).date()
    assert pause_service(service_id=service.pk, until=until, why="vacaciones", actor=ACTOR, now=NOW)
    hold = Hold.objects.get()
    # Midnight after the day, where the provider is: UTC-6.
    assert hold.until == datetime(2026, 11, 21, 6, tzinfo=UTC)
    assert desired(service) == Access.Desired.OFF
    assert not pause_service(service_id=service.pk, until=None, why="", actor=ACTOR, now=NOW)
    assert resume_service(service_id=service.pk, actor=ACTOR, now=NOW + timedelta(hours=1))
    assert desired(service) == Access.Desired.ON
    assert not resume_service(service_id=service.pk, actor=ACTOR, now=NOW + timedelta(hours=2))


def test_resuming_leaves_a_debt_in_force(service):
    pause_service(service_id=service.pk, until=None, why="", actor=ACTOR, now=NOW)
    Hold.objects.create(service=service, reason="debt", source="dunning", since=NOW, opened_by="Cobranza")
    resume_service(service_id=service.pk, actor=ACTOR, now=NOW)
    assert desired(service) == Access.Desired.OFF


def test_ending_it_keeps_its_story(service):
    assert end_service(service_id=service.pk, why="se mudó", actor=ACTOR, now=NOW)
    service.refresh_from_db()
    assert (service.status, service.ended_on) == (Service.Status.CANCELLED, NOW.date())
    assert desired(service) == Access.Desired.OFF
    assert Event.objects.get(type="service.cancelled").facts["why"] == "se mudó"
    assert not end_service(service_id=service.pk, why="", actor=ACTOR, now=NOW)


def test_the_dialogs(client_norte, service):
    pause = f"/servicios/{service.pk}/pausa/"
    assert "Pausar el servicio" in client_norte.get(pause).content.decode()
    past = (timezone.now() - timedelta(days=3)).date().isoformat()
    assert "Ese día ya pasó" in client_norte.post(pause, {"until": past}).content.decode()
    done = client_norte.post(pause, {"why": "vacaciones"}, headers={"HX-Request": "true"})
    assert done["HX-Redirect"] == f"/clientes/{service.customer_id}/"
    assert "Reanudar" in client_norte.get(pause).content.decode()
    client_norte.post(pause)
    assert not Hold.objects.open(timezone.now()).exists()
    end = f"/servicios/{service.pk}/baja/"
    assert "Dar de baja 0001-1" in client_norte.get(end).content.decode()
    client_norte.post(end, {"why": ""})
    assert client_norte.get(end).status_code == 404


def test_who_may_not_and_another_provider_find_nothing(sign_in, in_norte, client_sur, service):
    for path in (f"/servicios/{service.pk}/pausa/", f"/servicios/{service.pk}/baja/"):
        assert client_sur.post(path).status_code == 404
        for role in ("support", "technician", "sales", "read_only"):
            assert sign_in(in_norte, role).post(path).status_code == 404
    assert not Hold.objects.exists()


def test_a_message_needs_a_channel_and_says_so(client_norte, service):
    answer = client_norte.post(f"/clientes/{service.customer_id}/mensaje/", follow=True)
    assert "Todavía no hay un número de WhatsApp conectado" in answer.content.decode()
