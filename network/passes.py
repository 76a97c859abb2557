"""Plain data between the planner, the wires and the recorder: what to do on a router and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from network.drivers.base import Account, Address, Deed, DriverError, Exchange, Identity, Key, Survey, Wanted


@dataclass(frozen=True)
class Target:
    """A router of a provider, and how to reach it."""

    schema: str
    router_id: int
    kind: str
    address: Address

    @property
    def key(self) -> tuple[str, int]:
        """Names it among all providers."""
        return self.schema, self.router_id


@dataclass(frozen=True)
class Item:
    """An access to bring to a state."""

    access_id: int
    generation: int
    wanted: Wanted
    # Who asked for it, as they were then, for the log.
    cause: str = ""

    @property
    def key(self) -> Key:
        """Names the account on the router."""
        return self.wanted.key

    @property
    def on(self) -> bool:
        """Whether the customer is to be let through."""
        return self.wanted.on


@dataclass(frozen=True)
class Errand:
    """A deed to be done on a router, and the chore that asked for it."""

    chore_id: int
    deed: Deed
    cause: str = ""


@dataclass(frozen=True)
class ErrandResult:
    """What came of an errand. Not `done` and without an error: the router failed, it is tried again with it."""

    errand: Errand
    done: bool
    error: str = ""


@dataclass(frozen=True)
class Work:
    """What is due on one router: reconnections first, then the rest (cuts, speeds, removals), then errands.

    `observe`: read all of its accounts, too; `survey`: read all that matters on it, for a comparison.
    """

    target: Target
    restores: tuple[Item, ...] = ()
    routine: tuple[Item, ...] = ()
    observe: bool = False
    survey: bool = False
    errands: tuple[Errand, ...] = ()


@dataclass(frozen=True)
class Result:
    """What came of an item. `account` is what was read back (None: not on the router, or nothing was read)."""

    item: Item
    done: bool
    account: Account | None = None
    missing: bool = False
    was_off: bool = False
    skipped: bool = False
    error: str = ""
    permanent: bool = False


@dataclass(frozen=True)
class Report:
    """One pass over a router."""

    target: Target
    batch: UUID
    started_at: datetime
    results: tuple[Result, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    # When what is in `seen` was read.
    seen_at: datetime | None = None
    # Accounts seen by key; None for those that were looked for and are not there.
    seen: Mapping[Key, Account | None] = field(default_factory=dict)
    # Whether `seen` is the whole router.
    complete: bool = False
    identity: Identity | None = None
    survey: Survey | None = None
    failure: DriverError | None = None
    errands: tuple[ErrandResult, ...] = ()
