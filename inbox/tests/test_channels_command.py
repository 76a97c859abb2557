"""`manage.py channels status` says what is set up and what is wrong, of each provider its own."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inbox.domain.sending import queue_message
from inbox.models import Channel, Conversation, Message, Notification
from inbox.tests.conftest import make_channel
from inbox.tests.telegram_scenes import ACTOR, TOKEN, connect
from simulators.telegram.server import TelegramSimulator
from simulators.telegram.world import Hook
from tenants.current import entered

pytestmark = pytest.mark.django_db


@pytest.fixture
def telegram(settings):
    with TelegramSimulator() as simulator:
        settings.TELEGRAM_API_BASE = simulator.url
        yield simulator


def status(tenant="norte"):
    """What is printed, and how it ended."""
    out = io.StringIO()
    try:
        call_command("channels", "status", "--tenant", tenant, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), ended.code
    return out.getvalue(), 0


def test_all_is_well(in_norte, telegram):
    connect(now=timezone.now(), name="Soporte")
    said, code = status()
    assert code == 0
    for words in (
        "Telegram · Soporte · @enlace_bot",
        "responde como «@enlace_bot»",
        "webhook puesto",
        "nada por salir",
    ):
        assert words in said
    assert "Todo en orden" in said
    assert TOKEN not in said


def test_a_provider_without_channels_and_one_that_is_not_there(norte, sur):
    assert status("sur") == (f"{sur.name} (sur)\n  ningún canal conectado\nTodo en orden.\n", 0)
    with pytest.raises(CommandError, match="ninguno"):
        call_command("channels", "status", "--tenant", "ninguno")


def lose_token(telegram):
    telegram.token = "123456:otra"


def lose_hook(telegram):
    telegram.bot.hook = Hook()


def point_elsewhere(telegram):
    telegram.bot.hook.url = "https://otro.example/x"


def fail_hook(telegram):
    telegram.bot.hook.error, telegram.bot.hook.error_at = "Wrong response: 502", int(timezone.now().timestamp())


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (lose_token, "rechazó la clave"),
        (lose_hook, "No tiene webhook puesto"),
        (point_elsewhere, "apunta a otra parte (otro.example)"),
        (fail_hook, "no pudo entregar"),
    ],
)
def test_what_is_wrong_at_telegram_is_said_and_ends_with_one(in_norte, telegram, trouble, words):
    connect(now=timezone.now())
    trouble(telegram)
    said, code = status()
    assert (code, words in said) == (1, True), said
    assert "otra" not in said or TOKEN not in said


def test_what_waits_here_is_counted_and_what_waits_too_long_is_wrong(in_norte, telegram):
    channel = connect(now=timezone.now())
    old = timezone.now() - dt.timedelta(hours=1)
    talk = Conversation.objects.create(channel=channel, address="telegram:501", last_inbound_at=old)
    queue_message(conversation=talk, author=ACTOR, now=timezone.now(), body="uno")
    said, code = status()
    assert (code, "1 mensaje por salir" in said) == (0, True), said
    Message.objects.update(created_at=old)
    doubtful = queue_message(conversation=talk, author=ACTOR, now=timezone.now(), body="dos")
    Message.objects.filter(pk=doubtful.pk).update(status="doubtful")
    for number, state in enumerate(("pending", "failed")):
        Notification.objects.create(channel=channel, provider_id=str(number), payload={}, state=state, received_at=old)
    said, code = status()
    assert code == 1
    for words in ("✗ 1 mensaje por salir", "✗ 1 mensaje quizá enviado espera a una persona", "✗ 1 aviso por leer"):
        assert words in said
    assert "✗ 1 aviso no se pudo leer" in said
    Channel.objects.update(problem="La calidad del número es baja.")
    assert "✗ La calidad del número es baja." in status()[0]


def test_a_number_whose_far_side_is_away_is_wrong_and_the_others_are_still_told(norte, sur, telegram):
    with entered(norte):
        make_channel()
        connect(now=timezone.now())
    said, code = status("norte")
    assert (code, "No se pudo conectar con Twilio" in said) == (1, True)
    assert "responde como «@enlace_bot»" in said
    assert "plantillas: 0 aprobadas" in said
    assert status("sur")[1] == 0
