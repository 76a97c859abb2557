"""Turns: never more than there are, in the order asked for, and none lost to a router that hangs."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from network.runtime.turns import STALLED_S, Turns


class Wire:
    """A wire that only counts its turns."""

    def __init__(self) -> None:
        self.waits_since: float | None = None
        self.turns = 0

    def grant(self) -> None:
        self.turns += 1


def test_first_come_first_served_and_a_stalled_one_gives_way() -> None:
    turns, (hung, quick, last) = Turns(2), (Wire(), Wire(), Wire())
    for wire in (hung, quick, last):
        turns.ask(wire)
    assert [wire.turns for wire in (hung, quick, last)] == [1, 1, 0]
    turns.free_stalled()
    assert last.turns == 0, "nobody waits for a router yet"
    hung.waits_since = time.monotonic() - STALLED_S - 1
    turns.free_stalled()
    assert last.turns == 1
    turns.give_back(hung)
    late = Wire()
    turns.ask(late)
    assert late.turns == 0, "the turn of the hung one was given away once"
    turns.give_back(quick)
    assert late.turns == 1


@given(st.lists(st.tuples(st.sampled_from(["ask", "end", "stall"]), st.integers(0, 5)), max_size=60), st.integers(1, 3))
def test_never_more_than_there_are_and_nobody_is_forgotten(acts: list[tuple[str, int]], size: int) -> None:
    turns, wires = Turns(size), [Wire() for _ in range(6)]
    asked = [0] * 6

    working: set[int] = set()
    for act, number in acts:
        wire = wires[number]
        if act == "ask" and number not in working:
            working.add(number)
            asked[number] += 1
            wire.waits_since = None
            turns.ask(wire)
        elif act == "end" and number in working:
            working.discard(number)
            asked[number] = wire.turns
            wire.waits_since = None
            turns.give_back(wire)
        elif act == "stall" and number in working:
            wire.waits_since = time.monotonic() - STALLED_S - 1
            turns.free_stalled()
        holding = [n for n in working if wires[n].turns == asked[n] and wires[n].waits_since is None]
        assert len(holding) <= size
    for number in sorted(working):
        turns.give_back(wires[number])
    for wire in wires:
        before = wire.turns
        turns.ask(wire)
        assert wire.turns == before + 1, "all turns are free again"
        turns.give_back(wire)
