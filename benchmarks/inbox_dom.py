"""inbox-dom: from a webhook's POST to its words in an agent's DOM, beside INSERT, publish and an echo of the stream."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

from benchmarks.base import Benchmark, Round, quantile_of
from benchmarks.dom_scene import dom_scene
from tenants.current import enter

PER_ROUND = 20
PAUSE_S = 0.05
P95_GOAL_MS = 300


def measure(rounds: int) -> Iterator[Round]:
    """Take turns between the agent's page and the floor's."""
    everything: list[float] = []
    with enter("norte"), dom_scene(count(1)) as scene:
        for _ in range(5):  # the first ones open connections and load templates
            scene.to_agent()
            scene.to_floor()
        for number in range(rounds):
            ours, least = [], []
            for _ in range(PER_ROUND):
                ours.append(scene.to_agent())
                time.sleep(PAUSE_S)
                least.append(scene.to_floor())
                time.sleep(PAUSE_S)
            everything += ours
            note = ""
            if number == rounds - 1:
                p50, p95 = (quantile_of(everything, share) * 1000 for share in (0.5, 0.95))
                note = f"p50 {p50:.0f} ms; p95 {p95:.0f} ms (goal {P95_GOAL_MS}): "
                note += "met." if p95 <= P95_GOAL_MS else "NOT met."
            yield Round(ours=ours, floor=least, note=note)


BENCHMARK = Benchmark(
    name="inbox-dom",
    kind="ratio",
    better="lower",
    goal=3.0,
    note="Webhook POST to the agent's DOM in Chromium, idle, over INSERT + publish + SSE echo in the same browser.",
    measure=measure,
)
