"""An agent's page in a real Chromium, and beside it the least that shows a webhook in a page.

Both pages hold a MutationObserver that notes when a text with a mark came into the DOM. The clock is the machine's
own: the page's time origin is taken from it, and both sides run here.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import BrowserContext, Page, sync_playwright

from accounts.models import User
from benchmarks.bare_urls import TABLE
from benchmarks.webhook_scene import HOST, Caller, connect, form_of, process, request_of, wait_for_port
from config.launch.browsers import find_chromium
from config.launch.children import free_port
from config.launch.processes import by_name
from inbox.models import Conversation
from tenants.live import make_live_token

WAIT_MS = 20_000
SHOWN_MS = 120_000  # until a line is given up: a machine that falls behind shows it late
CUSTOMER = 9_000_000  # far from the contacts that the noise comes from

OBSERVE = """
(selector) => {
  window.marks = {};
  const place = document.querySelector(selector);
  new MutationObserver((changes) => {
    const now = performance.timeOrigin + performance.now();
    for (const change of changes) for (const node of change.addedNodes) {
      for (const mark of (node.textContent || "").match(/marca-\\w+/g) || []) window.marks[mark] ??= now;
    }
  }).observe(place, { childList: true, subtree: true });
}
"""


@dataclass
class Scene:
    """Two open pages, the doors behind them, and numbers for messages that were never used."""

    agent: Page
    floor: Page
    ours: Caller
    bare: Caller
    numbers: Iterator[int]
    port: int

    def to_agent(self) -> float:
        """Send a webhook and return the seconds until its words are in the agent's DOM."""
        return self._timed(self.agent, self.ours)

    def to_floor(self) -> float:
        """The same with a view that does one INSERT and publishes, and a page that echoes the stream."""
        return self._timed(self.floor, self.bare)

    def _timed(self, page: Page, caller: Caller) -> float:
        mark = f"marca-{uuid.uuid4().hex[:12]}"
        request = request_of(form_of(next(self.numbers), customer=CUSTOMER, body=mark))
        began = time.time()
        caller.call(request)
        seen = page.wait_for_function("(mark) => window.marks[mark]", arg=mark, timeout=SHOWN_MS, polling=5)
        return float(seen.json_value()) / 1000 - began


@contextmanager
def dom_scene(numbers: Iterator[int]) -> Iterator[Scene]:
    """Inside a provider: its processes, a conversation, and an agent of it looking at that conversation."""
    connect()
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    user = User.objects.create_user(email="agente@norte.example", name="Agente", password=None, role="owner")
    token = make_live_token(user_id=user.pk, topics=["bench"])
    os.environ |= {"ENLACE_PUBLIC_SCHEME": "http", "BENCH_LIVE_TOKEN": token}
    with ExitStack() as stack:
        for name in ("worker-now", "scheduler"):
            stack.enter_context(process(by_name(name).arguments()))
        web, ours = _site(stack, "config.settings")
        bare, floor = _site(stack, "benchmarks.settings_bare")
        talk = _conversation(Caller(web), next(numbers))
        client = Client(HTTP_HOST=HOST)
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        # From here on this thread has the browser's event loop, in which Django refuses to ask the database.
        context = stack.enter_context(_browser())
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "domain": HOST, "path": "/"}])
        agent, least = context.new_page(), context.new_page()
        _look(least, f"http://{HOST}:{floor}/floor/", "#lines")
        _look(agent, f"http://{HOST}:{ours}/bandeja/{talk.pk}/", "#lines")
        agent.wait_for_selector("html[data-live=on]", timeout=WAIT_MS)
        yield Scene(agent, least, Caller(web), Caller(bare), numbers, web)


def _conversation(caller: Caller, number: int) -> Conversation:
    """Have the customer write once, and wait until that is a conversation."""
    caller.call(request_of(form_of(number, customer=CUSTOMER, body="hola")))
    deadline = time.monotonic() + WAIT_MS / 1000
    while time.monotonic() < deadline:
        if found := Conversation.objects.first():
            return found
        time.sleep(0.1)
    raise RuntimeError("the first message never became a conversation")


def _site(stack: ExitStack, module: str) -> tuple[int, int]:
    """Web, live and the one address before them; return the web's own port and the address's."""
    web, live, front = free_port(), free_port(), free_port()
    environment = {"DJANGO_SETTINGS_MODULE": module, "ENLACE_PUBLIC_SCHEME": "http", "ENLACE_PUBLIC_PORT": str(front)}
    stack.enter_context(process(by_name("web").arguments(host="127.0.0.1", port=web), environment))
    stack.enter_context(process(by_name("live").arguments(host="127.0.0.1", port=live)))
    wait_for_port(web)
    wait_for_port(live)
    addresses = ("--port", str(front), "--web", f"127.0.0.1:{web}", "--live", f"127.0.0.1:{live}")
    stack.enter_context(process(("config.launch.front", *addresses)))
    wait_for_port(front)
    return web, front


@contextmanager
def _browser() -> Iterator[BrowserContext]:
    executable = find_chromium()
    if executable is None:
        raise RuntimeError("no Chromium: set ENLACE_CHROMIUM or install one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        yield browser.new_context(bypass_csp=True)  # to look into the page, not to change it
        browser.close()


def _look(page: Page, url: str, selector: str) -> None:
    page.goto(url)
    page.wait_for_selector(selector, state="attached", timeout=WAIT_MS)
    page.evaluate(OBSERVE, selector)
