from __future__ import annotations

import pytest

from simulators.routeros.queries import matches
from simulators.routeros.traps import Trap

ROW = {"name": "ether1", "mtu": "1500", "disabled": "false", "address": "10.0.0.20"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], True),
        (["?name"], True),
        (["?-name"], False),
        (["?-comment"], True),
        (["?name=ether1"], True),
        (["?=name=ether1"], True),
        (["?name=ether2"], False),
        (["?>mtu=200"], True),
        (["?<mtu=200"], False),
        (["?>address=10.0.0.3"], True),
        (["?disabled=no"], True),
        (["?name=ether1", "?mtu=9"], False),
        (["?name=ether2", "?name=ether1", "?#|"], True),
        (["?name=ether1", "?mtu=1500", "?#&"], True),
        (["?name=ether1", "?#!"], False),
        (["?name=ether2", "?mtu=1500", "?#&!"], True),
        (["?name=ether2", "?name=ether3", "?name=ether1", "?#||"], True),
        (["?name=ether2", "?mtu=1500", "?#1.", "?#!", "?#&&"], False),
    ],
)
def test_query_words(words: list[str], expected: bool) -> None:
    assert matches(ROW, words, frozenset({"disabled"})) is expected


def test_operators_without_operands_are_a_trap() -> None:
    with pytest.raises(Trap):
        matches(ROW, ["?name", "?#&"])
    with pytest.raises(Trap):
        matches(ROW, ["?#3."])
