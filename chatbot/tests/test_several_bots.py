"""Several bots: each answers on its channels, in its hours, and leaves to people what it must."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import Receipt
from chatbot.domain.bots import BotRefused, bot_of_channel, bots_by_channel, change_bot, current_bot
from chatbot.domain.fitting import cut_at_sentence, fit_text
from chatbot.domain.limits import is_on_duty
from chatbot.domain.several_bots import (
    ChannelTaken,
    MainStays,
    channel_with_number,
    create_bot,
    delete_bot,
    give_channels,
)
from chatbot.models import Bot, BotChannel, Turn
from chatbot.tests.conftest import STAFF, answer, turn_on
from events.models import Event
from inbox.domain.policy import current_policy
from inbox.models import Channel, Conversation, Ticket
from inbox.tests.conftest import make_channel
from tenants.current import entered

pytestmark = pytest.mark.django_db


def another(name="Ventas", **changes):
    """A second bot, made from the main one."""
    return create_bot(name=name, actor=STAFF, now=timezone.now(), **changes)


def give(bot, *channels):
    """Let a bot answer on channels and no others."""
    give_channels(bot_id=bot.pk, channel_ids=[row.pk for row in channels], actor=STAFF, now=timezone.now())


def closed_now():
    """Nobody is there at any hour."""
    policy = current_policy()
    policy.hours = {}
    policy.save()


def test_the_channel_chooses_the_bot(chat):
    sales = another(greeting="Hola, soy de ventas.")
    change_bot(actor=STAFF, now=timezone.now(), greeting="Hola, soy la principal.")
    assert chat.asks("buenas tardes") == "Hola, soy la principal."
    assert chat.turn.bot == current_bot()
    give(sales, chat.channel)
    assert chat.asks("hola buenos dias") == "Hola, soy de ventas."
    assert chat.turn.bot == sales


def test_a_new_bot_is_like_the_main_one_and_its_key_opens(in_norte):
    turn_on(payment_instructions="En la oficina", base_url="https://a.ejemplo.com/v1", api_key="sk-una")
    bot = another(model="gpt-6-luna")
    assert (bot.enabled, bot.payment_instructions, bot.model) == (True, "En la oficina", "gpt-6-luna")
    assert bot.reveal("api_key") == "sk-una"
    assert current_bot().model == ""
    assert {event.type for event in Event.objects.filter(type__startswith="bot.")} == {"bot.changed", "bot.created"}


def test_a_channel_has_one_bot_and_comes_back_when_it_goes(in_norte):
    turn_on()
    channel, one, two = make_channel(), another("Uno"), another("Dos")
    give(one, channel)
    with pytest.raises(ChannelTaken) as refused:
        give(two, channel)
    assert "Uno" in refused.value.message
    assert bot_of_channel(channel.pk) == one == bots_by_channel()(channel.pk)
    delete_bot(bot_id=one.pk, actor=STAFF, now=timezone.now())
    assert bot_of_channel(channel.pk) == current_bot() == bots_by_channel()(channel.pk)
    assert Channel.objects.filter(pk=channel.pk).exists()
    with pytest.raises(MainStays):
        delete_bot(bot_id=current_bot().pk, actor=STAFF, now=timezone.now())


def test_the_neighbour_has_none_of_ours(in_norte, norte, sur):
    channel = make_channel()
    give(another(), channel)
    with entered(sur):
        assert not Bot.objects.exists()
        assert not BotChannel.objects.exists()
        assert bot_of_channel(channel.pk).pk is None
        assert channel_with_number(channel.address) is None


def test_a_number_finds_its_channel_however_it_is_written(in_norte):
    channel = make_channel()
    bare = channel.address.removeprefix("whatsapp:")
    for written in (channel.address, bare, bare.removeprefix("+"), f" {bare[:3]} {bare[3:]} "):
        assert channel_with_number(written) == channel
    assert channel_with_number("+19998887777") is None
    assert channel_with_number("hola") is None


def test_off_duty_a_person_is_waited_for_and_nothing_is_said(chat):
    closed_now()
    change_bot(actor=STAFF, now=timezone.now(), hours="open")
    assert chat.asks("cuanto debo") == ""
    assert not Turn.objects.exists()
    assert (chat.conversation.status, chat.conversation.bot_active) == (Conversation.Status.OPEN, True)
    change_bot(actor=STAFF, now=timezone.now(), hours="closed")
    assert "No debe nada" in chat.asks("cuanto debo")


def test_hours_are_those_of_the_inbox(in_norte):
    moment = timezone.now()
    bot = turn_on(hours="open")
    policy = current_policy()
    policy.hours = {str(day): [["00:00", "24:00"]] for day in range(7)}
    policy.save()
    assert is_on_duty(bot, moment)
    bot.hours = "closed"
    assert not is_on_duty(bot, moment)


def test_what_is_switched_off_goes_to_a_person_with_the_reason(chat):
    change_bot(actor=STAFF, now=timezone.now(), intents_off=["balance"])
    said = chat.asks("cuanto debo")
    assert "una persona" in said.lower()
    assert "Debe" not in said
    assert not chat.conversation.bot_active
    assert (
        "no atiende «Cuánto debe»" in Event.objects.filter(type="conversation.handed_over").latest("pk").facts["reason"]
    )


def test_without_receipts_a_photo_is_left_where_it_came(chat):
    change_bot(actor=STAFF, now=timezone.now(), tools_off=["receipts"])
    chat.sends()
    answer()
    assert not Receipt.objects.exists()
    assert not chat.conversation.bot_active


def test_without_tickets_a_fault_is_handed_over_and_none_is_opened(chat):
    change_bot(actor=STAFF, now=timezone.now(), tools_off=["tickets"])
    chat.asks("no tengo internet")
    assert not Ticket.objects.exists()
    change_bot(actor=STAFF, now=timezone.now(), tools_off=["account"])
    Conversation.objects.update(bot_active=True)
    assert "Debe" not in chat.asks("cuanto debo")


@pytest.mark.parametrize("changes", [{"intents_off": ["human"]}, {"tools_off": ["volar"]}, {"intents_off": "balance"}])
def test_nobody_is_kept_from_a_person(in_norte, changes):
    turn_on()
    with pytest.raises(BotRefused):
        change_bot(actor=STAFF, now=timezone.now(), **changes)
    assert (current_bot().intents_off, current_bot().tools_off) == ([], [])


def test_a_temperature_that_is_no_number_is_refused(in_norte):
    with pytest.raises(BotRefused):
        turn_on(temperature=float("nan"))
    assert not Bot.objects.exists()


def test_answers_end_at_a_sentence_and_carry_no_emoji(chat):
    long = "Hola 👋🏽 qué tal. " + "Con gusto le ayudo en lo que necesite. " * 6
    change_bot(actor=STAFF, now=timezone.now(), greeting=long, answer_length=100, emoji=False)
    said = chat.asks("buenas tardes")
    assert said == "Hola qué tal. Con gusto le ayudo en lo que necesite. Con gusto le ayudo en lo que necesite."


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("Uno. Dos.", 9, "Uno. Dos."),
        ("Uno. Dos tres.", 9, "Uno."),
        ("Debe $1,200.50 hoy", 12, "Debe…"),
        ("- una\n- dos\n- tres", 12, "- una\n- dos"),
        ("sinespacios" * 3, 10, "sinespaci…"),
    ],
)
def test_cutting(text, most, cut):
    assert cut_at_sentence(text, most) == cut
    assert len(cut) <= most


def test_emoji_go_and_signs_stay():
    bot = Bot(emoji=False)
    assert fit_text("¡Listo ✅! A 20 °C 👨‍👩‍👧 🇲🇽.\nAdiós 🙂", bot=bot) == "¡Listo! A 20 °C.\nAdiós"
    assert fit_text("⏰ A las 9. 1️⃣ Pague ℹ️ ▶️ Folio 1 #2 ™", bot=bot) == "A las 9. Pague Folio 1 #2 ™"


@pytest.mark.parametrize("many", [1, 50])
def test_choosing_the_bot_costs_the_same_however_many_there_are(in_norte, many):
    turn_on()
    Bot.objects.bulk_create(Bot(key=f"b-{n}", name=str(n)) for n in range(many))
    channel = make_channel()
    with CaptureQueriesContext(
        connection,
    ) as one:
        bot_of_channel(channel.pk)
    with CaptureQueriesContext(connection) as all_of_them:
        find = bots_by_channel()
        find(channel.pk)
    assert (len(one), len(all_of_them)) == (1, 2)


def test_who_wrote_while_it_was_on_is_answered_after_hours_end(chat):
    """A turn that was taken is answered: the hour decides who takes, not who finishes."""
    policy = current_policy()
    policy.hours = {str(day): [["00:00", "24:00"]] for day in range(7)}
    policy.save()
    change_bot(actor=STAFF, now=timezone.now(), hours="open")
    chat.writes("cuanto debo")
    closed_now()
    answer(timedelta(seconds=1).total_seconds())
    assert "No debe nada" in chat.said()[-1]
