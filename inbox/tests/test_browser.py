"""The agent's day, in Chromium, against the Twilio simulator and its phone."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.utils import timezone
from PIL import Image

from inbox.domain import gestures, media, notifications
from inbox.domain.sending import drain, queue_message
from inbox.models import Approval, Channel, Conversation, Message
from inbox.tests.conftest import ACTOR, CUSTOMER, NUMBER, SID, TOKEN, make_channel, make_customer
from simulators.twilio import TwilioSimulator
from simulators.twilio.world import Content
from tenants.current import enter
from tests.harness.fixtures import host_of


class Drainer:
    """What the worker does: drain the inbox's lanes until told to stop."""

    def __init__(self, tenant) -> None:
        self.tenant, self.stopped = tenant, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.stopped.wait(0.05):
            with enter(self.tenant.schema_name):
                notifications.drain(now=timezone.now())
                drain(now=timezone.now())
                gestures.drain(now=timezone.now())
                media.drain(now=timezone.now())
        connections.close_all()

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join(timeout=20)


@pytest.fixture
def world(browser, norte):
    """The whole way: phone, Twilio, webhook, inbox, worker."""
    base = f"http://{host_of(norte)}:{browser.port}"
    with TwilioSimulator() as twilio:
        twilio.add_account(sid=SID, token=TOKEN, name="Norte", numbers=[NUMBER], webhook_url=f"{base}/hooks/twilio/")
        with enter("norte"):
            make_channel(api_base=twilio.url, public_base=base)
            make_customer()
        drainer = Drainer(norte)
        yield twilio
        drainer.stop()


def phone_page(browser, twilio):
    context = browser.chromium.new_context(locale="es-MX")
    browser.contexts.append(context)
    page = context.new_page()
    page.goto(f"{twilio.url}/phone/?customer=%2B{CUSTOMER[1:]}&number=%2B{NUMBER[1:]}")
    return page


def test_a_chat_between_a_phone_and_an_agent(world, browser, norte):
    phone = phone_page(browser, world)
    agent = browser.open(norte, "/bandeja/")
    agent.locator("html[data-live=on]").wait_for(state="attached")

    phone.fill("#body", "Hola, ¿cuánto debo?")
    phone.keyboard.press("Enter")
    row = agent.locator(".talk", has_text="Hola, ¿cuánto debo?")
    row.wait_for()  # without a reload
    row.locator("a").click()
    agent.locator(".bubble--in", has_text="¿cuánto debo?").wait_for()

    agent.fill("#reply-body", "Son $450.00")
    agent.keyboard.press("Enter")
    phone.locator(".bubble", has_text="Son $450.00").wait_for()
    reply = agent.locator(".bubble--out", has_text="Son $450.00")
    reply.locator(".is-read").wait_for()  # the phone shows it, so it was read

    for number in range(5):
        phone.fill("#body", f"mensaje {number}")
        phone.keyboard.press("Enter")
        phone.wait_for_function("document.getElementById('body').value === ''")
    agent.locator(".bubble--in", has_text="mensaje 4").wait_for()
    texts = agent.locator("#lines .bubble").evaluate_all("rows => rows.map((r) => r.dataset.seq)")
    assert texts == sorted(texts, key=int)
    assert len(texts) == len(set(texts)) == 7  # none lost, none twice, in order


def test_a_photo_arrives_and_opens_large(world, browser, norte, tmp_path):
    picture = tmp_path / "recibo.png"
    Image.new("RGB", (300, 400), "#0b6e4f").save(picture)
    phone = phone_page(browser, world)
    phone.locator("#chat .empty").wait_for()
    phone.set_input_files("#photo", picture)
    agent = browser.open(norte, "/bandeja/")
    agent.locator(".talk a").first.click()
    agent.locator("[data-picture]").click()
    agent.locator("dialog.picture-view[open] img").wait_for()
    with enter("norte"):
        assert Message.objects.get().attachments.get().content_type == "image/png"


def test_losing_the_network_loses_no_message(world, browser, norte):
    phone = phone_page(browser, world)
    phone.fill("#body", "uno")
    phone.keyboard.press("Enter")
    agent = browser.open(norte, "/bandeja/")
    agent.locator(".talk a").first.click()
    agent.locator(".bubble--in", has_text="uno").wait_for()
    agent.locator("html[data-live=on]").wait_for(state="attached")
    agent.context.set_offline(True)
    phone.fill("#body", "dos")
    phone.keyboard.press("Enter")
    agent.wait_for_timeout(800)
    assert agent.locator(".bubble--in").count() == 1
    agent.context.set_offline(False)
    agent.locator(".bubble--in", has_text="dos").wait_for(timeout=25_000)
    assert agent.locator(".bubble--in").count() == 2
    browser.complaints.clear()  # the browser tells of the requests that could not leave


def test_a_button_that_is_pressed_and_a_line_that_is_quoted_are_shown_as_such(world, browser, norte):
    offer = {"twilio/quick-reply": {"body": "¿Pudo pagar?", "actions": [{"title": "Ya pagué", "id": "paid"}]}}
    world.world.accounts[SID].contents["HX9"] = Content.read({"sid": "HX9", "types": offer})
    world.customer_writes(number=NUMBER, customer=CUSTOMER, body="hola")
    agent = browser.open(norte, "/bandeja/")
    agent.locator(".talk a").first.click()
    agent.locator(".bubble--in", has_text="hola").wait_for()
    with enter("norte"):
        channel = Channel.objects.get()
        offered = Approval.objects.create(
            channel=channel, external_id="HX9", name="pago", language="es", body="¿Pudo pagar?"
        )
        queue_message(conversation=Conversation.objects.get(), approval=offered, author=ACTOR, now=timezone.now())
    phone = phone_page(browser, world)
    phone.get_by_role("button", name="Ya pagué").click()
    agent.locator(".bubble--in", has_text="Ya pagué").locator("[data-quote]", has_text="¿Pudo pagar?").wait_for()
    phone.locator(".bubble", has_text="¿Pudo pagar?").first.get_by_role("button", name="Responder").click()
    phone.fill("#body", "ayer, por transferencia")
    phone.keyboard.press("Enter")
    written = agent.locator(".bubble--in", has_text="por transferencia")
    written.locator("[data-quote]", has_text="¿Pudo pagar?").wait_for()
    with enter("norte"):
        assert Message.objects.get(body="Ya pagué").content["id"] == "paid"


def test_on_a_phone_one_pane_at_a_time(world, browser, norte):
    phone = phone_page(browser, world)
    phone.fill("#body", "hola")
    phone.keyboard.press("Enter")
    agent = browser.open(norte, "/bandeja/", width=390, height=844)
    agent.locator(".talk a").first.click()
    agent.locator(".bubble--in").wait_for()
    assert not agent.locator(".inbox__list").is_visible()
    agent.locator(".talkroom__head a.phone-only").click()
    agent.locator(".talk").first.wait_for()
    assert not agent.locator(".inbox__thread").is_visible()


def test_the_keyboard_is_enough(world, browser, norte):
    for number in (1, 2):
        world.customer_writes(number=NUMBER, customer=f"+52444000000{number}", body=f"soy {number}")
    agent = browser.open(norte, "/bandeja/")
    agent.locator(".talk").nth(1).wait_for()
    agent.keyboard.press("j")
    agent.keyboard.press("Enter")
    agent.locator(".bubble--in").wait_for()
    agent.keyboard.press("n")
    agent.keyboard.type("cliente nuevo")
    agent.keyboard.press("Enter")
    agent.locator(".bubble--note", has_text="cliente nuevo").wait_for()
    agent.keyboard.press("Escape")
    agent.keyboard.press("r")
    agent.keyboard.type("Buenas tardes")
    agent.keyboard.press("Enter")
    agent.locator(".bubble--out", has_text="Buenas tardes").wait_for()
    assert agent.locator(".bubble--note").count() == agent.locator(".bubble--out").count() == 1


def test_assign_close_and_a_failed_message_sent_again(world, browser, norte):
    world.customer_writes(number=NUMBER, customer=CUSTOMER, body="hola")
    agent = browser.open(norte, "/bandeja/")
    agent.locator(".talk a").first.click()
    agent.wait_for_load_state("networkidle")  # what arrives meanwhile draws the head anew and closes its menu
    agent.locator("[popovertarget=assign-menu]").click()
    agent.get_by_role("button", name="Asignarme").click()
    agent.locator("#thread-head", has_text="Owner").wait_for()

    world.world.windows.clear()  # WhatsApp says no: the window is shut on its side
    agent.fill("#reply-body", "¿Sigue ahí?")
    agent.keyboard.press("Enter")
    failed = agent.locator(".bubble--out.is-failed", has_text="¿Sigue ahí?")
    failed.get_by_text("Pasaron más de 24 horas").wait_for()
    world.customer_writes(number=NUMBER, customer=CUSTOMER, body="sí")
    agent.locator(".bubble--in", has_text="sí").wait_for()
    failed.get_by_role("button", name="Reenviar").click()
    agent.locator(".bubble--out:not(.is-failed)", has_text="¿Sigue ahí?").wait_for()

    agent.locator("#thread-head").get_by_role("button", name="Resolver").click()
    agent.locator("#thread-head").get_by_role("button", name="Reabrir").wait_for()
    agent.locator(".talk", has_text="sí").wait_for(state="detached")


def test_who_may_only_read_sees_it_move_too(world, browser, norte):
    world.customer_writes(number=NUMBER, customer=CUSTOMER, body="uno")
    reader = browser.open(norte, "/bandeja/", role="read_only")
    reader.locator(".talk a").first.click()
    reader.locator(".bubble--in", has_text="uno").wait_for()
    world.customer_writes(number=NUMBER, customer=CUSTOMER, body="dos")
    reader.locator(".bubble--in", has_text="dos").wait_for()
    assert reader.locator("#reply-body").count() == 0


def test_one_stream_serves_every_tab_and_passes_on(world, browser, norte):
    first = browser.open(norte, "/bandeja/")
    first.locator("html[data-live=on]").wait_for(state="attached")
    second = first.context.new_page()
    asked = []
    second.on("request", lambda request: asked.append(request.url) if "/live?" in request.url else None)
    second.goto(first.url)
    second.locator("html[data-live=on]").wait_for(state="attached")
    world.customer_writes(number=NUMBER, customer=CUSTOMER, body="a las dos")
    for page in (first, second):
        page.locator(".talk", has_text="a las dos").wait_for()
    assert asked == []
    first.close()  # the tab that held the stream goes; the other takes it over
    world.customer_writes(number=NUMBER, customer=CUSTOMER, body="a la que queda")
    second.locator(".talk", has_text="a la que queda").wait_for()
    assert len(asked) == 1
