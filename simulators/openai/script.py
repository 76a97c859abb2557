"""What the stand-in was told to answer, and what may go wrong."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

FAULTS = (
    "error", "rate", "rate_long", "rate_bare", "quota", "slow", "json", "html", "empty", "refusal", "redirect", "cut",
    "length",
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A tool the model asks for. `arguments` is what stands in the JSON, which need not be JSON."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Said:
    """One answer: a text, tools asked for, or both."""

    text: str | None = None
    calls: tuple[Call, ...] = ()
    refusal: str | None = None


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `seconds` is how long a slow answer takes."""

    kind: str
    seconds: float = 0.0


class Script:
    """Answers in turn, of which the last one stays, and faults in turn, which pass."""

    def __init__(self) -> None:
        self._answers: deque[Said] = deque([Said('{"intent": "none", "confidence": 0.5}')])
        self._faults: deque[Fault | None] = deque()
        self._lock = Lock()

    def say(self, intent: str, confidence: float = 0.9) -> None:
        """Answer the next request with this intent."""
        self.say_text(json.dumps({"intent": intent, "confidence": confidence}))

    def say_proof(self, *, sure: float = 0.97, is_proof: bool = True, **values: str | None) -> None:
        """Answer the next picture with these values (amount, paid_on, bank, reference, payer), all as sure."""
        said: dict[str, object] = {"is_proof": is_proof}
        for name in ("amount", "paid_on", "bank", "reference", "payer"):
            said |= {name: values.get(name), f"{name}_sure": sure if values.get(name) else 0}
        self.say_text(json.dumps(said))

    def say_text(self, content: str) -> None:
        """Answer the next request with this content, whatever it is."""
        self._answers.append(Said(content))

    def call(self, *tools: str | tuple[str, Mapping[str, object] | str], text: str | None = None) -> None:
        """Ask for tools next, all at once: a name, or a name with arguments (a text is sent as it is).

        Said last, it is asked for again and again.
        """
        calls = []
        for tool in tools:
            name, arguments = (tool, {}) if isinstance(tool, str) else tool
            calls.append(Call(name, arguments if isinstance(arguments, str) else json.dumps(dict(arguments))))
        self._answers.append(Said(text, tuple(calls)))

    def fail(self, kind: str, *, times: int = 1, seconds: float = 0.0, after: int = 0) -> None:
        """Let requests go wrong: one of FAULTS, once `after` further ones were answered. Raises ValueError."""
        if kind not in FAULTS:
            raise ValueError(kind)
        self._faults.extend([None] * after + [Fault(kind, seconds)] * times)

    def next_fault(self) -> Fault | None:
        """Return what goes wrong with this request."""
        with self._lock:
            return self._faults.popleft() if self._faults else None

    def next_answer(self) -> Said:
        """Return what this request is answered."""
        with self._lock:
            if len(self._answers) > 1:
                self._answers.popleft()
            return self._answers[0]
