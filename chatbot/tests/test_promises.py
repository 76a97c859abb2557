"""«¿Me da hasta el viernes?»: offered within the policy, given after a yes, refused with its reason."""

import datetime as dt

import pytest
from django.utils import timezone

from billing.domain.policies import current_policy
from billing.domain.promises import grant_promise
from billing.models import Promise
from billing.tests.scenes import owe
from chatbot.domain.promised_days import named_day, says_no, says_yes
from chatbot.tests.conftest import STAFF, add_service, turn_on
from customers.domain.holds import open_hold
from customers.models import Hold
from events.models import Event
from inbox.models import Message
from tenants.current import enter, tenant_today

WEDNESDAY = dt.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("pago el viernes, me da prórroga?", "2026-11-27"),
        ("deposito mañana", "2026-11-26"),
        ("mañana en la mañana paso", "2026-11-26"),
        ("pago pasado mañana", "2026-11-27"),
        ("el miércoles le pago", "2026-12-02"),
        ("pago hoy en la noche", "2026-11-25"),
        ("espéreme hasta el 28", "2026-11-28"),
        ("le pago el 3", "2026-12-03"),
        ("el 2 de diciembre", "2026-12-02"),
        ("el 25/12 le pago", "2026-12-25"),
        ("deme tres días", "2026-11-28"),
        ("deme 5 dias porfa", "2026-11-30"),
        ("hasta la quincena", "2026-11-30"),
        ("a fin de mes", "2026-11-30"),
        ("me da chance?", None),
        ("le doy 300 pesos", None),
        ("el 31 de febrero", None),
        ("el lunes en la mañana", "2026-11-30"),
        ("el viernes en la noche", "2026-11-27"),
        ("hoy no puedo, el viernes sí", "2026-11-27"),
        ("mañana no puedo, el sábado le pago", "2026-11-28"),
        ("hoy no puedo", None),
        ("la semana que viene", "2026-12-02"),
        ("el martes de la próxima semana", "2026-12-01"),
        ("en dos semanas", "2026-12-09"),
        ("en 48 horas", "2026-11-27"),
        ("llevo 3 días sin internet", None),
        ("no tengo desde hace 3 días", None),
        ("el 5 del mes que viene", "2026-12-05"),
        ("este fin de semana", "2026-11-29"),
        ("pago na sexta", "2026-11-27"),
        ("posso pagar sexta-feira à noite?", "2026-11-27"),
        ("segunda eu pago", "2026-11-30"),
        ("na terça-feira", "2026-12-01"),
        ("até quarta", "2026-12-02"),
        ("quinta de manhã", "2026-11-26"),
        ("sábado sem falta", "2026-11-28"),
        ("quero a segunda via", None),
        ("amanhã eu pago", "2026-11-26"),
        ("depois de amanhã", "2026-11-27"),
        ("hoje não posso, só na sexta", "2026-11-27"),
        ("pago hoje à noite", "2026-11-25"),
        ("dia 15", "2026-12-15"),
        ("até o dia 28", "2026-11-28"),
        ("no dia 5 de dezembro", "2026-12-05"),
        ("15 de março", "2027-03-15"),
        ("semana que vem", "2026-12-02"),
        ("na sexta da semana que vem", "2026-12-04"),
        ("daqui a 3 dias", "2026-11-28"),
        ("daqui a três dias", "2026-11-28"),
        ("daqui a uma semana", "2026-12-02"),
        ("estou há 3 dias sem internet", None),
        ("no fim do mês", "2026-11-30"),
        ("dia 5 do mês que vem", "2026-12-05"),
        ("mês que vem", "2026-12-01"),
        ("na quinzena", "2026-11-30"),
        ("são 300 reais", None),
        ("tomorrow", "2026-11-26"),
        ("the day after tomorrow", "2026-11-27"),
        ("I'll pay Friday", "2026-11-27"),
        ("on Monday morning", "2026-11-30"),
        ("I can't today, can I pay on Friday?", "2026-11-27"),
        ("on the 15th", "2026-12-15"),
        ("by the 28th please", "2026-11-28"),
        ("by 5 pm", None),
        ("December 15th", "2026-12-15"),
        ("the 15th of December", "2026-12-15"),
        ("on Dec 3", "2026-12-03"),
        ("12/25", "2026-12-25"),
        ("next week", "2026-12-02"),
        ("Friday next week", "2026-12-04"),
        ("in three days", "2026-11-28"),
        ("within 10 days", "2026-12-05"),
        ("in a week", "2026-12-02"),
        ("it stopped 3 days ago", None),
        ("at the end of the month", "2026-11-30"),
        ("I may pay 300", None),
        ("tonight", "2026-11-25"),
    ],
)
def test_the_day_that_is_meant(text, day):
    found = named_day(text, WEDNESDAY)
    assert (found.isoformat() if found else None) == day


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("Sí", True, False),
        ("si, por favor", True, False),
        ("ok 👍", True, False),
        ("no", False, True),
        ("si no puedo le aviso", False, True),
        ("mejor no", False, True),
        ("cuánto debo", False, False),
        ("sim, pode ser", True, False),
        ("não, obrigado", False, True),
        ("combinado", True, False),
        ("sounds good", True, False),
        ("I don't agree", False, True),
        ("never mind", False, True),
    ],
)
def test_yes_and_no(text, yes, no):
    assert (says_yes(text), says_no(text)) == (yes, no)


@pytest.fixture
def debtor(customer):
    add_service(customer)
    owe(customer, "600", days_late=5, today=tenant_today(timezone.now()))
    return customer


def allow(**values):
    rules = current_policy()
    for name, value in {"promise_by": ["staff", "bot"], **values}.items():
        setattr(rules, name, value)
    rules.save()


def last_day():
    return tenant_today(timezone.now()) + dt.timedelta(days=5)


def test_without_the_policys_leave_a_person_takes_over(chat, debtor):
    assert "Una persona" in chat.asks("pago el viernes, me da prorroga?")
    assert not Promise.objects.exists()
    assert not chat.conversation.bot_active


def test_it_is_offered_and_given_only_after_a_yes(chat, debtor):
    allow()
    said = chat.asks("¿me da chance unos días?")
    assert "$600.00" in said
    assert "¿Acepta?" in said
    assert not Promise.objects.exists()
    assert chat.turn.waiting_for == f"promise:{last_day()}"
    said = chat.asks("Sí, por favor")
    promise = Promise.objects.get()
    assert said.startswith("Listo: anoté que paga $600.00")
    assert (promise.granted_by, promise.actor_kind, promise.status) == ("bot", "bot", "open")
    assert tenant_today(promise.until) == last_day()
    assert (chat.turn.intent, chat.turn.waiting_for) == ("promise", "")
    assert Message.objects.filter(direction="out").count() == 2  # the answer tells it: no notice besides
    chat.asks("si")
    assert Promise.objects.count() == 1


def test_who_is_cut_comes_back_with_the_yes(chat, debtor):
    allow()
    service = debtor.services.get()
    open_hold(service_id=service.pk, reason="debt", source="dunning", actor=STAFF, now=timezone.now())
    assert "se reconecta ahora" in chat.asks("pago mañana, me esperan?")
    assert Hold.objects.filter(closed_at=None).count() == 1
    assert "reconectando" in chat.asks("ok")
    assert not Hold.objects.filter(closed_at=None).exists()


def test_a_no_gives_nothing(chat, debtor):
    allow()
    chat.asks("pago mañana")
    assert "no anoté nada" in chat.asks("no, mejor no")
    chat.asks("si")
    assert not Promise.objects.exists()


def test_something_else_is_answered_and_the_offer_waits(chat, debtor):
    allow()
    chat.asks("pago mañana")
    assert "Debe $600.00" in chat.asks("cuanto debo")
    assert not Promise.objects.exists()
    assert "Listo" in chat.asks("si acepto")


def test_another_day_is_offered_anew_and_too_late_a_day_becomes_the_last(chat, debtor):
    allow()
    chat.asks("pago mañana")
    far = tenant_today(timezone.now()) + dt.timedelta(days=9)
    said = chat.asks(f"le pago el {far.day}, me da prorroga")
    assert "No puedo darle tanto tiempo." in said
    assert chat.turn.waiting_for == f"promise:{last_day()}"


def test_a_refusal_says_why_and_from_when(chat, debtor):
    allow(promise_min_percent=50)
    assert "Antes debe pagar al menos $300.00" in chat.asks("me da prorroga?")
    allow(promise_min_percent=0)
    grant_promise(customer_id=debtor.pk, until=None, by="staff", actor=STAFF, key="x", now=timezone.now())
    assert "Ya hay una promesa vigente" in chat.asks("me da prorroga?")
    assert Promise.objects.count() == 1


def test_what_changed_before_the_yes_is_seen(chat, debtor):
    allow()
    chat.asks("pago mañana")
    allow(promise_per_month=0)
    assert "no permite promesas" in chat.asks("si")
    assert not Promise.objects.exists()


def test_a_stranger_and_the_other_provider_get_none(stranger, norte):
    allow()
    stranger.asks("pago el viernes, me da prorroga?")
    stranger.asks("si")
    assert not Promise.objects.exists()
    with enter("sur"):
        turn_on()
        assert not Promise.objects.exists()
        assert not Event.objects.filter(type__startswith="promise").exists()
