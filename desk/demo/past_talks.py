"""What the demo's bots talked about in the weeks before: what they resolved, why a person was needed, what it cost.

Everything is said and answered by the bot itself, with the clock of then. Only what nobody can do again is written
down: that the messages arrived, and of some that a model had read them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import ROUND_UP, Decimal

from django.db import transaction

from accounts.models import User
from chatbot.domain.knowledge_questions import answer_question, dismiss_question
from chatbot.domain.labelling import label_turn
from chatbot.domain.spending import Purpose, change_budget, month_of, note_use, spent_in
from chatbot.domain.turns import drain
from chatbot.engines.base import Usage
from chatbot.engines.openai.prices import cost_of
from chatbot.models import OpenQuestion, Turn
from customers.domain.queries import reachable_phone
from customers.models import Customer
from desk.demo.world import Provider
from events.domain import Actor
from inbox.channels.base import Sent
from inbox.channels.items import Inbound, StatusReport
from inbox.domain.conversations import close_conversation
from inbox.domain.outcomes import apply_status, note_sent
from inbox.domain.receiving import receive_message
from inbox.domain.sending import queue_message
from inbox.models import Channel, Conversation, Message

WHO = Actor.system("Demostración")
DATUM = "{code}"  # said only where the bot asked who writes
DAYS = 34
# Each is one talk of one customer; the first ones are had twice.
FREQUENT = 12
TALKS: tuple[tuple[str, ...], ...] = (
    ("Buenas, ¿cuánto debo?", DATUM, "gracias"),
    ("cuanto es lo q debo xfa", DATUM),
    ("hola, mi saldo por favor", DATUM, "ok gracias"),
    ("¿cuándo vence mi recibo?", DATUM),
    ("¿Dónde puedo pagar?",),
    ("¿a qué cuenta deposito?", "gracias"),
    ("me manda mi factura por favor", DATUM),
    ("¿A qué hora abren los sábados?",),
    ("¿dónde están ubicados?", "muchas gracias"),
    ("¿cuánto cuesta la instalación?",),
    ("¿qué planes tienen?", "gracias"),
    ("¿qué plan tengo contratado?", DATUM),
    ("¿mi servicio está activo?", DATUM),
    ("¿cómo cambio la contraseña de mi wifi?",),
    ("quiero hablar con una persona por favor",),
    ("¿me pasa con un asesor?",),
    ("oiga, ¿y lo que le dije el otro día a la señorita?", "pues lo de siempre, lo que quedamos"),
    ("llevo tres días sin servicio, son unos ladrones, qué asco de empresa",),
    ("los voy a demandar ante la Profeco",),
    ("hay un cable caído echando chispas en la calle",),
    ("quiero cancelar mi servicio", DATUM, "me mudo a otra ciudad"),
    ("¿Tienen telefonía fija?", "teléfono de casa"),
    ("¿rentan repetidores de wifi?", "un repetidor para la recámara"),
)
ANSWERS = (
    "Buenas tardes, ya lo reviso y le confirmo en un momento.",
    "Le llamo en unos minutos al número que tenemos registrado.",
    "Quedó anotado; mañana por la mañana pasa un técnico.",
)
REPEATERS = "Sí: un repetidor cuesta $49.00 más al mes, con su instalación."
MODEL = "gpt-6-luna"
READER = "gpt-6-sol"  # of receipts


@transaction.atomic
def talk_in_the_past(provider: Provider, *, now: dt.datetime) -> int:
    """Let customers of the current provider have talked to its bots; return how many did. Runs inside the tenant."""
    draw = random.Random(provider.slug)  # noqa: S311 -- a demo's dice
    channel = Channel.objects.get(address=f"whatsapp:{provider.number}")
    staff = list(User.objects.who_can("inbox.reply"))
    talks = [*TALKS, *TALKS[:FREQUENT]]
    draw.shuffle(talks)
    people = _people(len(talks))
    moments = _moments(len(talks), now, draw)
    held = 0
    for begins, talk, who in zip(moments, talks, people, strict=False):
        _talk(channel, who, talk, begins, draw.choice(staff))
        held += 1
    _as_read_by_a_model()
    _teach()
    _read_receipts(now, draw)
    if provider.uisp:
        _run_low(now)
    return held


def _moments(count: int, now: dt.datetime, draw: random.Random) -> list[dt.datetime]:
    """Return when they wrote, in order: by day where both providers are, and none in the last hours."""
    step = dt.timedelta(days=DAYS) / count
    days = [(now - step * number).astimezone(dt.UTC) for number in range(count)]
    found = [day.replace(hour=draw.randrange(14, 24), minute=draw.randrange(60)) for day in days]
    return sorted(at for at in found if at < now - dt.timedelta(hours=3))


def _people(count: int) -> Iterator[tuple[Customer, str]]:
    """Yield customers who owe nothing and have a phone: those who owe write in the demo's first minute."""
    quiet = Customer.objects.exclude(invoices__status="open").filter(services__status="active").distinct()
    found = 0
    for customer in quiet.order_by("-id").iterator(chunk_size=100):
        phone = reachable_phone(customer.pk)
        if phone:
            yield customer, phone
            found += 1
        if found == count:
            return


def _talk(
    channel: Channel, who: tuple[Customer, str], lines: tuple[str, ...], begins: dt.datetime, person: User
) -> None:
    customer, phone = who
    at, conversation_id = begins, 0
    for number, line in enumerate(lines):
        if line == DATUM and not Turn.objects.filter(conversation=conversation_id).exclude(waiting_for="").exists():
            continue
        inbound = Inbound(
            external_id=f"SMpast{customer.pk}-{number}",
            sender=f"whatsapp:{phone}",
            recipient=channel.address,
            body=line.format(code=customer.code),
            sender_name=customer.name,
        )
        message = receive_message(channel=channel, inbound=inbound, now=at)
        conversation_id = message.conversation_id
        drain(now=at + dt.timedelta(seconds=3))
        at += dt.timedelta(seconds=70)
        if not Conversation.objects.get(pk=conversation_id).bot_active:
            _answer_as(person, conversation_id, at + dt.timedelta(minutes=len(customer.name)))
            break
    _arrived(channel, conversation_id)
    close_conversation(conversation_id=conversation_id, actor=WHO, now=at + dt.timedelta(hours=2))


def _answer_as(person: User, conversation_id: int, at: dt.datetime) -> None:
    talk = Conversation.objects.get(pk=conversation_id)
    queue_message(conversation=talk, author=Actor.of_user(person), now=at, body=ANSWERS[talk.pk % len(ANSWERS)])


def _arrived(channel: Channel, conversation_id: int) -> None:
    """Let everything said to them have arrived when it was said: no worker sends it today."""
    for message in Message.objects.filter(conversation=conversation_id, direction="out", status="queued"):
        sent, at = Sent(external_id=f"SMpast-{message.pk}"), message.created_at
        note_sent(message_id=message.pk, sent=sent, now=at + dt.timedelta(seconds=1))
        report = StatusReport(external_id=sent.external_id, status="read")
        apply_status(channel=channel, report=report, now=at + dt.timedelta(seconds=40))


def _as_read_by_a_model() -> None:
    """Write down that a model read every third message, and what it used. None is asked from here."""
    for turn in Turn.objects.exclude(outcome="").order_by("pk")[::3]:
        used = 560 + 37 * (turn.pk % 9), 40 + 11 * (turn.pk % 7)
        usage = Usage(*used, cost_of(MODEL, input_tokens=used[0], output_tokens=used[1]))
        turn.engine, turn.model, turn.rounds, turn.read_ms = "openai", MODEL, 1, 700 + 90 * (turn.pk % 11)
        turn.input_tokens, turn.output_tokens, turn.cost = usage.input_tokens, usage.output_tokens, usage.cost
        turn.save()
        note_use(purpose=Purpose.TURN, model=MODEL, usage=usage, now=turn.settled_at or turn.created_at)


def _teach() -> None:
    """Let the staff have said of some what they were about, answered one question, and put another away."""
    for turn in Turn.objects.filter(message__body__icontains="repetidor")[:3]:
        label_turn(turn=turn, intent="plans_prices")
    known = {question.text: question for question in OpenQuestion.objects.filter(state=OpenQuestion.State.OPEN)}
    for text, question in known.items():
        at = question.last_at + dt.timedelta(hours=5)
        if text == TALKS[-1][0]:
            answer_question(question_id=question.pk, question=text, answer=REPEATERS, actor=WHO, now=at)
        elif "repetidor" in text.lower() or "lo de siempre" in text or "la señorita" in text:
            dismiss_question(question_id=question.pk, actor=WHO, now=at)


def _read_receipts(now: dt.datetime, draw: random.Random) -> None:
    for day in range(DAYS):
        for _receipt in range(draw.randrange(4, 16)):
            used = draw.randrange(1800, 2600), draw.randrange(90, 180)
            usage = Usage(*used, cost_of(READER, input_tokens=used[0], output_tokens=used[1]))
            note_use(purpose=Purpose.RECEIPT, model=READER, usage=usage, now=now - dt.timedelta(days=day))


def _run_low(now: dt.datetime) -> None:
    """Set the month's limit so that it is nearly reached: what the page and the first page say then."""
    spent = spent_in(month_of(now))
    if spent:
        limit = (spent / Decimal("0.86")).quantize(Decimal("0.01"), ROUND_UP)
        change_budget(monthly=limit, warn_at=80, actor=WHO, now=now)
