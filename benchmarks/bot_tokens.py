"""bot-tokens: what a question for the balance costs in input tokens, with ten messages before it."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.base import Benchmark, Round
from benchmarks.bot_model_scene import ask, model_at_work

EARLIER = 5  # questions with their answers


def measure(rounds: int) -> Iterator[Round]:
    """Fill the history once; each round asks for the balance, all calls of the turn counted."""
    with model_at_work() as model:
        for number in range(EARLIER):
            model.say_text("Con mucho gusto le ayudo con eso, dígame por favor qué necesita saber el día de hoy.")
            ask(f"buenas tardes, tengo una duda sobre lo del servicio de mi casa, es la numero {number}")
        model.say_text("No debe nada: está al corriente. Si necesita algo más, con gusto le ayudo por aquí mismo.")
        for _ in range(rounds):
            turn = ask("hola, me puede decir cuanto debo por favor")
            yield Round(ours=[turn.input_tokens], note=f"{turn.rounds} call(s)")


BENCHMARK = Benchmark(
    name="bot-tokens",
    kind="count",
    better="lower",
    goal=900,
    note="Input tokens of a turn that asks for the balance, ten messages of history; a token is 3.5 characters.",
    measure=measure,
    quantile=1.0,
)
