"""Costs and quality of a month, the messages one by one, and what is learnt from them."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatbot.domain.quality import read_quality
from chatbot.domain.spending import change_budget, current_budget, month_of, note_use
from chatbot.engines.base import Usage
from chatbot.engines.rules.examples import read_examples
from chatbot.models import OpenQuestion, Turn
from chatbot.tests.conftest import STAFF, Chat, answer, turn_on
from events.models import Event
from events.sentences import sentence
from inbox.models import Channel, Conversation, Message
from inbox.tests.conftest import make_channel, make_customer
from tenants.current import entered

pytestmark = pytest.mark.django_db
PAGE = "/asistente/costos/"
TURNS = "/asistente/turnos/"
API = "/api/v1/bot/"


@pytest.fixture
def used(norte):
    """Two customers wrote to norte's bot: one was answered, one wanted a person; a model was paid."""
    with entered(norte):
        make_customer()
        turn_on()
        chat = Chat(make_channel())
        chat.asks("cuanto debo, mi folio es 99887766")
        chat.writes("quiero hablar con una persona", sender="+5215550001111")
        chat.writes("zxcv qwer")
        answer()
        note_use(purpose="turn", model="gpt-6-luna", usage=Usage(900, 90, Decimal("0.000135")), now=timezone.now())


def test_an_empty_month_says_what_to_do(client_norte):
    page = client_norte.get(PAGE).content.decode()
    assert "Todavía no hay nada que contar" in page
    assert "Todavía no ha tomado ningún mensaje" in client_norte.get(TURNS).content.decode()


def test_a_month_is_told_and_the_neighbour_sees_nothing(client_norte, client_sur, used, norte):
    page = client_norte.get(PAGE).content.decode()
    assert "1 de 2 conversaciones" in page
    for said in ("50 %", "La pidió", "Cuánto debe", "US$ 0.0001", "990 tokens", "gpt-6-luna"):
        assert said in page
    assert "nada que contar" in client_sur.get(PAGE).content.decode()
    with entered(norte):
        found = read_quality(month_of(timezone.now()))
    assert (found.conversations, found.alone, found.escalated, found.unanswered) == (2, 1, 1, 1)
    assert [(one.name, one.count, one.part) for one in found.by_why] == [("asked", 1, 100)]
    assert found.per_conversation == Decimal("0.0000675")


def test_questions_without_an_answer_are_linked(client_norte, used, norte):
    with entered(norte):
        OpenQuestion.objects.create(key="x", text="¿x?", first_at=timezone.now(), last_at=timezone.now())
    page = client_norte.get(PAGE).content.decode()
    assert "2 preguntas esperan respuesta" in page
    assert "/asistente/saber/sin-respuesta/" in page


def test_a_budget_is_set_and_a_wrong_one_changes_nothing(client_norte, client_sur, norte, sur):
    assert client_norte.post(PAGE, {"monthly": "25,5", "warn_at": "70"}).status_code == 302
    for monthly, warn in (
        ("-1", "70"),
        ("mucho", "70"),
        ("0", "70"),
        ("5", "0"),
        ("5", "100"),
        ("1e99", "70"),
        ("NaN", "5"),
    ):
        answered = client_norte.post(PAGE, {"monthly": monthly, "warn_at": warn})
        assert answered.status_code == 422
        assert f'value="{monthly}"' in answered.content.decode()
    with entered(norte):
        assert (current_budget().monthly, current_budget().warn_at) == (Decimal("25.50"), 70)
        assert "25.50 USD al mes" in sentence(Event.objects.get(type="bot.budget_changed"))
    with entered(sur):
        assert current_budget().monthly is None
    assert client_norte.post(PAGE, {"monthly": "", "warn_at": "70"}).status_code == 302
    with entered(norte):
        assert current_budget().monthly is None


@pytest.mark.parametrize("month", ["2026-13", "x", "2999-01", "1999-12", "0000-00"])
def test_a_month_that_makes_no_sense_is_the_present_one(client_norte, used, month):
    assert "1 de 2 conversaciones" in client_norte.get(f"{PAGE}?month={month}").content.decode()


def test_messages_are_listed_filtered_and_corrected(client_norte, client_sur, used, norte, tmp_path):
    page = client_norte.get(TURNS).content.decode()
    assert "cuanto debo" in page
    assert "zxcv" in page
    assert "cuanto debo" not in client_norte.get(f"{TURNS}?outcome=escalated").content.decode()
    assert "zxcv" not in client_norte.get(f"{TURNS}?intent=balance").content.decode()
    with entered(norte):
        pk = Turn.objects.get(intent="balance").pk
    path = f"{TURNS}{pk}/asunto/"
    assert client_sur.post(path, {"intent": "promise"}).status_code == 404
    wrong = client_norte.post(path, {"intent": "volar"}, headers={"hx-request": "true"})
    assert (wrong.status_code, "No existe ese asunto" in wrong.content.decode()) == (422, True)
    assert client_norte.post(path, {"intent": "due_date"}).status_code == 302
    with entered(norte):
        assert Turn.objects.get(pk=pk).right_intent == "due_date"
        assert Turn.objects.exclude(right_intent="").count() == 1
    assert "cuanto debo" in client_norte.get(f"{TURNS}?labelled=1").content.decode()
    kept = b"".join(client_norte.get(f"{TURNS}etiquetas.jsonl").streaming_content).decode()
    assert json.loads(kept) == {"lang": "es", "intent": "due_date", "text": "cuanto debo, mi folio es"}
    file = tmp_path / "labels.jsonl"
    file.write_text(kept)
    assert [example.intent for example in read_examples(file)] == ["due_date"]
    assert b"".join(client_sur.get(f"{TURNS}etiquetas.jsonl").streaming_content) == b""


def test_programs_read_and_change_the_same(client_norte, client_sur, used, norte):
    found = client_norte.get(f"{API}quality/").json()
    assert (found["conversations"], found["alone"], found["cost"]) == (2, 1, "0.000135000")
    assert found["by_why"] == [{"name": "asked", "count": 1}]
    assert client_sur.get(f"{API}quality/").json()["turns"] == 0
    patch = {"content_type": "application/json"}
    assert client_norte.patch(f"{API}budget/", {"monthly": "9.99"}, **patch).json()["spent"] == "0.000135000"
    assert client_norte.patch(f"{API}budget/", {"monthly": "-1"}, **patch).status_code == 400
    assert client_norte.get(f"{API}budget/").json()["monthly"] == "9.99"
    assert client_sur.get(f"{API}budget/").json()["monthly"] is None
    rows = client_norte.get(f"{API}turns/?outcome=resolved").json()["results"]
    assert [row["intent"] for row in rows] == ["balance"]
    path = f"{API}turns/{rows[0]['id']}/"
    assert client_sur.patch(path, {"right_intent": "move"}, **patch).status_code == 404
    assert client_norte.patch(path, {"right_intent": "fly"}, **patch).status_code == 400
    assert client_norte.patch(path, {"right_intent": "move"}, **patch).json()["right_intent"] == "move"


@pytest.mark.parametrize("many", [1, 60])
def test_the_pages_cost_the_same_for_one_and_for_many(client_norte, used, norte, many, django_assert_max_num_queries):
    with entered(norte):
        fill(many)
    for path, most in ((PAGE, 20), (TURNS, 14), (f"{API}quality/", 14)):
        client_norte.get(path)
        with django_assert_max_num_queries(most):
            assert client_norte.get(path).status_code == 200


def test_a_month_of_fifty_thousand_turns_is_read_at_once(in_norte):
    fill(50_000)
    with CaptureQueriesContext(connection) as asked:
        found = read_quality(month_of(timezone.now()))
    assert found.turns == 50_000
    assert len(asked) <= 6
    assert sum(float(query["time"]) for query in asked) < 1.5


def fill(many: int) -> None:
    """So many answered turns, a thousand of each conversation, as copies of what the tables hold by default."""
    channel = Channel.objects.first() or make_channel()
    now = timezone.now()
    talks = Conversation.objects.bulk_create(
        Conversation(channel=channel, address=f"whatsapp:+5255{n:08d}", created_at=now, last_message_at=now)
        for n in range(max(1, many // 1000))
    )
    row = Message.objects.create(
        conversation=talks[0], channel=channel, seq=1_000_000, direction="in", body="x", created_at=now
    )
    turn = Turn.objects.create(
        message=row, conversation=talks[0], state="done", outcome="resolved", intent="balance", created_at=now,
        settled_at=now,
    )  # fmt: skip
    talk = "%(first)s + n %% %(talks)s"
    copies = {
        Message: {
            "id": "nextval(pg_get_serial_sequence('inbox_message', 'id'))",
            "seq": "n",
            "conversation_id": talk,
            "uuid": "gen_random_uuid()",
        },
        Turn: {
            "id": "nextval(pg_get_serial_sequence('chatbot_turn', 'id'))",
            "message_id": "m.id",
            "conversation_id": talk,
            "outcome": "CASE WHEN n %% 5 = 0 THEN 'escalated' ELSE 'resolved' END",
            "why": "CASE WHEN n %% 5 = 0 THEN 'asked' ELSE '' END",
        },
    }
    sources = {
        Message: "generate_series(1, %(many)s) AS n",
        Turn: "(SELECT id, seq AS n FROM inbox_message WHERE body = 'x' AND seq <= %(many)s) AS m",
    }
    facts = {"first": talks[0].pk, "talks": len(talks), "many": many - 1}
    with connection.cursor() as cursor:
        for model, one in ((Message, row), (Turn, turn)):
            names = [field.column for field in model._meta.concrete_fields]
            values = ", ".join(copies[model].get(name, f"t.{name}") for name in names)
            table = model._meta.db_table
            cursor.execute(  # names are the models' own
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"  # noqa: S608
                f" FROM {table} AS t, {sources[model]} WHERE t.id = %(one)s",
                facts | {"one": one.pk},
            )
        cursor.execute("ANALYZE chatbot_turn")


def test_the_command_takes_what_was_exported(tmp_path):
    file = tmp_path / "wrong.jsonl"
    file.write_text('{"lang": "es", "intent": "fly", "text": "x"}\n')
    with pytest.raises(Exception, match="fly"):
        call_command("bot", "train", "--from", str(file), "--to", str(tmp_path / "w"))
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize(("spent", "says"), [("1.5", ""), ("1.6", "Queda poco"), ("2", "Se acabó el presupuesto")])
def test_a_budget_that_runs_low_or_out_is_said_with_what_to_do(client_norte, client_sur, norte, spent, says):
    with entered(norte):
        change_budget(monthly=Decimal(2), warn_at=80, actor=STAFF, now=timezone.now())
        note_use(purpose="turn", model="m", usage=Usage(1, 1, Decimal(spent)), now=timezone.now())
    page = client_norte.get(PAGE).content.decode()
    assert [words for words in ("Queda poco", "Se acabó el presupuesto") if words in page] == ([says] if says else [])
    assert f"{int(Decimal(spent) * 50)} % de US$ 2.00" in page
    assert "presupuesto" not in client_sur.get(PAGE).content.decode()


def test_each_message_tells_what_it_used(client_norte, used, norte):
    with entered(norte):
        turn = Turn.objects.exclude(outcome="").earliest("pk")
        turn.input_tokens, turn.output_tokens, turn.cost = 900, 90, Decimal("0.00001")
        turn.tools = [{"name": "balance", "arguments": {}, "ms": 9, "outcome": "ok"}]
        turn.save()
    assert "balance · 990 tokens · &lt; US$ 0.0001" in client_norte.get(TURNS).content.decode()
