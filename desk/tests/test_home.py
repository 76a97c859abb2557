"""The first page: figures, what needs a person, and who sees what of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.domain.figures.charts import Pile, draw_bars, draw_month, round_up
from billing.domain.figures.daily import Month, month_by_day
from billing.domain.figures.period import Span
from billing.models import Payment
from billing.models.receipts import Receipt
from chatbot.domain.knowledge_questions import collect_question, dismiss_question, list_questions
from chatbot.domain.spending import Purpose, change_budget, note_use
from chatbot.engines.base import Usage
from chatbot.models import MonthSpend
from customers.models import Customer, Hold, Plan, Service
from desk.domain.attention import attention_for
from desk.domain.home import cut_count, figures_for, same_day_last_month
from desk.domain.lately import happened_lately
from events.domain import Actor, record
from network.models import Router
from tenants.current import entered
from tests.harness.fixtures import staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)  # noon in Mexico City


def customer(code="C-1"):
    return Customer.objects.create(code=code, name="María Guadalupe Hernández Ñaupari")


def paid(who, amount, at, **more):
    return Payment.objects.create(
        customer=who,
        amount=amount,
        currency="MXN",
        method="cash",
        received_at=at,
        key=f"{who.code}{at}{amount}",
        actor_kind="user",
        actor_label="Ana",
        created_at=at,
        **more,
    )


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 11, 21), date(2026, 10, 21)),
        (date(2026, 3, 31), date(2026, 2, 28)),
        (date(2028, 3, 31), date(2028, 2, 29)),
        (date(2026, 1, 15), date(2025, 12, 15)),
    ],
)
def test_the_same_day_last_month(day, before):
    assert same_day_last_month(day) == before


def test_collected_today_is_compared_with_the_same_hour_last_month(in_norte):
    who = customer()
    paid(who, 450, NOW - timedelta(hours=1))
    paid(who, 100, NOW - timedelta(hours=20))  # yesterday there
    paid(who, 999, NOW - timedelta(hours=1), voided_at=NOW)
    last_month = NOW - timedelta(days=31)
    paid(who, 300, last_month - timedelta(hours=1))
    paid(who, 5000, last_month + timedelta(hours=3))  # later that day
    figure = figures_for(staff("owner"), now=NOW)[0]
    assert (figure.value, figure.change, figure.trend, figure.tone) == ("$450.00", "50 %", "up", "good")
    assert "21 oct" in figure.note


def test_cut_services_are_counted_once_and_as_of_then(in_norte):
    plan = Plan.objects.create(name="30", price=450)
    service = Service.objects.create(customer=customer(), plan=plan, code="S-1")
    for source in ("policy", "hand"):
        Hold.objects.create(service=service, reason="debt", source=source, since=NOW - timedelta(days=3), opened_by="x")
    Hold.objects.create(service=service, reason="pause", source="x", since=NOW - timedelta(days=30), opened_by="x")
    assert cut_count(NOW) == 1
    assert cut_count(NOW - timedelta(days=10)) == 0


def test_a_technician_sees_the_network_and_no_money(norte, sign_in):
    page = sign_in(norte, "technician").get("/").content.decode()
    assert "En línea" in page
    assert "Cobrado hoy" not in page
    assert "Facturado" not in page
    assert "Cobrado hoy" in sign_in(norte, "collections").get("/").content.decode()


def test_what_waits_is_listed_for_whoever_can_do_it_and_for_no_other_provider(norte, sur):
    with entered(norte):
        Router.objects.create(name="RB-Norte", host="10.0.0.1", last_seen_at=NOW - timedelta(minutes=42), failures=2)
        Receipt.objects.create(status="waiting", filed_by="x", created_at=NOW - timedelta(minutes=40))
        titles = [work.title for work in attention_for(staff("owner"), now=NOW)]
        assert titles == ["RB-Norte no responde", "Comprobante por revisar"]
        assert [w.icon for w in attention_for(staff("technician"), now=NOW)] == ["router"]
    with entered(sur):
        assert attention_for(staff("owner"), now=NOW) == []


@pytest.mark.parametrize(
    ("spent", "kind", "says"),
    [
        ("15.99", "", ""),
        ("16", "due", "lleva 80 % de su presupuesto"),
        ("19.999", "due", "lleva 99 % de su presupuesto"),
        ("20", "overdue", "se detuvo: se acabó su presupuesto"),
    ],
)
def test_a_model_near_its_budget_and_one_that_stopped_are_said_where_it_is_so(norte, sur, spent, kind, says):
    def note(amount):
        change_budget(monthly=Decimal(20), warn_at=80, actor=Actor.system("x"), now=NOW)
        note_use(purpose=Purpose.TURN, model="m", usage=Usage(1, 1, Decimal(amount)), now=NOW)

    for tenant, other in ((norte, sur), (sur, norte)):
        with entered(tenant):
            MonthSpend.objects.all().delete()
            note(spent)
            found = attention_for(staff("owner"), now=NOW)
            assert [work.kind for work in found] == ([kind] if kind else [])
            assert all(says in work.title and work.url == "/asistente/costos/" for work in found)
            assert attention_for(staff("collections"), now=NOW) == []
            assert attention_for(staff("owner"), now=NOW + timedelta(days=10)) == []  # another month
        with entered(other):
            MonthSpend.objects.all().delete()
            assert attention_for(staff("owner"), now=NOW) == []


def test_questions_without_an_answer_wait_for_who_teaches_the_bot_of_that_provider(norte, sur):
    for tenant, other in ((norte, sur), (sur, norte)):
        with entered(tenant):
            for text in ("¿Tienen telefonía fija?", "¿Venden celulares?", "¿Tienen telefonía fija?"):
                collect_question(text=text, conversation=None, now=NOW)
            (work,) = attention_for(staff("owner"), now=NOW)
            assert (work.title, work.count) == ("Preguntas que el asistente no supo contestar", 2)
            assert work.note == "La más repetida: «¿Tienen telefonía fija?», 2 veces"
            assert work.url == "/asistente/saber/sin-respuesta/"
            assert attention_for(staff("technician"), now=NOW) == []
            for question in list(list_questions()):
                dismiss_question(question_id=question.pk, actor=Actor.system("x"), now=NOW)
        with entered(other):
            assert attention_for(staff("owner"), now=NOW) == []


def test_the_month_is_cumulative_and_ends_today(in_norte):
    who = customer()
    paid(who, 100, datetime(2026, 11, 2, 3, 0, tzinfo=UTC))  # still the 1st in Mexico City
    paid(who, 50, datetime(2026, 11, 3, 18, 0, tzinfo=UTC))
    month = month_by_day(Span(date(2026, 11, 1), date(2026, 11, 4)))
    assert month.collected == [100, 100, 150, 150]
    assert (month.first, month.days) == (date(2026, 11, 1), 30)


def test_the_chart_stays_inside_its_frame():
    this = Month(date(2026, 2, 1), 28, [Decimal(0), Decimal(2600)], [Decimal(0), Decimal(130)])
    last = Month(date(2026, 1, 1), 31, [Decimal(0)] * 31, [Decimal(0)] * 31)
    chart = draw_month(this, last)
    assert chart.grid[-1].value == 3000
    assert all(0 <= tick.at <= 100 for tick in chart.grid)
    assert chart.collected.startswith("M0.0 88.0L")
    assert len(chart.marks) == 2


@pytest.mark.parametrize(("value", "axis"), [(0, 100), (1, 1), (1234, 1500), (1234567, 1500000), (990, 1000)])
def test_an_axis_ends_on_a_round_number(value, axis):
    assert round_up(Decimal(value)) == axis


def test_what_just_happened_is_told_by_what_one_may_see(norte, sur):
    with entered(norte):
        who = customer()
        record(
            "notice.not_sent", subject=who, at=NOW, actor=Actor.system("Cobranza"), template="payment_due", reason="x"
        )
        record(
            "invoice.issued",
            subject=who,
            at=NOW,
            actor=Actor.system("Cobranza"),
            label="A-1",
            total="1",
            currency="MXN",
        )
        record("contact.opted_out", subject=who, at=NOW - timedelta(days=3), actor=Actor.system("Cobranza"))
        facts = happened_lately(staff("owner"), now=NOW)
        assert [fact.customer for fact in facts] == [who.name]
        assert facts[0].url == f"/clientes/{who.pk}/"
    with entered(sur):
        assert happened_lately(staff("owner"), now=NOW) == []


def test_bars_stand_on_zero_and_hang_from_it():
    bars = draw_bars([("a", [Pile("x", Decimal(100), "")]), ("b", [Pile("x", Decimal(-40), "")])])
    up, down = bars.bars
    assert up.y + up.height == pytest.approx(bars.zero)
    assert down.y == pytest.approx(bars.zero)
    assert [tick.value for tick in bars.grid] == [-40, 50, 100]
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 and bar.y + bar.height <= 100 for bar in bars.bars)
    assert draw_bars([]).bars == []
