"""Tickets: numbered without gaps, opened once, told to the customer, changed with a history, by who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiKey
from accounts.permissions import Role
from events.domain import Actor
from events.models import Event
from events.sentences import sentence
from inbox.domain.templates import ensure_default_templates
from inbox.domain.tickets import (
    EmptyText,
    NewTicket,
    change_ticket,
    close_ticket,
    comment_ticket,
    open_ticket,
    reopen_ticket,
)
from inbox.models import Conversation, Message, Priority, Ticket, TicketComment
from inbox.tests.conftest import ACTOR, make_customer, receive
from tenants.current import entered
from tests.harness.fixtures import staff

pytestmark = pytest.mark.django_db


def opened(**more):
    fields = {"subject": "Sin internet", "source": "staff", "category": "fault"} | more
    return open_ticket(NewTicket(**fields), actor=Actor("user", 1, "Marta"), now=timezone.now())


@pytest.fixture
def talk(channel):
    """A customer who wrote just now, and the notices' texts."""
    ensure_default_templates()
    make_customer()
    return receive(channel).conversation


def sent():
    return list(Message.objects.filter(direction="out").order_by("pk").values_list("template__key", "body"))


def test_opened_from_a_conversation_the_customer_is_told_once(talk):
    before = Conversation.objects.get(pk=talk.pk)
    first, again = opened(conversation=talk, key="k1"), opened(conversation=talk, key="k1")
    assert first.pk == again.pk
    assert Ticket.objects.count() == 1
    assert first.customer == talk.customer
    assert [(key, "número 1: Sin internet" in body) for key, body in sent()] == [("ticket_opened", True)]
    after = Conversation.objects.get(pk=talk.pk)
    # The notice is no answer: who waited still waits, and the bot goes on.
    assert (after.waiting_since, after.bot_active) == (before.waiting_since, before.bot_active)
    assert Event.objects.filter(type="ticket.opened", customer_id=talk.customer_id).count() == 1


def test_due_follows_the_priority_unless_said(in_norte):
    now = timezone.now()
    urgent = open_ticket(NewTicket(subject="x", source="api", priority=Priority.URGENT), actor=ACTOR, now=now)
    said = open_ticket(NewTicket(subject="y", source="api", due_at=now + timedelta(days=9)), actor=ACTOR, now=now)
    assert urgent.due_at == now + timedelta(hours=4)
    assert said.due_at == now + timedelta(days=9)
    assert (urgent.number, said.number) == (1, 2)


def test_each_change_is_an_event_that_reads(talk, norte):
    person = staff("support")
    ticket, actor, now = opened(conversation=talk), Actor("user", 1, "Marta"), timezone.now()
    change_ticket(
        ticket_id=ticket.pk, actor=actor, now=now, priority=Priority.HIGH, assignee=person, subject="Sin internet"
    )
    words = [sentence(event) for event in Event.objects.filter(type="ticket.changed").order_by("pk")]
    assert words == [
        "Marta cambió la prioridad del ticket 1: de Normal a Alta.",
        f"Marta cambió el responsable del ticket 1: de nadie a {person.name}.",
    ]
    with pytest.raises(TypeError):
        change_ticket(ticket_id=ticket.pk, actor=actor, now=now, number=9)
    with pytest.raises(EmptyText):
        change_ticket(ticket_id=ticket.pk, actor=actor, now=now, subject="  ")


def test_closing_tells_each_time_and_reopening_gives_time(talk):
    ticket, now = opened(conversation=talk), timezone.now()
    close_ticket(ticket_id=ticket.pk, actor=ACTOR, now=now)
    close_ticket(ticket_id=ticket.pk, actor=ACTOR, now=now)
    again = reopen_ticket(ticket_id=ticket.pk, actor=ACTOR, now=now + timedelta(days=9))
    assert (again.closed_at, again.due_at) == (None, now + timedelta(days=12))
    close_ticket(ticket_id=ticket.pk, actor=ACTOR, now=now)
    assert [key for key, _body in sent()] == ["ticket_opened", "ticket_closed", "ticket_closed"]


def test_only_public_comments_reach_the_customer(talk):
    ticket, now = opened(conversation=talk), timezone.now()
    comment_ticket(ticket_id=ticket.pk, body="revisar antena", is_public=False, actor=ACTOR, now=now)
    comment_ticket(ticket_id=ticket.pk, body="Va un técnico\nmañana.", is_public=True, actor=ACTOR, now=now)
    assert "antena" not in "".join(body for _key, body in sent())
    assert sent()[-1][0] == "ticket_comment"
    assert "Va un técnico mañana." in sent()[-1][1]
    with pytest.raises(EmptyText):
        comment_ticket(ticket_id=ticket.pk, body=" ", is_public=True, actor=ACTOR, now=now)


def test_nobody_is_written_to_who_refused_or_cannot_be(talk):
    Conversation.objects.update(opted_out_at=timezone.now())
    opened(conversation=talk)
    assert sent() == []
    assert Event.objects.get(type="notice.not_sent").facts["reason"] == "opted_out"


def test_the_pages(talk, client_norte, norte):
    url = "/bandeja/tickets/nuevo/"
    page = client_norte.get(f"{url}?conversation={talk.pk}", headers={"HX-Request": "true"})
    assert "Nuevo ticket de Ana Muñoz" in page.content.decode()
    form = {"subject": "", "category": "fault", "priority": "3", "key": "abc", "details": "desde ayer"}
    assert client_norte.post(url, form | {"conversation": talk.pk}).status_code == 422
    assert Ticket.objects.count() == 0
    for _turn in range(2):
        client_norte.post(url, form | {"conversation": talk.pk, "subject": "Sin señal"}, headers={"HX-Request": "true"})
    ticket = Ticket.objects.get()
    assert (ticket.priority, ticket.source, ticket.comments.get().body) == (3, "conversation", "desde ayer")
    for path in (
        "/bandeja/tickets/",
        "/bandeja/tickets/?q=muñoz",
        "/bandeja/tickets/?q=%231",
        "/bandeja/tickets/tickets.csv",
    ):
        response = client_norte.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert "Sin señal" in body.decode(), path
    assert "Sin señal" not in client_norte.get("/bandeja/tickets/?state=closed").content.decode()
    page = client_norte.get(f"/bandeja/tickets/{ticket.pk}/").content.decode()
    assert "abrió el ticket 1 desde la conversación" in page
    bad = {"subject": "Sin señal", "category": "fault", "priority": "9", "state": "open", "due_at": "mañana"}
    assert client_norte.post(f"/bandeja/tickets/{ticket.pk}/guardar", bad).status_code == 422
    ticket.refresh_from_db()
    assert ticket.priority == 3
    client_norte.post("/bandeja/tickets/varios", {"id": [ticket.pk], "act": "close"})
    ticket.refresh_from_db()
    assert ticket.state == "closed"


def test_who_may_what(in_norte, norte, sign_in):
    ticket = opened()
    technician, reader = sign_in(norte, "technician"), sign_in(norte, "read_only")
    assert technician.post(f"/bandeja/tickets/{ticket.pk}/comentar", {"body": "antena caída"}).status_code == 302
    assert technician.post(f"/bandeja/tickets/{ticket.pk}/cerrar").status_code == 302
    assert reader.get(f"/bandeja/tickets/{ticket.pk}/").status_code == 200
    for path in ("comentar", "guardar", "reabrir"):
        assert reader.post(f"/bandeja/tickets/{ticket.pk}/{path}", {"body": "x"}).status_code == 404
    assert reader.post("/bandeja/tickets/varios", {"id": [ticket.pk], "act": "close"}).status_code == 404
    assert reader.get("/bandeja/tickets/tickets.csv").status_code == 404
    with entered(norte):
        ticket.refresh_from_db()
        assert ticket.state == "closed"
        assert TicketComment.objects.count() == 1


def test_the_neighbour_has_its_own_numbers_and_sees_none_of_ours(norte, sur, sign_in):
    with entered(norte):
        ours = opened(subject="Secreto de norte")
    with entered(sur):
        assert opened(subject="De sur").number == 1
    client = sign_in(sur, "owner")
    assert "Secreto" not in client.get("/bandeja/tickets/").content.decode()
    assert client.get(f"/bandeja/tickets/{ours.pk + 500}/").status_code == 404


def test_the_api(norte, sur, sign_in):
    with entered(norte):
        customer = make_customer()
        _key, text = ApiKey.issue(name="erp", role=Role.SUPPORT)
    client = sign_in(norte, None)
    auth = {"Authorization": f"Api-Key {text}"}
    send = {"content_type": "application/json", "headers": auth}
    body = {"subject": "Mudanza", "category": "change", "customer": customer.pk, "key": "erp-1", "priority": 3}
    first, again = (client.post("/api/v1/tickets/", body, **send) for _turn in range(2))
    assert (first.status_code, first.json()["number"], again.json()["id"]) == (201, 1, first.json()["id"])
    one = f"/api/v1/tickets/{first.json()['id']}/"
    assert client.patch(one, {"state": "closed"}, **send).json()["closed_at"]
    assert client.patch(one, {"state": "gone"}, **send).status_code == 400
    assert client.post(f"{one}comments/", {"body": "listo", "is_public": False}, **send).status_code == 201
    assert client.get(f"{one}comments/", headers=auth).json()["results"][0]["author_label"] == "erp"
    assert len(client.get("/api/v1/tickets/?state=closed", headers=auth).json()["results"]) == 1
    outsider = sign_in(sur, None)
    assert outsider.get(one, headers=auth).status_code in {401, 403, 404}
    with entered(norte):
        assert Ticket.objects.count() == 1
