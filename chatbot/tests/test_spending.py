"""What the models cost: kept with each turn and month, warned of, and stopped at the budget."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from billing.tests.scenes import owe
from chatbot.domain.spending import change_budget, current_budget, is_spent, month_of, note_use, spent_in
from chatbot.engines.base import Usage
from chatbot.engines.openai import prices
from chatbot.models import Bot, MonthSpend, Turn
from chatbot.tests.conftest import STAFF, add_service, answer, turn_on
from events.models import Event
from simulators.openai.server import KEY, ModelSimulator
from tenants.current import enter, entered

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CENT = Usage(1000, 100, Decimal("0.010000001"))


@pytest.fixture
def model() -> Iterator[ModelSimulator]:
    with ModelSimulator() as simulator:
        yield simulator


@pytest.fixture
def priced(monkeypatch) -> None:
    """The simulated model has a price: 1 USD a million tokens in, 5 out."""
    table = prices.model_table()
    monkeypatch.setitem(table["models"], "chico", {"host": "127.0.0.1", "input": "1", "output": "5"})


@pytest.fixture
def talking(chat, customer, model, settings, priced) -> Any:
    settings.ALLOW_LOCAL_MODELS = True
    add_service(customer)
    owe(customer, "600")
    turn_on(engine="openai", base_url=model.url, model="chico", api_key=KEY)
    return chat


def use(usage=CENT, **more: Any) -> None:
    note_use(purpose="turn", model="chico", usage=usage, now=NOW, **more)


def told() -> list[str]:
    return list(Event.objects.filter(type__startswith="bot.budget").order_by("pk").values_list("type", flat=True))


@pytest.mark.django_db
def test_a_turn_keeps_its_price_at_full_precision_and_the_month_its_sum(talking, model, sur):
    model.say_text("Debe $600.00.")
    talking.asks("cuanto debo")
    turn = talking.turn
    exact = (Decimal(turn.input_tokens) + 5 * Decimal(turn.output_tokens)) / 1_000_000
    assert turn.cost == exact > 0
    assert (turn.model, turn.outcome, turn.why) == ("chico", "resolved", "")
    assert spent_in(month_of(timezone.now())) == exact
    row = MonthSpend.objects.get()
    assert (row.purpose, row.model, row.uses, row.unpriced, row.input_tokens) == (
        "turn",
        "chico",
        1,
        0,
        turn.input_tokens,
    )
    with enter("sur"):
        assert not MonthSpend.objects.exists()


@pytest.mark.django_db
def test_what_a_model_used_before_it_failed_is_paid_all_the_same(talking, model):
    model.call("balance")
    model.fail("error", after=1, times=2)
    assert talking.asks("cuanto debo").startswith("Debe $600.00")
    turn = talking.turn
    assert (turn.engine, turn.model) == ("rules", "chico")
    assert turn.input_tokens > 0
    assert spent_in(month_of(timezone.now())) == turn.cost > 0


@pytest.mark.django_db
def test_what_must_not_be_said_is_paid_too(talking, model):
    model.say_text("Debe $5.00.")
    talking.asks("cuanto debo")
    assert talking.turn.engine == "rules"
    assert spent_in(month_of(timezone.now())) == talking.turn.cost > 0


@pytest.mark.django_db
def test_rules_cost_nothing_and_keep_no_month(chat):
    chat.asks("hola")
    assert (chat.turn.model, chat.turn.cost, chat.turn.outcome) == ("", None, "resolved")
    assert not MonthSpend.objects.exists()


@pytest.mark.django_db
def test_the_budget_warns_once_and_stops_once(in_norte):
    change_budget(monthly=Decimal("0.05"), warn_at=80, actor=STAFF, now=NOW)
    seen = []
    for _ in range(8):
        use()
        seen.append(is_spent(NOW))
    assert seen == [False] * 4 + [True] * 4  # 0.050000005 is over 0.05
    assert told() == ["bot.budget_changed", "bot.budget_low", "bot.budget_out"]
    assert not is_spent(datetime(2026, 12, 3, tzinfo=UTC))  # the next month begins anew
    change_budget(monthly=Decimal(10), warn_at=80, actor=STAFF, now=NOW)
    assert not is_spent(NOW)


@pytest.mark.django_db
def test_over_budget_rules_answer_and_no_model_is_asked(talking, model):
    change_budget(monthly=Decimal("0.01"), warn_at=50, actor=STAFF, now=NOW)
    note_use(purpose="receipt", model="x", usage=Usage(1, 1, Decimal("0.01")), now=timezone.now())
    assert talking.asks("cuanto debo").startswith("Debe $600.00")
    assert model.requests == []
    assert "presupuesto" in talking.turn.reason
    assert not Bot.objects.get().engine_error
    change_budget(monthly=None, warn_at=50, actor=STAFF, now=NOW)
    model.say_text("Debe $600.00.")
    talking.asks("cuanto debo")
    assert len(model.requests) == 1


@pytest.mark.django_db
def test_a_model_without_a_price_is_counted_as_such(in_norte):
    use(Usage(100, 10, None))
    row = MonthSpend.objects.get()
    assert (row.uses, row.unpriced, row.cost, row.input_tokens) == (1, 1, 0, 100)
    assert told() == []


@pytest.mark.django_db
def test_a_month_is_the_providers(in_norte):
    assert month_of(datetime(2026, 12, 1, 3, tzinfo=UTC)) == date(2026, 11, 1)  # still November in Mexico
    assert month_of(datetime(2026, 12, 1, 7, tzinfo=UTC)) == date(2026, 12, 1)


def test_many_at_once_lose_nothing_and_tell_once(fresh_db, norte):
    with entered(norte):
        change_budget(monthly=Decimal("0.1"), warn_at=50, actor=STAFF, now=NOW)

    def spend(_number: int) -> None:
        try:
            with entered(norte):
                use()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(spend, range(24)))
    with entered(norte):
        assert spent_in(date(2026, 11, 1)) == 24 * CENT.cost
        assert MonthSpend.objects.get().uses == 24
        assert told().count("bot.budget_low") == told().count("bot.budget_out") == 1
        assert current_budget().stopped_on == date(2026, 11, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("says", "outcome", "why"),
    [
        ("cuanto debo", "resolved", ""),
        ("quiero hablar con una persona", "escalated", "asked"),
        ("donde puedo pagar", "escalated", "intent"),
        ("zxcv qwer", "unanswered", ""),
    ],
)
def test_a_turn_keeps_what_came_of_it(chat, customer, says, outcome, why):
    add_service(customer)
    chat.asks(says)
    assert (chat.turn.outcome, chat.turn.why) == (outcome, why)


@pytest.mark.django_db
def test_unsure_twice_is_escalated_and_a_stranger_unknown(chat):
    chat.asks("zxcv qwer")
    chat.asks("asdf uiop")
    assert (chat.turn.outcome, chat.turn.why) == ("escalated", "unsure")
    chat.writes("cuanto debo", sender="+5215550001111")
    answer()
    assert (chat.turn.outcome, chat.turn.why) == ("escalated", "unknown")
    assert Turn.objects.filter(outcome="").count() == 0
