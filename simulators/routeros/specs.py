"""What a menu is: its properties, defaults, kinds of values, what must be unique and what must exist elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .kinds import Kind

Row = dict[str, str]
# Computes a property at print from the row and time.monotonic(); None means that the row does not have it.
Live = Callable[[Row, float], str | None]


def columns(text: str) -> frozenset[str]:
    """Names written with blanks between."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Ref:
    """A property that names a row of another menu. `also` are other values it takes; `many` makes it a comma list."""

    path: str
    also: frozenset[str] = frozenset()
    many: bool = False
    negatable: bool = False

    def names(self, value: str) -> list[str]:
        """The names in a value that must exist."""
        parts = value.split(",") if self.many else [value]
        if self.negatable:
            parts = [part.removeprefix("!") for part in parts]
        return [part for part in parts if part not in self.also]


@dataclass(frozen=True)
class Spec:
    """A menu. Names with a leading underscore are the simulator's own and never printed."""

    path: str
    columns: frozenset[str]
    # Shown, never settable.
    read_only: frozenset[str] = frozenset()
    # Settable, never shown.
    hidden: frozenset[str] = frozenset()
    # Shown with the `sensitive` policy only.
    sensitive: frozenset[str] = frozenset()
    key: tuple[str, ...] = ()
    # What a console name refers to.
    name: str = "name"
    # Single columns looked up often; the key's own column is always quick.
    quick: frozenset[str] = frozenset()
    defaults: Mapping[str, str] = field(default_factory=dict)
    booleans: frozenset[str] = frozenset()
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    references: Mapping[str, Ref] = field(default_factory=dict)
    live: Mapping[str, Live] = field(default_factory=dict)
    clash: str = "failure: already have such entry"
    addable: bool = True
    settable: bool = True
    removable: bool = True
    # Whether rows the router made by itself can be taken off by hand.
    dynamic_removable: bool = False
    # Whether a row made by hand takes the place of one the router made.
    supersedes_dynamic: bool = False
    ordered: bool = False
    singleton: bool = False
    # Raises Trap when a row as a whole cannot be (called with the row as it would become).
    check: Callable[[Row], None] | None = None
    # Policies beyond read and write that this menu asks for.
    policy_to_write: str = "write"

    @property
    def known(self) -> frozenset[str]:
        """Every printable or settable name."""
        return self.columns | self.read_only | self.hidden
