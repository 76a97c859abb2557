"""What can be wrong with a router, switchable while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

ACTIONS = {
    "hang": "never answer this command",
    "slow": "answer it `delay_ms` later than the others",
    "reset": "apply it, then reset the connection",
    "reset_before": "reset the connection without applying it",
    "fatal": "`!fatal` with `message`, and close",
    "trap": "answer `message` without applying it",
    "trap_bare": "a trap without a message",
    "stall": "half of the rows, then nothing more of this answer",
    "truncate": "half of the rows and half of a word, then the connection ends",
    "short": "half of the rows as if they were all",
    "fatal_midway": "half of the rows, then `!fatal` with `message`, and close",
}


@dataclass
class Rule:
    """Do something to commands whose path starts with `match`: skip the first `after`, act `times` times (None: ever).

    The actions are those of ACTIONS.
    """

    match: str
    action: str
    message: str = "failure"
    after: int = 0
    times: int | None = 1
    delay_ms: float = 0.0

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"unknown action {self.action!r}: one of {', '.join(ACTIONS)}")

    def hits(self, command: str) -> bool:
        """Whether this command is the one; counts as it goes."""
        if not command.startswith(self.match) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Faults:
    """Standing faults (times in milliseconds) and rules for single commands.

    latency_ms: each sentence is obeyed so long after its arrival, all of them side by side. trickle_ms: between two
    bytes of an answer. hang: reads and answers nothing. half_open: the same, and new connections are taken by the
    kernel alone. refuse: nothing listens. kick_delay_ms: a kicked PPP session lingers. latin1: text as an old WinBox
    stored it. reject_logins: every password is wrong.
    """

    latency_ms: float = 0.0
    trickle_ms: float = 0.0
    kick_delay_ms: float = 0.0
    hang: bool = False
    half_open: bool = False
    refuse: bool = False
    reject_logins: bool = False
    latin1: bool = False
    rules: list[Rule] = field(default_factory=list)

    def update(self, changes: dict[str, Any]) -> None:
        """Change standing faults by name; raises ValueError on an unknown one."""
        known = {item.name for item in fields(self)} - {"rules"}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown fault {name!r}: one of {', '.join(sorted(known))}")
            setattr(self, name, value)

    def clear(self) -> None:
        """Back to health; rules are dropped too."""
        healthy = Faults()
        for item in fields(self):
            setattr(self, item.name, getattr(healthy, item.name))

    def action_for(self, command: str) -> Rule | None:
        """The rule that this command meets, if any."""
        return next((rule for rule in self.rules if rule.hits(command)), None) if self.rules else None

    def as_dict(self) -> dict[str, Any]:
        """For the control port."""
        return asdict(self)
