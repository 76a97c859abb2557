"""What leaves the agent's list and comes back, and what makes a sound for whom, in Chromium."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from inbox.domain import snoozing
from inbox.domain.channels import add_channel
from inbox.domain.conversations import add_note, assign_conversation
from inbox.domain.sandbox import play_somebody
from inbox.models import Conversation, Message
from inbox.tests.conftest import ACTOR, make_channel, make_customer, receive
from tenants.current import enter

# What the browser was asked for: sounds played and notices shown. What they are made of stays the browser's own.
LISTEN = """
window.heard = { sounds: 0, notices: [] };
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) { window.heard.sounds += 1; return start.apply(this, at); };
const Real = window.Notification;
window.Notification = class extends Real {
  constructor(title, more) { super(title, more); window.heard.notices.push(`${title}: ${more.body}`); }
};
"""
TONES = 2  # one sound is two tones


@pytest.fixture
def talk(browser, norte):
    """Ana wrote; nobody has her conversation."""
    with enter("norte"):
        make_customer()
        return receive(make_channel(), "no tengo internet").conversation


def writes(body, number):
    with enter("norte"):
        receive(Conversation.objects.get().channel, body, sid=f"SM-{number}")


def test_a_conversation_put_off_comes_back_when_it_is_due(talk, browser, norte):
    page = browser.open(norte, f"/bandeja/{talk.pk}/")
    row = page.locator(".talk", has_text="no tengo internet")
    row.wait_for()
    page.locator("html[data-live=on]").wait_for(state="attached")
    page.keyboard.press("h")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("En una hora").check()
    dialog.get_by_role("button", name="Posponer", exact=False).last.click()
    page.locator("#thread-head", has_text="Pospuesta hasta").wait_for()
    row.wait_for(state="detached")
    with enter("norte"):
        assert snoozing.drain(now=timezone.now()) is not None  # not due: nothing happens
        assert Conversation.objects.get().status == "snoozed"
        snoozing.drain(now=timezone.now() + timedelta(minutes=61))
    page.locator(".bubble--note", has_text="la había pospuesto hasta ahora").wait_for()  # without a reload
    row.wait_for()
    assert page.locator("#thread-head", has_text="Pospuesta").count() == 0
    with enter("norte"):
        assert (Conversation.objects.get().status, Message.objects.filter(direction="note").count()) == ("open", 1)


def test_who_writes_meanwhile_comes_back_before_it_is_due(talk, browser, norte):
    with enter("norte"):
        now = timezone.now()
        snoozing.snooze_conversation(
            conversation_id=talk.pk, until=now + timedelta(hours=20), by=None, actor=ACTOR, now=now
        )
    page = browser.open(norte, "/bandeja/")
    page.get_by_text("Sin conversaciones").wait_for()
    page.locator("html[data-live=on]").wait_for(state="attached")
    writes("¿ya vienen?", 2)
    page.locator(".talk.is-unread", has_text="¿ya vienen?").wait_for()


def test_sound_and_notice_are_for_what_is_mine_or_nobodys(talk, browser, norte):
    page = browser.open(norte, "/bandeja/tickets/")
    page.context.grant_permissions(["notifications"], origin=browser.url(norte).rstrip("/"))
    page.add_init_script(LISTEN)
    page.goto(browser.url(norte, "/bandeja/"))
    page.locator("html[data-live=on]").wait_for(state="attached")
    writes("primera", 2)
    page.locator(".talk", has_text="primera").wait_for()
    assert page.evaluate("window.heard") == {"sounds": 0, "notices": []}  # nobody turned it on

    page.get_by_role("button", name="Avisos").click()
    page.get_by_label("Sonido al llegar un mensaje").check()
    page.wait_for_function("() => window.heard.sounds === 2")  # so that one knows how it sounds
    page.get_by_label("Aviso del navegador").check()
    page.keyboard.press("Escape")
    writes("segunda", 3)
    page.wait_for_function("() => window.heard.notices.length === 1")
    assert page.evaluate("window.heard") == {"sounds": 2 * TONES, "notices": ["Ana Muñoz: segunda"]}

    browser.sign_in(norte, "support")
    with enter("norte"):
        me, other = User.objects.get(role="owner"), User.objects.get(role="support")
        assign_conversation(conversation_id=talk.pk, assignee=other, actor=ACTOR, now=timezone.now())
    writes("tercera", 4)
    page.locator(".talk", has_text="tercera").wait_for()
    with enter("norte"):
        add_note(conversation_id=talk.pk, body=f"@{me.name} véalo", author=ACTOR, now=timezone.now())
        add_note(conversation_id=talk.pk, body=f"@{me.name} y esto", author=ACTOR, now=timezone.now())
    page.wait_for_function("() => window.heard.notices.length === 3")  # somebody else's: only what names me, each time
    assert page.evaluate("window.heard.notices.slice(1)") == ["Ana Muñoz: Le mencionaron en una nota"] * 2


def test_what_was_sent_leaves_the_composer_where_options_can_be_offered_too(browser, norte):
    with enter("norte"):
        phone = add_channel(
            kind="sandbox", name="Pruebas", address="phone:norte", account="norte", auth_token="", actor=ACTOR
        )
        talk = play_somebody(channel=phone, name="Ana de prueba", now=timezone.now())
        Conversation.objects.update(last_inbound_at=timezone.now())
    page = browser.open(norte, f"/bandeja/{talk.pk}/")
    page.keyboard.press("r")
    page.keyboard.type("¿Cuándo pasamos?")
    assert page.input_value("#reply-body") == "¿Cuándo pasamos?"
    page.get_by_role("button", name="Ofrecer opciones").click()
    page.get_by_label("Opciones, una por línea").fill("Hoy\nMañana")
    page.get_by_role("button", name="Enviar").click()
    page.locator(".bubble--out li", has_text="Mañana").wait_for()
    assert (page.input_value("#reply-body"), page.input_value("#compose-options-text")) == ("", "")
