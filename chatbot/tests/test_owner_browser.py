"""The owner's path in a real browser: write an answer, try it, see what nobody could answer, answer it, try again."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chatbot.domain.knowledge_questions import collect_question
from chatbot.models import Article, OpenQuestion, Turn
from chatbot.tests.conftest import turn_on
from customers.models import Plan, Zone
from inbox.models import Message
from tenants.current import enter


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_the_owner_teaches_the_bot_and_hears_it_answer(browser, norte, sur, width, dark):
    with enter("norte"):
        turn_on()
        for _again in range(2):
            collect_question(text="¿Tienen telefonía fija?", conversation=None, now=timezone.now())
    page = browser.open(norte, "/asistente/saber/", width=width, dark=dark)
    trial = page.locator("#trial")

    def ask(text):
        page.goto(browser.url(norte, "/asistente/"))
        trial.get_by_label("Lo que escribiría un cliente").fill(text)
        trial.get_by_role("button", name="Probar").click()
        expect(trial).to_contain_text(text)
        expect(trial).to_contain_text("Entendió")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def write(answer):
        page.get_by_label("Respuesta").fill(answer)
        page.get_by_role("button", name="Guardar").click()
        expect(page.locator("body")).to_contain_text("Guardado.")

    page.get_by_role("link", name="Nueva pregunta").first.click()
    page.get_by_label("Pregunta", exact=False).first.fill("¿Cuánto cuesta la instalación?")
    write("Nada: el técnico y el cable van incluidos.")
    ask("cuanto cuesta la instalacion")
    expect(trial).to_contain_text("Nada: el técnico y el cable van incluidos.")
    expect(trial).to_contain_text("Según: ¿Cuánto cuesta la instalación?")

    ask("tienen telefonia fija")
    expect(trial).not_to_contain_text("Según:")
    page.goto(browser.url(norte, "/asistente/saber/"))
    page.get_by_role("link", name="Sin respuesta").first.click()
    page.get_by_role("link", name="¿Tienen telefonía fija?").click()
    expect(page.locator("body")).to_contain_text("Lo preguntaron 2 veces")
    expect(page.get_by_label("Pregunta", exact=False).first).to_have_value("¿Tienen telefonía fija?")
    write("Sí, por $99.00 más al mes.")
    expect(page.locator("body")).to_contain_text("Ninguna aquí")
    ask("tienen telefonia fija")
    expect(trial).to_contain_text("Sí, por $99.00 más al mes.")
    expect(trial).to_contain_text("Según: ¿Tienen telefonía fija?")
    with enter("norte"):
        assert Article.objects.count() == 2
        assert OpenQuestion.objects.get().state == "answered"
        assert not Turn.objects.exists()  # trying writes to nobody
        assert not Message.objects.exists()
    with enter("sur"):
        assert not Article.objects.exists()


def test_a_form_is_walked_in_the_trial_with_its_quick_replies(browser, norte):
    with enter("norte"):
        turn_on()
        Zone.objects.create(name="Centro")
        Plan.objects.create(name="Hogar 50", price="450", download_kbps=50_000, upload_kbps=10_000)
    page = browser.open(norte, "/asistente/")
    trial = page.locator("#trial")
    trial.get_by_label("Quién escribe").select_option("stranger")
    for said in ("quiero contratar internet", "Juan Pérez López"):
        trial.get_by_label("Lo que escribiría un cliente").fill(said)
        trial.get_by_label("Lo que escribiría un cliente").press("Enter")
        expect(trial.locator(".trial")).to_contain_text(said)
    trial.get_by_role("button", name="Centro").click()
    expect(trial.locator(".trial__asked")).to_have_text(["quiero contratar internet", "Juan Pérez López", "Centro"])
    trial.get_by_role("button", name="Empezar de nuevo").click()
    expect(trial.locator(".trial")).to_have_count(0)
    expect(trial.get_by_label("Quién escribe")).to_have_value("stranger")
    with enter("norte"):
        assert not Turn.objects.exists()
