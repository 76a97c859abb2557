"""A menu under any order of changes: its indexes never lie, its ids never come back."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.routeros.queries import matches
from simulators.routeros.specs import Spec, columns
from simulators.routeros.tables import Table
from simulators.routeros.traps import Trap

SPEC = Spec(
    path="/x",
    key=("name",),
    quick=columns("list"),
    columns=columns("name list disabled comment"),
    defaults={"disabled": "false"},
    booleans=columns("disabled"),
    required=("name",),
    ordered=True,
)
NAMES, LISTS = st.sampled_from("abcd"), st.sampled_from(["", "L", "M"])
VALUES = st.fixed_dictionaries({}, optional={"name": NAMES, "list": LISTS, "disabled": st.sampled_from(["yes", "no"])})
STEPS = st.lists(st.tuples(st.sampled_from(["add", "change", "unset", "remove", "move"]), st.integers(0, 9), VALUES))


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_indexes_tell_what_a_walk_would(steps: list[tuple[str, int, dict[str, str]]]) -> None:
    table = Table(SPEC, exists=lambda _path, _name: True)
    given_ids: list[str] = []
    for verb, number, values in steps:
        rows = list(table)
        row = rows[number % len(rows)] if rows else None
        before = [dict(one) for one in table]
        try:
            if verb == "add":
                given_ids.append(table.add(values)[".id"])
            elif row is not None:
                _change(table, verb, row, values)
        except Trap:
            assert [dict(one) for one in table] == before, "a refused change changes nothing"
        _check(table)
    assert len(set(given_ids)) == len(given_ids)


def _change(table: Table, verb: str, row: dict[str, str], values: dict[str, str]) -> None:
    match verb:
        case "change":
            table.change(row, values)
        case "unset":
            table.unset(row, "list")
        case "remove":
            table.remove(row)
        case "move":
            table.move([row], next((one for one in table if one is not row), None))


def _check(table: Table) -> None:
    names = [row["name"] for row in table]
    assert len(set(names)) == len(names)
    for words in (["?name=a"], ["?list=L"], ["?list=L", "?disabled=yes"], ["?name=b", "?list=M"]):
        walked = [row for row in table if matches(row, words, SPEC.booleans)]
        found = table.select(words)
        assert sorted(row[".id"] for row in found) == sorted(row[".id"] for row in walked)
    for name in "abcd":
        with suppress(StopIteration):
            assert table.named(name) is next(row for row in table if row["name"] == name)
