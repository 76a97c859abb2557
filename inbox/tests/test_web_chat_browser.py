"""A visitor on the provider's own page and an agent in the inbox, in two browsers."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connections
from django.utils import timezone
from PIL import Image

from events.domain import Actor
from inbox.domain import gestures, media, notifications, sending
from inbox.domain.channels import add_channel
from inbox.models import Channel, Conversation, Message
from tenants.current import enter
from tests.harness.fixtures import host_of


class Site(ThreadingHTTPServer):
    """The provider's own page, on another origin, with a heading that style sheets of ours would change."""

    daemon_threads = True
    script = ""


class Page(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self):
        body = f"<!doctype html><title>Norte</title><h1>Internet</h1>{self.server.script}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said):
        """Say nothing."""


class Lanes:
    """What the worker does, for one provider."""

    def __init__(self, tenant) -> None:
        self.tenant, self.stopped = tenant, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.stopped.wait(0.05):
            with enter(self.tenant.schema_name):
                for lane in (notifications, media, sending, gestures):
                    lane.drain(now=timezone.now())
        connections.close_all()


@pytest.fixture
def site(browser, norte):
    server = Site(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    with enter("norte"):
        channel = add_channel(
            kind="web_chat",
            name="Página",
            address="chat:1",
            account="norte",
            auth_token="",
            hook_secret="secreto-del-chat",
            actor=Actor.system("Pruebas"),
            config={"origins": [origin], "title": "Escríbanos", "greeting": "Hola, ¿en qué le ayudamos?"},
        )
    base = f"http://{host_of(norte)}:{browser.port}"
    server.script = f'<script src="{base}/chat/{channel.hook}.js" async></script>'
    lanes = Lanes(norte)
    yield origin
    lanes.stopped.set()
    lanes.thread.join(timeout=20)
    server.shutdown()


def visit(browser, origin, **options):
    context = browser.chromium.new_context(locale="es-MX", **options)
    browser.contexts.append(context)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: browser.complaints.append(str(error)))
    page.goto(origin)
    page.get_by_role("button", name="Abrir el chat").click()
    return page, page.frame_locator("iframe")


def write(chat, text):
    chat.get_by_role("textbox", name="Escriba su mensaje").fill(text)
    chat.get_by_role("textbox", name="Escriba su mensaje").press("Enter")


def test_a_visitor_and_an_agent_talk(site, browser, norte, tmp_path):
    agent = browser.open(norte, "/bandeja/")
    page, chat = visit(browser, site)
    chat.get_by_text("¿en qué le ayudamos?").wait_for()
    attack = '<img src=x onerror="document.title=1"> ¿tienen fibra?'
    write(chat, attack)
    row = agent.locator(".talk", has_text="¿tienen fibra?")
    row.wait_for()
    row.locator("a").click()
    agent.locator(".bubble--in", has_text="¿tienen fibra?").wait_for()
    assert agent.locator(".bubble--in img").count() == 0

    agent.fill("#reply-body", "<b>Sí</b>, desde $450")
    agent.keyboard.press("Enter")
    chat.get_by_text("<b>Sí</b>, desde $450").wait_for()  # as it was written, not as markup
    agent.locator(".bubble--out .is-read").wait_for()  # it was on the visitor's screen

    picture = tmp_path / "casa.png"
    Image.new("RGB", (60, 40), "#0b6e4f").save(picture)
    chat.locator("#file").set_input_files(picture)
    agent.locator(".bubble--in img").wait_for()

    # A reload keeps who they are; another visitor begins with nothing.
    page.reload()
    page.get_by_role("button", name="Abrir el chat").click()
    page.frame_locator("iframe").get_by_text("<b>Sí</b>, desde $450").wait_for()
    _other, empty = visit(browser, site)
    empty.get_by_text("¿en qué le ayudamos?").wait_for()
    assert empty.locator(".line[data-id]").count() == 0
    assert page.title() == "Norte"


def test_ten_seconds_without_network_lose_nothing(site, browser, norte):
    page, chat = visit(browser, site)
    write(chat, "uno")
    chat.locator(".line.mine small", has_text=":").first.wait_for()
    agent = browser.open(norte, "/bandeja/")
    agent.locator(".talk a").first.click()
    page.context.set_offline(True)
    write(chat, "dos, sin red")
    chat.get_by_text("Sin conexión").wait_for()
    agent.fill("#reply-body", "respuesta mientras tanto")
    agent.keyboard.press("Enter")
    agent.locator(".bubble--out", has_text="mientras tanto").wait_for()
    page.wait_for_timeout(10_000)
    page.context.set_offline(False)
    chat.get_by_text("respuesta mientras tanto").wait_for()
    agent.locator(".bubble--in", has_text="dos, sin red").wait_for()
    assert chat.locator(".line[data-id]").count() == 3
    with enter("norte"):
        assert Message.objects.filter(direction="in").count() == 2
    browser.complaints.clear()


def test_who_writes_before_the_page_is_ready_is_one_visitor(site, browser, norte):
    """The first answer to «who am I» is slow, and a line is sent meanwhile: it asks for no visitor of its own."""
    context = browser.chromium.new_context(locale="es-MX")
    browser.contexts.append(context)
    asked = []

    def hold_first(route):
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    context.route("**/session", hold_first)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(site)
    page.get_by_role("button", name="Abrir el chat").click()
    chat = page.frame_locator("iframe")
    write(chat, "uno, sin esperar")
    page.wait_for_timeout(1500)
    asked[0].continue_()
    chat.locator(".line.mine small", has_text=":").first.wait_for()
    with enter("norte"):
        assert Conversation.objects.count() == 1
        assert Message.objects.filter(direction="in").count() == 1
    assert len(asked) == 1


def test_the_frame_opens_on_no_other_site(site, browser, norte):
    with enter("norte"):
        row = Channel.objects.get()
        row.config = {**row.config, "origins": ["https://www.nortefibra.mx"]}
        row.save()
    page, chat = visit(browser, site)
    page.wait_for_timeout(800)
    assert chat.locator("#write").count() == 0
    browser.complaints.clear()


def test_on_a_phone_it_fills_the_screen_and_closes(site, browser, norte):
    page, chat = visit(browser, site, viewport={"width": 390, "height": 844}, has_touch=True)
    chat.locator("#write").wait_for()
    assert page.locator("iframe").bounding_box()["width"] == 390
    chat.get_by_role("button", name="Cerrar el chat").click()
    page.get_by_role("button", name="Abrir el chat").wait_for()
