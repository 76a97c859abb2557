"""The list: filters, search, late ones first, pages, counts; bulk actions; views; how many queries it takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.permissions import Role
from customers.models import Customer, Zone
from inbox.domain.bulk import chosen_ids, plan_bulk, run_bulk
from inbox.domain.filters import Filters, read_filters
from inbox.domain.listing import conversation_page, queue_counts
from inbox.domain.searching import BY_WORDS, search
from inbox.models import Conversation, Label, Message, Policy, Team, View
from inbox.tests.conftest import ACTOR, make_channel, make_customer, receive
from inbox.tests.test_pages import many
from tenants.current import enter
from tests.harness.fixtures import staff

HTMX = {"HX-Request": "true"}


@pytest.fixture
def owner(in_norte):
    """Who looks."""
    return User.objects.create_user("ve@norte.example", "x", name="Vera", role=Role.OWNER)


@pytest.fixture
def talks(in_norte):
    """Twelve who wait."""
    many(make_channel(), 12)
    return list(Conversation.objects.order_by("id"))


def ids(owner, now=None, **filters):
    page = conversation_page(user=owner, filters=Filters(**filters), now=now or timezone.now(), limit=50)
    return [row.pk for row in page.rows]


def test_late_ones_are_on_top_and_every_page_goes_on_where_the_last_ended(talks, owner):
    now = timezone.now()
    Conversation.objects.update(answer_due_at=now + timedelta(hours=1), resolve_due_at=None)
    late = [talks[3].pk, talks[7].pk, talks[1].pk, talks[9].pk]
    for hours, pk in zip((9, 7, 5, 3), late, strict=True):
        Conversation.objects.filter(pk=pk).update(answer_due_at=now - timedelta(hours=hours))
    for queue in ("open", "waiting", "unassigned"):
        seen, after = [], ""
        while True:
            page = conversation_page(user=owner, filters=Filters(queue=queue), now=now, after=after, limit=3)
            seen += [row.pk for row in page.rows]
            after = page.after
            if not after:
                break
        assert seen[:4] == late
        assert sorted(seen) == [talk.pk for talk in talks]


def test_each_filter_narrows(talks, owner):
    zone, label, team = (
        Zone.objects.create(name="Centro"),
        Label.objects.create(name="Falla"),
        Team.objects.create(name="Soporte"),
    )
    one, two, *_rest = talks
    Customer.objects.filter(pk=one.customer_id).update(zone=zone)
    one.labels.add(label)
    now = timezone.now()
    Conversation.objects.filter(pk=one.pk).update(
        assignee=owner, team=team, priority=4, waiting_since=now - timedelta(hours=3)
    )
    Conversation.objects.exclude(pk=one.pk).update(unread=0)
    wanted = [
        {"zone": zone.pk}, {"label": label.pk}, {"team": str(team.pk)}, {"assignee": "yo"}, {"priority": 4},
        {"assignee": str(owner.pk)}, {"waiting": 60}, {"unread": True}, {"queue": "mine"},
    ]  # fmt: skip
    for filters in wanted:
        assert ids(owner, **filters) == [one.pk], filters
    assert one.pk not in ids(owner, assignee="nadie")
    assert len(ids(owner, assignee="nadie", team="nadie")) == 11
    assert len(ids(owner, channel=one.channel_id)) == 12
    assert ids(owner, channel=one.channel_id + 99) == []
    Conversation.objects.filter(pk=two.pk).update(status="resolved")
    assert ids(owner, status="resolved") == [two.pk]


def test_an_address_that_makes_no_sense_is_the_plain_list():
    assert read_filters({"cola": "x", "zona": "-1", "canal": "a", "espera": "9" * 30, "prioridad": "8"}) == Filters()
    kept = Filters(queue="mine", label=3, unread=True, text="sin luz", team="nadie", waiting=60)
    from django.http import QueryDict  # noqa: PLC0415 -- only here

    assert read_filters(QueryDict(kept.query().removeprefix("?"))) == kept


def test_words_are_found_in_what_was_said_also_when_resolved(talks, owner, sur):
    talk = talks[4]
    receive(talk.channel, "Desde ayer no hay conexión, el módem parpadea rojo", sid="SMq", sender=talk.phone)
    receive(talk.channel, "gracias", sid="SMr", sender=talk.phone)
    Conversation.objects.filter(pk=talk.pk).update(status="resolved")
    page = conversation_page(user=owner, filters=Filters(text="MODEM parp"), now=timezone.now())
    assert [row.pk for row in page.rows] == [talk.pk]
    hit = page.lines[talk.pk]
    line = Message.objects.get(external_id="SMq")
    assert (hit.seq, hit.match) == (line.seq, "módem")
    assert hit.before.endswith("el ")
    assert ids(owner, text="modem azul") == []
    assert ids(owner, text="modem", queue="open") == []
    assert search("' & | ! :* (").ids == []
    with enter("sur"):
        assert search("modem").ids == []


def test_a_word_nobody_said_is_looked_up_not_walked_to(talks, owner):
    with connection.cursor() as cursor:
        # A table of a few lines is read whole whatever the question: what is left to choose from is the two indexes.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + BY_WORDS, {"words": "nunca:*"})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "message_words" in plan
    assert plan.count("Index Scan Backward") == 1, plan  # the newest lines, and those are limited


def test_people_are_found_by_name_number_code_and_document(in_norte, owner):
    customer = make_customer(code="NTE-77")
    Customer.objects.filter(pk=customer.pk).update(national_id="99887766")
    channel = make_channel()
    known = receive(channel, "hola", sid="SM1").conversation
    stranger = receive(channel, "hola", sid="SM2", sender="+5213312345678", sender_name="Íñigo Peña").conversation
    assert ids(owner, text="nte-77") == [known.pk]
    assert ids(owner, text="99887766") == [known.pk]
    assert ids(owner, text="inigo pen") == [stranger.pk]
    assert ids(owner, text="33 1234 5678") == [stranger.pk]


def test_queries_do_not_grow_with_rows(talks, client_norte, in_norte):
    def queries(path):
        client_norte.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client_norte.get(path).status_code == 200
        return len(seen)

    label = Label.objects.create(name="Falla")
    for path in ("/bandeja/", "/bandeja/lista/?q=mensaje", "/bandeja/lista/?cola=resolved&sin_leer=1"):
        Conversation.objects.exclude(pk=talks[0].pk).update(status="resolved", waiting_since=None)
        talks[0].labels.add(label)
        few = queries(path)
        Conversation.objects.update(status="open", waiting_since=timezone.now())
        for talk in talks:
            talk.labels.add(label)
        assert queries(path) <= few + 1, path


def test_counts_say_what_the_queues_hold(talks, owner):
    one, two, three, four, *_rest = talks
    Conversation.objects.filter(pk=one.pk).update(assignee=owner)
    Conversation.objects.filter(pk=two.pk).update(status="snoozed", waiting_since=None)
    Conversation.objects.filter(pk=three.pk).update(status="pending", bot_active=True, waiting_since=None)
    Conversation.objects.filter(pk=four.pk).update(blocked_at=timezone.now())
    counts = queue_counts(owner)
    assert counts == {name: len(ids(owner, queue=name)) for name in counts}
    assert counts == {"waiting": 9, "mine": 1, "unassigned": 8, "bot": 1, "open": 10, "snoozed": 1}


def test_bulk_says_what_it_would_do_and_does_it(talks, owner):
    now = timezone.now()
    label = Label.objects.create(name="Falla")
    talks[0].labels.add(label)
    chosen, left = chosen_ids(filters=Filters(text="mensaje"), ids=[], user=owner, now=now)
    plan = plan_bulk(action="label", value=label, ids=chosen, left=left)
    assert (len(plan.ids), plan.unchanged, plan.changing, plan.waiting, plan.left) == (12, 1, 11, 12, 0)
    report = run_bulk(action="label", value=label, ids=[*plan.ids, 10**9], user=owner, actor=ACTOR, now=now)
    assert (report.done, report.failed) == (12, [10**9])
    assert label.conversations.count() == 12


def test_bulk_on_the_page_asks_first(talks, client_norte):
    picked = [str(talk.pk) for talk in talks[:3]]
    page = client_norte.get("/bandeja/varias/", {"accion": "resolve", "elegidos": picked}, headers=HTMX)
    assert "3 conversaciones elegidas" in page.content.decode()
    assert not Conversation.objects.filter(status="resolved").exists()
    done = client_norte.post("/bandeja/varias/", {"accion": "resolve", "elegidos": picked}, headers=HTMX)
    assert done.status_code == 204
    assert Conversation.objects.filter(status="resolved").count() == 3
    wrong = client_norte.post("/bandeja/varias/", {"accion": "snooze", "elegidos": picked, "valor": "fecha"})
    assert wrong.status_code == 422
    assert "Escriba hasta qué día" in wrong.content.decode()
    past = {"accion": "snooze", "elegidos": picked, "valor": "fecha", "fecha": "2020-01-01T10:00"}
    assert client_norte.post("/bandeja/varias/", past).status_code == 422
    assert not Conversation.objects.filter(status="snoozed").exists()
    everything = {"accion": "block", "todas": "1", "cola": "open"}
    assert client_norte.post("/bandeja/varias/", everything, headers=HTMX).status_code == 204
    assert Conversation.objects.filter(blocked_at__isnull=False).count() == 9
    assert client_norte.get("/bandeja/varias/?accion=nada").status_code == 404


def test_bulk_is_for_those_who_may(talks, norte, sign_in):
    reader = sign_in(norte, Role.READ_ONLY)
    sales = sign_in(norte, Role.SALES)
    body = {"accion": "resolve", "elegidos": [talks[0].pk]}
    assert reader.post("/bandeja/varias/", body).status_code == 404
    assert sales.post("/bandeja/varias/", {**body, "accion": "assign", "valor": "nadie"}).status_code == 404
    assert not Conversation.objects.filter(status="resolved").exists()


def test_views_are_ones_own_or_everybodys(talks, norte, sign_in):
    support, sales = staff(Role.SUPPORT), staff(Role.SALES)
    one, two = sign_in(norte, Role.SUPPORT), sign_in(norte, Role.SALES)
    assert one.post("/bandeja/vistas/", {"nombre": "Mías ya", "asignada": "yo"}).status_code == 302
    one.post("/bandeja/vistas/", {"nombre": "Urgentes", "prioridad": "4", "compartida": "1"})
    two.post("/bandeja/vistas/", {"nombre": "Sin leer", "sin_leer": "1", "compartida": "1"})
    assert set(View.objects.values_list("name", "query", "owner")) == {
        ("Mías ya", "asignada=yo", support.pk),
        ("Urgentes", "prioridad=4", None),
        ("Sin leer", "sin_leer=1", sales.pk),
    }
    seen = two.get("/bandeja/").content.decode()
    assert "Urgentes" in seen
    assert "Mías ya" not in seen
    assert one.post("/bandeja/vistas/", {"nombre": "", "prioridad": "4"}).status_code == 422
    assert one.post("/bandeja/vistas/", {"nombre": "Nada"}).status_code == 422
    two.post(f"/bandeja/vistas/{View.objects.get(name='Mías ya').pk}/quitar/")
    two.post(f"/bandeja/vistas/{View.objects.get(name='Urgentes').pk}/quitar/")
    assert View.objects.count() == 3
    one.post(f"/bandeja/vistas/{View.objects.get(name='Mías ya').pk}/quitar/")
    assert View.objects.count() == 2


def test_settings_keep_what_was_typed_and_say_what_is_wrong(client_norte, in_norte, sur):
    assert client_norte.post("/bandeja/etiquetas/nueva/", {"name": "Falla", "tone": "cut"}).status_code == 302
    again = client_norte.post("/bandeja/etiquetas/nueva/", {"name": "falla", "tone": "cut"})
    assert (again.status_code, Label.objects.count()) == (422, 1)
    assert 'value="falla"' in again.content.decode()
    ana = User.objects.create_user("a@norte.example", "x", name="Ana", role=Role.SUPPORT)
    zone = Zone.objects.create(name="Centro")
    team = {"name": "Soporte", "assignment": "by_load", "members": [ana.pk], "zones": [zone.pk]}
    assert client_norte.post("/bandeja/equipos/nuevo/", team).status_code == 302
    made = Team.objects.get()
    assert (list(made.members.all()), list(made.zones.all())) == ([ana], [zone])
    assert client_norte.post("/bandeja/equipos/nuevo/", {**team, "name": "Otro"}).status_code == 302
    assert list(made.zones.all()) == []
    policy = {
        "default_team": made.pk, "day_0": "9:00-13:00, 16:00-19:00", "closed_days": "2026-12-25",
        "first_response_minutes": 10, "resolution_minutes": 60, "resolve_after_days": 3, "keep_notifications_days": 9,
    }  # fmt: skip
    wrong = client_norte.post("/bandeja/politica/", {**policy, "day_1": "25-3", "closed_days": "mañana"})
    assert wrong.status_code == 422
    assert "25-3" in wrong.content.decode()
    assert not Policy.objects.exists()
    assert client_norte.post("/bandeja/politica/", policy).status_code == 302
    kept = Policy.objects.get()
    assert kept.hours["0"] == [["09:00", "13:00"], ["16:00", "19:00"]]
    assert kept.hours["1"] == []
    assert (kept.closed_days, kept.default_team) == (["2026-12-25"], made)
    with enter("sur"):
        assert not Label.objects.exists()
        assert not Team.objects.exists()
        assert not Policy.objects.exists()
    assert client_norte.post(f"/bandeja/equipos/{made.pk}/borrar/").status_code == 302
    assert Policy.objects.get().default_team is None


def test_programs_do_the_same(talks, norte, sign_in):
    _key, text = ApiKey.issue(name="prueba", role=Role.SUPPORT)
    client = sign_in(norte, None)
    client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {text}"
    label, team = Label.objects.create(name="Falla"), Team.objects.create(name="Soporte")
    one, two = talks[0].pk, talks[1].pk

    def post(path, **body):
        return client.post(f"/api/v1/conversations/{path}/", body, content_type="application/json")

    until = (timezone.now() + timedelta(hours=2)).isoformat()
    assert post(f"{one}/snooze", until=until).json()["status"] == "snoozed"
    assert post(f"{one}/snooze", until="2020-01-01T00:00:00Z").status_code == 400
    assert post(f"{one}/reopen").json()["status"] == "open"
    assert post(f"{one}/labels", labels=[label.pk]).json()["labels"] == [label.pk]
    assert post(f"{one}/priority", priority=4).json()["priority"] == 4
    assert post(f"{one}/team", team=team.pk).json()["team"] == team.pk
    assert post(f"{one}/block").json()["blocked_at"]
    assert post(f"{one}/unblock").json()["blocked_at"] is None
    assert post(f"{one}/merge", other=two).status_code == 400  # two customers
    assert post(f"{two}/link", customer=None).json()["customer"] is None
    assert post(f"{one}/merge", other=two).status_code == 200
    assert Conversation.objects.get(pk=two).merged_into_id == one
    bulk = post("bulk", action="resolve", conversations=[talks[2].pk, talks[3].pk])
    assert bulk.json() == {"done": 2, "failed": []}
    assert post("bulk", action="label", conversations=[one], value="99999").status_code == 400
    for path in ("labels", "teams", "views", "inbox-policy"):
        assert client.get(f"/api/v1/{path}/").status_code == 200
    _key, text = ApiKey.issue(name="mira", role=Role.READ_ONLY)
    client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {text}"
    assert post(f"{one}/block").status_code == 404
    assert post("bulk", action="block", conversations=[one]).status_code == 404
