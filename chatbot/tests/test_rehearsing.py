"""A talk is tried with the whole bot, forms and all, and nothing of it stays, here or anywhere."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.utils import timezone

from chatbot.domain.rehearsing import CODE, rehearse
from chatbot.models import MonthSpend
from chatbot.tests.conftest import turn_on
from customers.models import Plan, Zone
from network.models import Access, Router
from simulators.openai.server import KEY, ModelSimulator
from tenants.current import entered

pytestmark = pytest.mark.django_db
PAGE = "/asistente/probar/"


def counts():
    """Every row of the provider, table by table."""
    return {model: model.objects.count() for model in apps.get_models() if model._meta.app_label in OWN}


OWN = {"chatbot", "inbox", "customers", "billing", "network", "events"}


def talk(bot, *lines, is_customer=False):
    return rehearse(bot=bot, lines=lines, is_customer=is_customer, now=timezone.now())


def test_a_form_is_walked_to_its_end_and_leaves_no_row(norte, sur):
    for tenant in (norte, sur):
        with entered(tenant):
            bot = turn_on()
            Zone.objects.create(name="Centro")
            Plan.objects.create(name="Hogar 50", price="450", download_kbps=50_000, upload_kbps=10_000)
            before = counts()
            said = talk(bot, "quiero contratar internet", "Juan Pérez López", "Centro", "Hidalgo 12", "Hogar 50", "sí")
            assert [line.turn is not None for line in said] == [True] * 6
            assert said[0].turn.intent == "register"
            assert "Hidalgo 12" in said[4].answered  # read back before it binds
            assert said[5].turn.outcome == "resolved" or said[5].note
            assert counts() == before


def test_a_registration_with_a_trial_makes_no_account(norte):
    with entered(norte):
        router = Router.objects.create(name="Torre 1", host="10.0.0.1", username="api")
        bot = turn_on(trial_days=7, trial_router=router)
        Zone.objects.create(name="Centro")
        Plan.objects.create(name="Hogar 50", price="450", download_kbps=50_000, upload_kbps=10_000)
        said = talk(bot, "quiero contratar internet", "Juan Pérez López", "Centro", "Hidalgo 12", "Hogar 50", "sí")
        assert "PPPoE" in said[5].answered or "usuario" in said[5].answered.lower()
        assert not Access.objects.exists()


def test_a_customer_proves_who_they_are_and_hears_what_they_owe(norte):
    with entered(norte):
        bot = turn_on(identity="days")
        before = counts()
        asked, told = talk(bot, "cuanto debo", CODE, is_customer=True)
        assert "número de cliente" in asked.answered
        assert "$500.00" in told.answered
        assert counts() == before


def test_a_bot_that_is_off_is_tried_all_the_same_and_stays_off(norte):
    with entered(norte):
        bot = turn_on(enabled=False, pause_seconds=9)
        (line,) = talk(bot, "hola")
        assert line.answered
        bot.refresh_from_db()
        assert (bot.enabled, bot.pause_seconds) == (False, 9)


def test_who_was_handed_over_hears_no_more_of_the_bot(norte):
    with entered(norte):
        handed, later = talk(turn_on(), "quiero hablar con una persona", "cuanto debo")
        assert handed.turn.outcome == "escalated"
        assert "persona" in handed.note
        assert (later.answered, later.turn) == ("", None)


def test_a_model_is_asked_once_a_line_and_paid_as_a_trial(norte, settings):
    settings.ALLOW_LOCAL_MODELS = True
    with ModelSimulator() as model, entered(norte):
        bot = turn_on(engine="openai", base_url=model.url, model="chico", api_key=KEY)
        model.say_text("Hoy no hay promociones.")
        talk(bot, "¿tienen promociones para la noche del viernes?")
        asked = len(model.requests)
        assert asked
        model.say_text("De nada.")
        talk(bot, "¿tienen promociones para la noche del viernes?", "¿y el sábado qué horario de fútbol pasan?")
        assert len(model.requests) == 2 * asked
        assert set(MonthSpend.objects.values_list("purpose", flat=True)) == {"trial"}


def test_the_page_keeps_the_talk_and_begins_anew(client_norte, client_sur, norte):
    with entered(norte):
        turn_on(identity="days")
        before = counts()
    page = client_norte.post(PAGE, {"text": CODE, "asked": "cuanto debo", "who": "customer"}).content.decode()
    for said in ("cuanto debo", "número de cliente", "$500.00", "Entendió", "Cuánto debe", "Empezar de nuevo"):
        assert said in page
    assert page.count('name="asked"') == 2
    fresh = client_norte.post(PAGE, {"again": "1", "asked": "cuanto debo", "who": "customer"}).content.decode()
    assert "cuanto debo" not in fresh
    kept = client_norte.post(PAGE, {"text": "", "asked": "hola", "who": "stranger"})
    assert kept.status_code == 422
    assert "hola" in kept.content.decode()
    with entered(norte):
        assert counts() == before
