"""Customers are answered in their language: Portuguese and English beside Spanish, and every sentence in all three."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils import timezone

from billing.tests.scenes import owe
from chatbot.catalogues import FOLDER, compile_mo, read_po
from chatbot.models import Turn
from chatbot.tests.conftest import add_service, turn_on
from inbox.models import Message, Ticket
from tenants.current import tenant_today

DOMAIN = Path(__file__).parents[1] / "domain"
NAMES = (
    "account_tools", "promise_tools", "people_tools", "file_tools", "plan_tools", "invoice_tools", "contact_limits",
    "limits", "knowledge_search", "identity", "gate", "trials",
)  # fmt: skip
SAID = [*DOMAIN.glob("dialogues/*.py"), *(DOMAIN / f"{name}.py" for name in NAMES)]


def sentences(path: Path) -> set[str]:
    """What a module says to customers: all that goes through gettext outside of the staff's language."""
    tree = ast.parse(path.read_text())
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With) and "in_staff_language" in ast.dump(node)]
    staff = {id(inner) for block in blocks for inner in ast.walk(block)}
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"_", "ngettext"}
        and id(call) not in staff
        and isinstance(call.args[0], ast.Constant)
    }


@pytest.mark.parametrize("language", ["pt", "en"])
def test_every_sentence_is_in_the_catalogue_and_keeps_its_places(language):
    folder = FOLDER / language / "LC_MESSAGES"
    messages = read_po((folder / "django.po").read_text())
    assert (folder / "django.mo").read_bytes() == compile_mo(messages)  # else: python -m chatbot.catalogues
    known = {name.split("\0")[0] for name in messages}
    assert set().union(*map(sentences, SAID)) - known == set()
    for name, text in messages.items():
        if name:
            assert text
            assert re.findall(r"%\(\w+\)[sd]", name) == re.findall(r"%\(\w+\)[sd]", text)


@pytest.fixture
def debtor(customer):
    add_service(customer)
    owe(customer, "600", days_late=5, today=tenant_today(timezone.now()))
    return customer


@pytest.mark.django_db
def test_portuguese_is_answered_in_portuguese(chat, debtor):
    turn_on(payment_instructions="Pix 123")
    assert chat.asks("oi, bom dia").startswith("Olá, sou o assistente")
    said = chat.asks("quanto eu devo?")
    assert said.startswith("Você deve $600.00:")
    assert "venceu em" in said
    assert " de novembro" in said or " de outubro" in said or " de dezembro" in said
    assert "Pix 123" in said
    assert chat.turn.language == "pt"
    assert chat.asks("quero falar com uma pessoa").startswith("Passo você para uma pessoa.")
    assert Message.objects.get(direction="note").body.startswith("Pide hablar con una persona.")  # the staff's language


@pytest.mark.django_db
def test_english_is_answered_in_english(chat, debtor):
    said = chat.asks("hello, how much do I owe?")
    assert said.startswith("You owe $600.00:")
    assert re.search(r"was due on \w+ \d+", said)
    assert chat.asks("thanks") == "You are welcome."  # few words: it goes on
    assert list(Turn.objects.values_list("language", flat=True)) == ["en", "en"]
    assert chat.asks("cuánto debo por favor").startswith("Debe $600.00:")


@pytest.mark.django_db
def test_a_form_in_portuguese_from_start_to_end(chat, customer):
    add_service(customer)
    assert "Desde quando?" in chat.asks("não tenho internet desde ontem")
    assert "ligou o modem" in chat.asks("desde ontem de manhã")
    assert "tomada" in chat.asks("não")
    assert "abri o chamado" in chat.asks("não, continua igual")
    body = Ticket.objects.get().comments.get().body
    assert "Qué pasa: Sin internet" in body
    assert "Desde cuándo: desde ontem de manhã" in body


@pytest.mark.django_db
def test_a_form_in_english_is_confirmed_and_cancelled(chat, customer):
    add_service(customer)
    assert "To which address" in chat.asks("I am moving to another house next week")
    chat.asks("12 Flower Street, Downtown")
    assert "Do you confirm?" in chat.asks("next monday")
    assert "I changed nothing" in chat.asks("no")
    chat.asks("I am moving to another house next week")
    chat.asks("12 Flower Street, Downtown")
    chat.asks("next monday")
    assert "your request is number" in chat.asks("yes please")
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_a_bot_with_a_language_keeps_it(chat):
    turn_on(language="pt")
    assert chat.asks("buenas tardes, ¿qué tal?").startswith("Olá")
