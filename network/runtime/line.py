"""A wire thread: everything that is said to one router, by one thread, with plain data.

Reconnections go first, also between the chunks of a mass cut. Nothing here knows the database: what may be written is
asked of a gate right before each chunk, and what was seen goes to a report.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar
from uuid import uuid4

from network.drivers.base import Account, Driver, DriverError, Exchange, Session, Snapshot, Step
from network.passes import Item, Report, Result, Target, Work

logger = logging.getLogger(__name__)

CHUNK = 50  # sentences written together; between chunks a waiting reconnection goes first
TARGETED = 25  # more names than this are read with two bulk prints instead of two prints each
ROUNDS = 3
CONNECT_S, WRITE_S, READ_S, BULK_S = 8.0, 8.0, 8.0, 45.0
# An idle connection may be dead without anyone knowing; the first call on it gets this long, then a new one is made.
PROBE_S, IDLE_S = 2.0, 20.0
# After a reconnection the customer's equipment dials by itself: look when it may have.
LOOK_AGAIN_S = (1.0, 3.0, 8.0, 20.0)

T = TypeVar("T")
Gate = Callable[[Target, Sequence[Item]], "set[int]"]
Tell = Callable[[Report], None]


class LeaseLost(Exception):
    """Another process may be talking to this router by now: nothing more is written."""


class Line(threading.Thread):
    """The wire of one router. Submit work from any thread; it ends when stopped."""

    def __init__(self, target: Target, driver: Driver, *, gate: Gate, tell: Tell) -> None:
        super().__init__(name=f"wire-{target.schema}-{target.router_id}", daemon=True)
        self.target = target
        self._driver = driver
        self._gate = gate
        self._tell = tell
        self._ready = threading.Condition()
        self._restores: deque[Item] = deque()
        self._cuts: deque[Item] = deque()
        self._observe = False
        self._looks: list[tuple[float, str, int]] = []
        self._newest: dict[int, int] = {}
        self._stopping = False
        self._next_target = target
        self._session: Session | None = None
        self._used_at = 0.0
        self._read_at: datetime | None = None
        self._exchanges: list[Exchange] = []
        self._lease_ends = 0.0
        self.overdue_at: float | None = None

    # Called by the planner

    def submit(self, work: Work) -> None:
        """Take work. An item replaces an older generation of the same access that has not been written yet."""
        with self._ready:
            self._next_target = work.target
            for item in (*work.restores, *work.cuts):
                self._newest[item.access_id] = max(item.generation, self._newest.get(item.access_id, 0))
            self._restores.extend(work.restores)
            self._cuts.extend(work.cuts)
            self._observe = self._observe or work.observe
            self._ready.notify()

    def extend_lease(self, ends: float) -> None:
        """The lease is ours until `ends` (monotonic)."""
        self._lease_ends = ends

    def lease_left(self) -> float:
        """Seconds the lease still holds."""
        return self._lease_ends - time.monotonic()

    def stop(self) -> None:
        """Finish the chunk in hand, then end."""
        with self._ready:
            self._stopping = True
            self._ready.notify()

    def break_off(self) -> None:
        """Close the socket under a call that has passed its deadline."""
        session = self._session
        if session is not None:
            session.abort()

    # The thread

    def run(self) -> None:
        """Work until stopped."""
        while True:
            with self._ready:
                while not (self._stopping or self._has_work()):
                    self._ready.wait(timeout=self._next_look())
                if self._stopping:
                    break
            try:
                self._turn()
            except LeaseLost:
                logger.warning("lost the lease of router %s", self.target.router_id)
                break
            except Exception:
                logger.exception("the wire of router %s failed", self.target.router_id)
                self._hang_up()
                time.sleep(1)
        self._hang_up()

    def _has_work(self) -> bool:
        return bool(self._restores or self._cuts or self._observe or self._looks_due())

    def _turn(self) -> None:
        if self._next_target.address != self.target.address:
            self.target = self._next_target
            self._hang_up()
        if self._serve_restores():
            return
        if self._cuts:
            self._pass(self._take(self._cuts), urgent=False)
        elif self._observe:
            self._observe = False
            self._read_all()
        else:
            self._look_again()

    def _serve_restores(self) -> bool:
        """Reconnect whoever waits; return whether anyone did."""
        items = self._take(self._restores)
        if items:
            self._pass(items, urgent=True)
        return bool(items)

    def _take(self, queue: deque[Item]) -> list[Item]:
        with self._ready:
            items = list({item.access_id: item for item in queue}.values())
            queue.clear()
        return items

    def _is_current(self, item: Item) -> bool:
        return self._newest.get(item.access_id, item.generation) == item.generation

    # A pass: read, write the differences, read back

    def _pass(self, items: list[Item], *, urgent: bool) -> None:
        started_at, batch, outer = datetime.now(UTC), uuid4(), self._exchanges
        self._exchanges = []
        results: list[Result] = []
        seen: dict[str, Account | None] = {}
        failure: DriverError | None = None
        complete = False
        try:
            results, snapshot = self._converge(items, urgent=urgent)
            complete = snapshot.complete
            seen = _seen(items, snapshot)
        except DriverError as error:
            failure = error
            self._hang_up()
            results = [Result(item, done=False) for item in items]
        finally:
            mine, self._exchanges = tuple(self._exchanges), outer
            report = Report(self.target, batch, started_at, tuple(results or _skipped(items)), mine)
            self._tell(replace(report, seen_at=self._read_at, seen=seen, complete=complete, failure=failure))
        if urgent:
            self._plan_looks([result for result in results if result.done])

    def _converge(self, items: list[Item], *, urgent: bool) -> tuple[list[Result], Snapshot]:
        names = [item.username for item in items]
        snapshot = first = self._read(names)
        errors: dict[str, tuple[str, bool]] = {}
        skipped: set[int] = set()
        for _round in range(ROUNDS):
            open_items = [item for item in items if item.username not in errors and item.access_id not in skipped]
            steps = self._dial().steps(snapshot, {item.username: item.on for item in open_items})
            if not steps:
                break
            for chunk in _chunks(steps, CHUNK):
                skipped |= self._write(chunk, {item.username: item for item in open_items}, errors, urgent=urgent)
            snapshot = self._read(names)
        results = [self._judge(item, first, snapshot, errors.get(item.username), skipped) for item in items]
        return results, snapshot

    def _write(
        self, chunk: list[Step], items: dict[str, Item], errors: dict[str, tuple[str, bool]], *, urgent: bool
    ) -> set[int]:
        """Write a chunk, without what is not wanted any more; return the ids of those."""
        if not urgent:
            self._serve_restores()
            if self._stopping:
                return {items[step.account].access_id for step in chunk}
        concerned = {step.account: items[step.account] for step in chunk}
        wanted = [item for item in concerned.values() if self._is_current(item)]
        if not urgent:
            allowed = self._gate(self.target, wanted)
            wanted = [item for item in wanted if item.access_id in allowed]
        if self.lease_left() < WRITE_S + 1:
            raise LeaseLost
        names = {item.username for item in wanted}
        steps = [step for step in chunk if step.account in names]
        if steps:
            session = self._dial()
            for outcome in self._timed(lambda: session.perform(steps, deadline_s=WRITE_S), WRITE_S):
                if outcome.error:
                    errors[outcome.step.account] = (outcome.error, outcome.permanent)
        return {item.access_id for item in concerned.values() if item.username not in names}

    def _judge(
        self, item: Item, first: Snapshot, last: Snapshot, error: tuple[str, bool] | None, skipped: set[int]
    ) -> Result:
        before, account = first.accounts.get(item.username), last.accounts.get(item.username)
        was_off = before is not None and not before.enabled
        done = account is not None and account.enabled == item.on and (item.on or not account.lives)
        if done or item.access_id not in skipped:
            text, permanent = error or ("", False)
            return Result(
                item,
                done=done,
                account=account,
                missing=account is None,
                was_off=was_off,
                error="" if done else text,
                permanent=permanent,
            )
        return Result(item, done=False, account=account, skipped=True)

    # Reading

    def _read(self, names: Sequence[str] | None) -> Snapshot:
        """Read some or all; a connection found dead is replaced once, at once."""
        if names is not None and len(names) > TARGETED:
            names = None
        limit = BULK_S if names is None else READ_S
        reused = self._session is not None
        if reused and time.monotonic() - self._used_at > IDLE_S:
            try:
                return self._read_idle(names, limit)
            except DriverError as error:
                self._hang_up()
                if error.permanent:
                    raise
                reused = False
        try:
            return self._observe_now(names, limit)
        except DriverError as error:
            self._hang_up()
            if not reused or error.permanent:
                raise
        return self._observe_now(names, limit)

    def _read_idle(self, names: Sequence[str] | None, limit: float) -> Snapshot:
        if names is not None:
            return self._observe_now(names, PROBE_S)
        session = self._dial()
        self._timed(lambda: session.identify(deadline_s=PROBE_S), PROBE_S)
        return self._observe_now(None, limit)

    def _observe_now(self, names: Sequence[str] | None, limit: float) -> Snapshot:
        session = self._dial()
        # What is read is true of the moment the question left, not of the one the answer was read.
        asked_at = datetime.now(UTC)
        snapshot = self._timed(lambda: session.observe(names, deadline_s=limit), limit)
        self._read_at = asked_at
        return snapshot

    def _read_all(self) -> None:
        started_at = datetime.now(UTC)
        self._exchanges = []
        report = Report(self.target, uuid4(), started_at)
        try:
            snapshot = self._read(None)
            session = self._dial()
            identity = self._timed(lambda: session.identify(deadline_s=READ_S), READ_S)
            report = replace(
                report, seen_at=self._read_at, seen=dict(snapshot.accounts), complete=True, identity=identity
            )
        except DriverError as error:
            self._hang_up()
            report = replace(report, failure=error)
        self._tell(replace(report, exchanges=tuple(self._exchanges)))

    # Looking whether those reconnected are online

    def _plan_looks(self, results: Iterable[Result]) -> None:
        now = time.monotonic()
        for result in results:
            if result.account is not None and not result.account.lives:
                heapq.heappush(self._looks, (now + LOOK_AGAIN_S[0], result.item.username, 0))

    def _looks_due(self) -> bool:
        return bool(self._looks) and self._looks[0][0] <= time.monotonic()

    def _next_look(self) -> float | None:
        return max(0.0, self._looks[0][0] - time.monotonic()) if self._looks else None

    def _look_again(self) -> None:
        due: dict[str, int] = {}
        while self._looks_due():
            _, name, turn = heapq.heappop(self._looks)
            due[name] = turn
        started_at = datetime.now(UTC)
        self._exchanges = []
        try:
            snapshot = self._read(list(due))
        except DriverError:
            return  # the next reading of the whole router will tell
        seen = {name: snapshot.accounts.get(name) for name in due}
        self._tell(Report(self.target, uuid4(), started_at, seen_at=self._read_at, seen=seen))
        for name, turn in due.items():
            account = seen[name]
            if account is not None and not account.lives and turn + 1 < len(LOOK_AGAIN_S):
                heapq.heappush(self._looks, (time.monotonic() + LOOK_AGAIN_S[turn + 1], name, turn + 1))

    # The connection

    def _dial(self) -> Session:
        if self._session is None:
            address = self.target.address
            self._session = self._timed(
                lambda: self._driver.open(address, deadline_s=CONNECT_S, listener=self._exchanges_append), CONNECT_S
            )
        return self._session

    def _exchanges_append(self, exchange: Exchange) -> None:
        self._exchanges.append(exchange)

    def _timed(self, call: Callable[[], T], deadline_s: float) -> T:
        self.overdue_at = time.monotonic() + deadline_s + 1
        try:
            return call()
        finally:
            self.overdue_at = None
            self._used_at = time.monotonic()

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _seen(items: Sequence[Item], snapshot: Snapshot) -> dict[str, Account | None]:
    if snapshot.complete:
        return dict(snapshot.accounts)
    return {item.username: snapshot.accounts.get(item.username) for item in items}


def _skipped(items: Sequence[Item]) -> list[Result]:
    return [Result(item, done=False, skipped=True) for item in items]


def _chunks(steps: Sequence[Step], size: int) -> Iterable[list[Step]]:
    remaining = iter(steps)
    while chunk := list(islice(remaining, size)):
        yield chunk
