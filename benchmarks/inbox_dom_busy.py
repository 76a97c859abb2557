"""inbox-dom-busy: webhook POST to the agent's DOM while 90 others a second come in from other people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

from benchmarks.base import Benchmark, Round, quantile_of
from benchmarks.dom_scene import dom_scene
from benchmarks.open_loop import OpenLoop
from benchmarks.webhook_scene import Caller, form_of, request_of
from tenants.current import enter

PER_ROUND = 10
RATE = 90.0
LONGEST_S = 240
CONTACTS = 700
OTHERS = 1_000_000  # their messages' numbers begin here


def measure(rounds: int) -> Iterator[Round]:
    """Send one's own message every fifth of a second, amid the others."""
    with enter("norte"), dom_scene(count(1)) as scene:
        requests = [
            request_of(form_of(OTHERS + n, customer=n % CONTACTS, body="Buenas tardes"))
            for n in range(CONTACTS + int(RATE * LONGEST_S))
        ]
        known, noise = requests[:CONTACTS], requests[CONTACTS:]
        others = Caller(scene.port)
        for request in known:  # whoever writes later has a conversation already, as nearly everybody has
            others.call(request)
        others.close()
        scene.to_agent()  # lines go in order: when this one is shown the others were read
        loop = OpenLoop(scene.port, noise, rate=RATE)
        time.sleep(5)
        everything: list[float] = []
        for number in range(rounds):
            ours = []
            for _ in range(PER_ROUND):
                ours.append(scene.to_agent())
                time.sleep(0.2)
            everything += ours
            sent = len(loop.seconds)
            note = (
                f"p50 {quantile_of(everything, 0.5) * 1000:.0f} ms, amid {sent} others." if number == rounds - 1 else ""
            )
            if sent >= len(noise):
                raise RuntimeError("the others ended before the measure did")
            yield Round(ours=ours, note=note)
        loop.stop()


BENCHMARK = Benchmark(
    name="inbox-dom-busy",
    kind="seconds",
    better="lower",
    goal=1.0,
    quantile=0.95,
    note="Webhook POST to the agent's DOM in Chromium while 90 webhooks a second come in from others, p95.",
    measure=measure,
)
