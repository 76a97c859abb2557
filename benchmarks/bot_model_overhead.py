"""bot-model-overhead: what all calls of a model in one turn take when the model itself takes no time."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.base import Benchmark, Round
from benchmarks.bot_model_scene import ask, model_at_work
from chatbot.domain import talks

TURNS = 12


def measure(rounds: int) -> Iterator[Round]:
    """Ask what the rules cannot read: the model asks for a tool, is given its result, and answers."""
    talks.A_DAY = 10_000
    with model_at_work() as model:
        for number in range(rounds + 1):
            samples = []
            for _ in range(TURNS):
                model.call("balance")
                model.say_text("No debe nada, gracias por escribir.")
                turn = ask("oiga y eso de la lana que hay que soltar como va")
                if turn.rounds != 2:
                    raise RuntimeError(f"{turn.rounds} rounds")
                samples.append(turn.read_ms / 1000)
            if number:  # the first connects
                yield Round(ours=samples)


BENCHMARK = Benchmark(
    name="bot-model-overhead",
    kind="seconds",
    better="lower",
    goal=0.05,
    note="All model calls of a turn with one tool, two calls over HTTP to a simulated model that answers at once.",
    measure=measure,
    quantile=0.95,
)
