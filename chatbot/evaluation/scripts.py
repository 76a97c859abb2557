"""Scripted conversations: what a customer says, and what must come of each. YAML; pure, without a database.

    - name: balance, then a person
      given: {owes: "600"}                # see `stage.py`; without it Ana, who owes nothing
      steps:
        - says: cuanto debo
          expects_intent: balance
          expects_tool: balance           # one of those the turn used, by the model's name of it or our own
          expects_state: bot              # bot, person, or what the bot waits for: receipt_photo, promise, form:move
          expects_text: "$600.00"         # one text or several, without minding case or accents
          must_not_say: [reconectar]

A file is a list of these, or a mapping with `conversations`. `expects tool`, `expects: {tool: …}`, `turns` for `steps`
and `must not say` are read alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from customers.text import fold

BOT, PERSON = "bot", "person"


class BadScript(ValueError):
    """A file that holds no scripted conversations; says where and why."""


@dataclass(frozen=True)
class Step:
    """One message and what must come of it; empty expectations are not looked at. `model`: what a stand-in answers."""

    says: str
    intent: str = ""
    tool: str = ""
    state: str = ""
    texts: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    model: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Script:
    """One conversation and the account it starts from."""

    name: str
    steps: tuple[Step, ...]
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """What came of one message: what was said, taken for, used, and who has the conversation after it."""

    said: str
    intent: str = ""
    tools: frozenset[str] = frozenset()
    waiting_for: str = ""
    by_person: bool = False
    engine: str = ""
    input_tokens: int = 0
    milliseconds: float = 0.0

    @property
    def state(self) -> str:
        """Return who has the conversation, or what the bot waits for."""
        return PERSON if self.by_person else self.waiting_for or BOT


def read_scripts(path: Path) -> list[Script]:
    """Read a file. Raises BadScript with the file and the place, OSError."""
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadScript(f"{path.name}: not YAML: {error}") from error
    rows = list(_rows(documents))
    if not rows:
        raise BadScript(f"{path.name}: no conversation in it")
    return [_script(row, f"{path.name}: conversation {number}") for number, row in enumerate(rows, start=1)]


def _rows(found: Any) -> Iterator[Any]:
    if isinstance(found, list):
        for one in found:
            yield from _rows(one)
    elif isinstance(found, dict) and isinstance(found.get("conversations"), list):
        yield from found["conversations"]
    elif found is not None:
        yield found


def _plain(row: Any, place: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise BadScript(f"{place}: a mapping is wanted")
    return {str(key).strip().lower().replace(" ", "_").replace("-", "_"): value for key, value in row.items()}


def _script(row: Any, place: str) -> Script:
    known = _plain(row, place)
    steps = next((known[name] for name in ("steps", "turns", "conversation", "messages") if name in known), None)
    if not isinstance(steps, list) or not steps:
        raise BadScript(f"{place}: `steps` are wanted")
    given = _plain(known.get("given") or {}, place)
    done = tuple(_step(step, f"{place}, step {number}") for number, step in enumerate(steps, start=1))
    return Script(str(known.get("name") or place), done, given)


def _step(row: Any, place: str) -> Step:
    known = _plain(row, place)
    nested = known.get("expects")
    if isinstance(nested, dict):
        known |= {f"expects_{name}": value for name, value in _plain(nested, place).items()}
    says = next((known[name] for name in ("says", "say", "user", "text") if name in known), None)
    if not isinstance(says, str) or not says.strip():
        raise BadScript(f"{place}: `says` is wanted")
    unknown = set(known) - {
        "says", "say", "user", "text", "expects", "expects_intent", "expects_tool", "expects_state", "expects_text",
        "expects_said", "must_not_say", "expects_must_not_say", "model",
    }  # fmt: skip
    if unknown:
        raise BadScript(f"{place}: unknown {', '.join(sorted(unknown))}")
    return Step(
        says=says,
        intent=str(known.get("expects_intent") or ""),
        tool=str(known.get("expects_tool") or ""),
        state=str(known.get("expects_state") or ""),
        texts=_texts(known.get("expects_text") or known.get("expects_said")),
        never=_texts(known.get("must_not_say") or known.get("expects_must_not_say")),
        model=tuple(known.get("model") or ()),
    )


def _texts(found: Any) -> tuple[str, ...]:
    if found is None:
        return ()
    return tuple(str(one) for one in found) if isinstance(found, list) else (str(found),)


def faults_of(step: Step, heard: Heard) -> list[str]:
    """Return what is not as it must be, as lines to read; none when all is."""
    found = []
    if step.intent and step.intent != heard.intent:
        found.append(f"intent {heard.intent or '-'}, expected {step.intent}")
    if step.tool and step.tool not in heard.tools:
        found.append(f"tools {', '.join(sorted(heard.tools)) or '-'}, expected {step.tool}")
    if step.state and not _stands(step.state, heard):
        found.append(f"state {heard.state}, expected {step.state}")
    said = fold(heard.said)
    found += [f"did not say {text!r}" for text in step.texts if fold(text) not in said]
    found += [f"said {text!r}" for text in step.never if fold(text) in said]
    return found


def _stands(wanted: str, heard: Heard) -> bool:
    if wanted == BOT:
        return not heard.by_person
    return wanted in {heard.state, heard.state.partition(":")[0]}
