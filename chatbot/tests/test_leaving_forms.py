"""In the middle of a form people change their mind or ask something else: three languages, each as a person expects."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing.tests.scenes import owe
from chatbot.models import RunningForm
from chatbot.tests.conftest import add_service, turn_on
from customers.models import Plan
from inbox.models import Ticket
from tenants.current import tenant_today

pytestmark = pytest.mark.django_db
BEGIN = {"es": "me voy a mudar de casa", "pt": "vou me mudar de casa", "en": "I am moving to another house"}
WIFI = {"es": "olvidé la clave del wifi", "pt": "esqueci a senha do wifi", "en": "I forgot my wifi password"}


@pytest.fixture
def talk(chat, customer):
    add_service(customer)
    owe(customer, "600", days_late=5, today=tenant_today(timezone.now()))
    Plan.objects.create(name="Max", price="800")
    return chat


SAYINGS = {
    "es": "mejor otra cosa|olvídalo|ya no|no, mejor luego|cambié de opinión|quiero hablar de otra cosa|déjelo así"
    "|otra pregunta|prefiero no seguir|mejor después|no importa",
    "pt": "esquece isso|deixa pra lá|outra coisa|melhor outra coisa|mudei de ideia|agora não|não quero mais"
    "|quero falar de outra coisa|cancela",
    "en": "never mind|forget about it|something else|actually, something else|I changed my mind|not now"
    "|let's leave it|cancel that",
}
OUT = [(language, words) for language, sayings in SAYINGS.items() for words in sayings.split("|")]


@pytest.mark.parametrize(("language", "words"), OUT)
@pytest.mark.parametrize("begin", [BEGIN, WIFI])
def test_who_wants_out_is_out_and_told_so(talk, language, words, begin):
    turn_on(language=language)
    talk.asks(begin[language])
    assert RunningForm.objects.exists()
    said = talk.asks(words)
    assert not RunningForm.objects.exists(), said
    assert not Ticket.objects.exists()
    assert talk.conversation.bot_active, said
    assert "?" in said


ASKED = [
    ("es", "cuánto debo?", "Debe $600"),
    ("pt", "quanto eu devo?", "Você deve $600"),
    ("en", "how much do I owe?", "You owe $600"),
]


@pytest.mark.parametrize(("language", "words", "expected"), ASKED)
@pytest.mark.parametrize("begin", [BEGIN, WIFI])
def test_a_question_in_between_is_answered_and_the_form_goes_on(talk, language, words, expected, begin):
    turn_on(language=language)
    first = talk.asks(begin[language])
    running = RunningForm.objects.get()
    said = talk.asks(words)
    assert expected in said
    assert said.endswith(first.splitlines()[-1])  # asked again
    assert (RunningForm.objects.get().pk, RunningForm.objects.get().slots) == (running.pk, running.slots)
    assert talk.turn.intent == "balance"
    assert talk.turn.waiting_for.startswith("form:")
    assert not Ticket.objects.exists()


def test_what_goes_on_still_ends_in_one_ticket(talk):
    talk.asks("me voy a mudar de casa")
    talk.asks("Calle 12, Centro")
    assert "Debe $600" in talk.asks("cuánto debo?")
    talk.asks("el lunes")
    assert "Debe $600" in talk.asks("y cuánto debo?")  # what was read back is read back again
    assert not Ticket.objects.exists()
    assert "folio" in talk.asks("sí")
    body = Ticket.objects.get().comments.get().body
    assert "Calle 12, Centro" in body
    assert "debo" not in body


def test_another_errand_leaves_it_and_says_so(talk):
    talk.asks("me voy a mudar de casa")
    said = talk.asks("olvidé la clave de mi wifi")
    assert RunningForm.objects.get().form == "wifi_password"
    assert "Wi-Fi" in said
    said = talk.asks("quiero hablar con una persona")
    assert not RunningForm.objects.exists()
    assert not talk.conversation.bot_active


def test_an_option_that_sounds_like_leaving_is_an_option(chat, customer):
    add_service(customer)
    chat.asks("mi internet anda raro")
    if not RunningForm.objects.filter(waiting_for="what").exists():
        RunningForm.objects.all().delete()
        chat.asks("quiero reportar una falla")
    assert RunningForm.objects.get().waiting_for == "what"
    assert "¿Desde cuándo?" in chat.asks("Otra cosa")
    assert RunningForm.objects.get().slots["what"] == "other"


@pytest.mark.parametrize(
    "words", ["Calle Nada 12", "por la otra cosa verde, Centro", "Stop 5, colonia Luz", "mañana no, el lunes después"]
)
def test_an_answer_with_such_words_in_it_is_an_answer(talk, words):
    talk.asks("me voy a mudar de casa")
    talk.asks(words)
    assert RunningForm.objects.get().slots["address"] == words
