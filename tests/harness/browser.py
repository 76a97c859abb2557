"""Chromium before the whole site: front proxy, web and live in this process, on this worker's database."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from config.launch.browsers import find_chromium
from config.launch.children import answers, free_port
from config.launch.front import Front, listening_sockets, serve
from tenants.models import Tenant
from tests.harness.fixtures import SignIn, host_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever asks for the browser, so that `-m "not browser"` leaves it out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


# A machine that does other work too is slow, not wrong.
_PATIENCE_MS = 20_000
expect.set_options(timeout=_PATIENCE_MS)


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Say nothing: a test's output is its own."""


class _Web(ThreadedWSGIServer):
    daemon_threads = True
    request_queue_size = 128  # callers that come at once; one turned away is answered 502

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes a connection half-way is no error of ours."""


@pytest.fixture(scope="session")
def site_port(django_db_setup: None) -> Iterator[int]:
    """The port of the whole site; threads of this process serve it."""
    web = _Web(("127.0.0.1", 0), _QuietHandler)
    web.set_app(get_wsgi_application())
    # All views and what they import, now: on a busy machine the first page would take longer than it may.
    assert get_resolver().url_patterns
    threading.Thread(target=web.serve_forever, daemon=True).start()
    live = uvicorn.Server(
        uvicorn.Config("config.live:app", port=free_port(), log_level="warning", timeout_graceful_shutdown=1)
    )
    threading.Thread(target=live.run, daemon=True).start()
    sockets = listening_sockets(0)
    port: int = sockets[0].getsockname()[1]
    loop = asyncio.new_event_loop()
    front = Front(web=web.server_address[:2], live=("127.0.0.1", live.config.port))
    serving = loop.create_task(serve(front, sockets))
    thread = threading.Thread(target=_run, args=(loop, serving), daemon=True)
    thread.start()
    _wait_for(live.config.port)
    yield port
    live.should_exit = True
    loop.call_soon_threadsafe(serving.cancel)
    thread.join(timeout=5)
    web.shutdown()
    web.server_close()


def _run(loop: asyncio.AbstractEventLoop, serving: asyncio.Task[None]) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(serving)
    except asyncio.CancelledError:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
    finally:
        loop.close()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while not answers(port):
        if time.monotonic() > deadline:
            pytest.fail("the live process did not start")
        time.sleep(0.02)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium per worker. Fails, rather than skips, when the machine has none: `bin/test --no-browser`."""
    executable = find_chromium()
    if executable is None:
        pytest.fail("no Chromium: set ENLACE_CHROMIUM, install one, or run bin/test --no-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Opens pages as someone at some provider, and remembers what the pages complained about."""

    chromium: Browser
    port: int
    sign_in: SignIn
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def url(self, tenant: Tenant | None, path: str = "/") -> str:
        """The address of a path on a tenant's host (None: the platform's)."""
        return f"http://{host_of(tenant)}:{self.port}{path}"

    def open(
        self,
        tenant: Tenant | None,
        path: str = "/",
        *,
        role: str | None = "owner",
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
    ) -> Page:
        """Open a page in a browser context of its own, signed in with `role` (None: signed in as nobody)."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="es-MX",
            has_touch=width < 600,
        )
        self.contexts.append(context)
        if role is not None:
            session = self.sign_in(tenant, role).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.url(tenant)}])
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._note(page, said.type, said.text))
        page.goto(self.url(tenant, path))
        return page

    def _note(self, page: Page, kind: str, text: str) -> None:
        # A refused answer (404, 422) is also an "error" of the console; tests that expect one look at the page. So is
        # a request that was on its way when the page was left; one that fails by itself is told as htmx:sendError too.
        if kind == "error" and not text.startswith(("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")):
            self.complaints.append(f"{page.url}: {text}")


@pytest.fixture
def browser(
    fresh_db: None, site_port: int, chromium: Browser, sign_in: SignIn, nothing_left_behind: None
) -> Iterator[Visitor]:
    """`browser.open(norte, "/clientes/", role="collections", width=390)` gives a Playwright page.

    Real commits, since other threads serve the pages. The test fails when a page's scripts complained,
    unless it empties `browser.complaints`.
    """
    visitor = Visitor(chromium, site_port, sign_in)
    yield visitor
    for context in visitor.contexts:
        context.close()
    assert visitor.complaints == []
