"""Three web processes, one live, one worker, all real: what comes in at once is shown once, and in order.

The Redis is this test's own. Half-way it ends and comes back empty, while people write on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from twilio.request_validator import RequestValidator

from config.launch.children import answers, die_with_parent, free_port, stop_process
from config.launch.embedded_redis import EmbeddedRedis
from config.launch.processes import by_name
from inbox.models import Conversation, Message
from inbox.tests.conftest import TOKEN, inbound_fields, make_channel, until
from tenants.current import enter
from tests.harness.browser import Visitor
from tests.harness.fixtures import host_of

ROOT = Path(__file__).resolve().parents[2]
WRITERS, EACH = 5, 40
TOTAL = WRITERS * EACH
PATIENCE = 120.0  # each process reads all of the product first; on a busy machine that is long
SHOWN = """() => [...document.querySelectorAll("#lines [data-seq]")].map((line) => [
  Number(line.dataset.seq), line.querySelector(".bubble__text")?.textContent.trim() ?? "",
])"""


class Site:
    """The product's processes behind one address."""

    def __init__(self, stack: ExitStack, folder: Path, host: str) -> None:
        self.stack, self.folder, self.host = stack, folder, host
        self.store = stack.enter_context(EmbeddedRedis(folder / "redis.log"))
        self.processes: list[subprocess.Popen[bytes]] = []
        self.port = free_port()
        self.base = f"http://{host}:{self.port}"

    def start(self) -> None:
        self.stack.callback(self.stop)
        web, live = free_port(), free_port()
        self._run("web", by_name("web").arguments(host="127.0.0.1", port=web), WEB_CONCURRENCY="3")
        self._run("live", by_name("live").arguments(host="127.0.0.1", port=live))
        self._run("worker", by_name("worker-now").arguments())
        self._run("scheduler", by_name("scheduler").arguments())
        front = ("config.launch.front", "--port", str(self.port), "--web", f"127.0.0.1:{web}")
        self._run("front", (*front, "--live", f"127.0.0.1:{live}"))
        for port in (web, live, self.port):
            until(lambda port=port: answers(port), seconds=PATIENCE)

    def _run(self, name: str, words: Sequence[str], **more: str) -> None:
        environment = {**os.environ, "REDIS_URL": self.store.url(), "ENLACE_PUBLIC_PORT": str(self.port), **more}
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(),  # noqa: PLW1509
            )
        self.processes.append(process)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            stop_process(process, signal.SIGTERM, patience=10)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def write(self, number: int, body: str) -> None:
        """What Twilio does: a signed form, on a connection of its own, so that any of the processes takes it."""
        fields = inbound_fields(MessageSid=f"SM{number:032d}", Body=body)
        url = "/hooks/twilio/"
        signature = RequestValidator(TOKEN).compute_signature(self.base + url, fields)
        headers = {"Host": f"{self.host}:{self.port}", "X-Twilio-Signature": signature}
        answer = requests.post(f"http://127.0.0.1:{self.port}{url}", data=fields, headers=headers, timeout=PATIENCE)
        assert answer.status_code in {200, 204}

    def restart_redis(self) -> None:
        """From the main thread: a server lives no longer than the thread that started it."""
        self.store.stop()
        self.store.start()


@pytest.fixture
def site(fresh_db, norte, tmp_path_factory):
    with ExitStack() as stack:
        made = Site(stack, tmp_path_factory.mktemp("three"), host_of(norte))
        with enter("norte"):
            make_channel(public_base=made.base)
        made.start()
        yield made


@pytest.fixture
def browser(site, chromium, sign_in):
    visitor = Visitor(chromium, site.port, sign_in)
    yield visitor
    for context in visitor.contexts:
        context.close()
    assert visitor.complaints == []


def test_two_hundred_at_once_are_shown_once_and_in_order(site, browser, norte):
    until(lambda: site.said("web").count("Booting worker") == 3, seconds=PATIENCE)
    site.write(0, "hola")
    with enter("norte"):
        talk = until(Conversation.objects.first, seconds=PATIENCE)
    page = browser.open(norte, f"/bandeja/{talk.pk}/")
    page.locator("html[data-live=on]").wait_for(state="attached", timeout=PATIENCE * 1000)
    half = threading.Barrier(WRITERS + 1)

    def write(writer: int) -> None:
        for number in range(EACH):
            if number == EACH // 2:
                half.wait(timeout=PATIENCE)
            site.write(1 + writer * EACH + number, f"{writer}-{number}")

    with ThreadPoolExecutor(WRITERS) as pool:
        written = [pool.submit(write, writer) for writer in range(WRITERS)]
        half.wait(timeout=PATIENCE)
        site.restart_redis()
        for each in written:
            each.result()
    page.wait_for_function(
        "(many) => document.querySelectorAll('#lines .bubble--in').length >= many",
        arg=TOTAL + 1,
        polling=200,
        timeout=PATIENCE * 1000,
    )
    page.wait_for_timeout(1_000)  # one that came twice would come now

    shown = page.evaluate(SHOWN)
    seqs, words = [seq for seq, _ in shown], [text for _, text in shown]
    assert seqs == sorted(set(seqs))
    assert sorted(words) == sorted(["hola", *(f"{w}-{n}" for w in range(WRITERS) for n in range(EACH))])
    for writer in range(WRITERS):  # each waited for its answer before it wrote again
        assert [text for text in words if text.startswith(f"{writer}-")] == [f"{writer}-{n}" for n in range(EACH)]
    with enter("norte"):
        kept = Message.objects.filter(conversation=talk).order_by("seq")
        assert list(kept.values_list("seq", "body")) == [tuple(row) for row in shown]
        assert Conversation.objects.count() == 1
