"""Redis ends and comes back empty while a page is open: no line is lost or shown twice, and the page says so."""

from __future__ import annotations

import pytest

from config import live
from config.launch.embedded_redis import EmbeddedRedis
from inbox.models import Conversation, Message
from inbox.tests.conftest import CUSTOMER, NUMBER, until
from inbox.tests.test_browser import world  # noqa: F401 -- a fixture
from tenants.current import enter
from tenants.redis import redis_client


@pytest.fixture
def own_redis(tmp_path_factory, settings, monkeypatch):
    """A Redis of this test's own; the site of this process uses it for its hints."""
    with EmbeddedRedis(tmp_path_factory.mktemp("redis") / "log") as server:
        settings.REDIS_URL = server.url()
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url()}}
        monkeypatch.setattr(live, "hub", live.Hub())
        redis_client.cache_clear()
        yield server
        redis_client.cache_clear()


@pytest.fixture
def write(own_redis, world):  # noqa: F811 -- a fixture
    """Write lines as the customer, one after the other; gives what was written."""

    def lines(*words):
        for body in words:
            world.customer_writes(number=NUMBER, customer=CUSTOMER, body=body)
            with enter("norte"):
                until(Message.objects.filter(body=body).exists)
        return list(words)

    return lines


def shown(page):
    return page.locator("#lines [data-seq]").evaluate_all(
        "rows => rows.map((row) => [Number(row.dataset.seq), row.querySelector('.bubble__text').textContent.trim()])"
    )


def test_a_page_open_while_redis_restarts_shows_every_line_once_and_says_that_it_is_not_live(
    own_redis, write, browser, norte
):
    before = write("uno", "dos")
    with enter("norte"):
        talk = until(Conversation.objects.first)
    page = browser.open(norte, f"/bandeja/{talk.pk}/")
    notice = page.locator(".inbox__offline")
    page.locator("html[data-live=on]").wait_for(state="attached")
    assert not notice.is_visible()

    own_redis.stop()
    page.locator("html[data-live=off]").wait_for(state="attached")
    meanwhile = write("tres", "cuatro", "cinco")
    notice.filter(has_text="Lo que ve es de hace 1").wait_for()
    page.fill("#reply-body", "lo reviso")  # an answer needs no Redis
    page.keyboard.press("Enter")
    page.locator(".bubble--out", has_text="lo reviso").wait_for()
    meanwhile.append("lo reviso")

    own_redis.start()
    after = write("seis", "siete")
    page.locator("html[data-live=on]").wait_for(state="attached")
    notice.wait_for(state="hidden")
    page.locator(".bubble--in", has_text="siete").wait_for()
    after += write("ocho")
    page.locator(".bubble--in", has_text="ocho").wait_for()
    page.wait_for_timeout(300)  # one that came twice would come now
    assert [text for _, text in shown(page)] == [*before, *meanwhile, *after]
    with enter("norte"):
        kept = Message.objects.order_by("seq").values_list("seq", "body")
        assert [list(row) for row in kept] == shown(page)
        assert Conversation.objects.count() == 1
