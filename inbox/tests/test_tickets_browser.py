"""A ticket from a conversation and a template outside the window, as an agent does them, in Chromium."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from inbox.domain.approvals import sync_channel
from inbox.domain.templates import ensure_default_templates
from inbox.models import Channel, Conversation, Message, Ticket
from inbox.tests.conftest import ACTOR, NUMBER, SID, TOKEN, make_channel, make_customer, receive
from simulators.twilio import TwilioSimulator
from tenants.current import enter

OFFER = {
    "sid": "HXoffer",
    "friendly_name": "oferta_mas_velocidad",
    "language": "es",
    "types": {
        "whatsapp/card": {
            "header_text": "Más velocidad en su zona",
            "body": "Hola {{1}}, ya puede pasar a {{2}} por {{3}} al mes.",
            "footer": "Responda BAJA para no recibir promociones",
            "actions": [{"type": "PHONE_NUMBER", "title": "Llamar", "phone": "+525500000000"}],
        }
    },
}


def test_a_ticket_is_opened_beside_the_conversation(browser, norte):
    with enter("norte"):
        ensure_default_templates()
        make_customer()
        talk = receive(make_channel(), "no tengo internet desde ayer").conversation
    page = browser.open(norte, f"/bandeja/{talk.pk}/")
    side = page.locator("#tickets-of")
    side.get_by_role("button", name="Nuevo ticket").click()
    dialog = page.get_by_role("dialog", name="Nuevo ticket de Ana Muñoz")
    dialog.get_by_label("Asunto").fill("Sin internet desde ayer")
    dialog.get_by_label("Prioridad").select_option("3")
    dialog.get_by_role("button", name="Abrir ticket").click()
    side.get_by_role("link", name="Sin internet desde ayer").wait_for()
    assert page.url.endswith(f"/bandeja/{talk.pk}/")  # the thread is still there, and live
    page.locator(".bubble--out", has_text="con el número 1").wait_for()
    assert page.get_by_role("dialog").count() == 0
    with enter("norte"):
        assert Ticket.objects.get().conversation_id == talk.pk


def test_a_template_goes_outside_the_window(browser, norte):
    with TwilioSimulator() as twilio:
        twilio.add_account(sid=SID, token=TOKEN, numbers=[NUMBER], contents=[OFFER])
        with enter("norte"):
            make_customer()
            talk = receive(make_channel(api_base=twilio.url)).conversation
            sync_channel(channel=Channel.objects.get(), actor=ACTOR, now=timezone.now())
            Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(days=2))
        page = browser.open(norte, f"/bandeja/{talk.pk}/")
        page.get_by_placeholder("Buscar una plantilla").fill("velocidad")
        page.get_by_role("button", name="Oferta mas velocidad").click()
        page.get_by_label("Dato 2").fill("50 megas")
        look = page.locator("#template-preview")
        look.get_by_text("ya puede pasar a 50 megas por [Dato 3]").wait_for()
        page.get_by_label("Dato 3").fill("$450.00")
        look.get_by_text("por $450.00 al mes").wait_for()
        page.get_by_role("button", name="Enviar plantilla").click()
        page.locator(".bubble--out", has_text="Hola Ana, ya puede pasar a 50 megas por $450.00 al mes.").wait_for()
        with enter("norte"):
            assert Message.objects.get(direction="out").as_template
