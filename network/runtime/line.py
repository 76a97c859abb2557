"""A wire thread: everything that is said to one router, by one thread, with plain data.

Reconnections go first, also between the chunks of a mass cut. Nothing here knows the database: what may be written is
asked of a gate right before each chunk, and what was seen goes to a report.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar
from uuid import uuid4

from network.drivers.base import GONE, Account, Driver, DriverError, Exchange, Key, Session, Snapshot, Step, Wanted
from network.passes import Errand, ErrandResult, Item, Report, Result, Target, Work
from network.runtime.looks import Looks
from network.runtime.turns import Turns

logger = logging.getLogger(__name__)

CHUNK = 50  # sentences written together; between chunks a waiting reconnection goes first
TARGETED = 25  # more names than this are read with two bulk prints instead of two prints each
ROUNDS = 3
CONNECT_S, WRITE_S, READ_S, BULK_S, ERRAND_S = 8.0, 8.0, 8.0, 45.0, 15.0
# An idle connection may be dead without anyone knowing; the first call on it gets this long, then a new one is made.
PROBE_S, IDLE_S = 2.0, 20.0

T = TypeVar("T")
Gate = Callable[[Target, Sequence[Item]], "set[int]"]
Tell = Callable[[Report], None]


class LeaseLost(Exception):
    """Another process may be talking to this router by now: nothing more is written."""


class Line(threading.Thread):
    """The wire of one router. Submit work from any thread; it ends when stopped."""

    def __init__(self, target: Target, driver: Driver, *, gate: Gate, tell: Tell, turns: Turns) -> None:
        super().__init__(name=f"wire-{target.schema}-{target.router_id}", daemon=True)
        self.target = target
        self._driver = driver
        self._gate = gate
        self._tell = tell
        self._turns = turns
        # Whether it has asked for its turn with what is no reconnection, and whether it is its turn.
        self._has_asked = self._has_turn = False
        self._ready = threading.Condition()
        self._restores: deque[Item] = deque()
        self._routine: deque[Item] = deque()
        self._errands: deque[Errand] = deque()
        self._observe = False
        self._survey = False
        self._looks = Looks()
        self._newest: dict[int, int] = {}
        self._stopping = False
        self._next_target = target
        self._session: Session | None = None
        self._used_at = 0.0
        self._read_at: datetime | None = None
        self._exchanges: list[Exchange] = []
        self._lease_ends = 0.0
        self.overdue_at: float | None = None
        # Since when it waits for an answer of the router.
        self.waits_since: float | None = None

    # Called by the planner

    def submit(self, work: Work) -> None:
        """Take work. An item replaces an older generation of the same access that has not been written yet."""
        with self._ready:
            self._next_target = work.target
            for item in (*work.restores, *work.routine):
                self._newest[item.access_id] = max(item.generation, self._newest.get(item.access_id, 0))
            self._restores.extend(work.restores)
            self._routine.extend(work.routine)
            self._errands.extend(work.errands)
            self._observe = self._observe or work.observe
            self._survey = self._survey or work.survey
            self._ready.notify()

    def grant(self) -> None:
        """It is its turn with what is no reconnection."""
        with self._ready:
            self._has_turn = True
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
                    self._ready.wait(timeout=self._looks.next_in())
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
        self._end_turn()
        self._hang_up()

    def _has_work(self) -> bool:
        routine = self._routine and (self._has_turn or not self._has_asked)
        queued = self._restores or routine or self._errands
        return bool(queued or self._observe or self._survey or self._looks.is_due())

    def _end_turn(self) -> None:
        with self._ready:
            self._has_asked = self._has_turn = False
        self._turns.give_back(self)

    def _turn(self) -> None:
        if self._next_target.address != self.target.address:
            self.target = self._next_target
            self._hang_up()
        if self._serve_restores():
            return
        if self._routine and self._has_turn:
            try:
                self._pass(self._take(self._routine), urgent=False)
            finally:
                self._end_turn()
        elif self._routine and not self._has_asked:
            self._has_asked = True
            self._turns.ask(self)
        elif self._errands:
            self._run_errand(self._errands.popleft())
        elif self._observe:
            self._observe = False
            self._read_all()
        elif self._survey:
            self._survey = False
            self._survey_all()
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
        seen: Mapping[Key, Account | None] = {}
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
            self._looks.plan([result for result in results if result.done])

    def _converge(self, items: list[Item], *, urgent: bool) -> tuple[list[Result], Snapshot]:
        wanted = {item.key: item.wanted for item in items}
        snapshot = first = self._read(list(wanted.values()))
        errors: dict[Key, tuple[str, bool]] = {}
        skipped: set[int] = set()
        left: set[Key] = set()
        for round_ in range(ROUNDS + 1):
            open_items = [item for item in items if item.key not in errors and item.access_id not in skipped]
            steps = self._dial().steps(snapshot, [wanted[item.key] for item in open_items])
            left = {step.account for step in steps}
            if not steps or round_ == ROUNDS:
                break
            for chunk in _chunks(steps, CHUNK):
                skipped |= self._write(chunk, {item.key: item for item in open_items}, errors, urgent=urgent)
            # A kick is asked for once: the customer's equipment dials again at once.
            wanted = {key: replace(one, kick=False) if one.kick else one for key, one in wanted.items()}
            snapshot = self._read(list(wanted.values()))
        unfinished = left | set(errors)
        return [
            self._judge(item, first, snapshot, errors=errors, skipped=skipped, unfinished=unfinished) for item in items
        ], snapshot

    def _write(
        self, chunk: list[Step], items: dict[Key, Item], errors: dict[Key, tuple[str, bool]], *, urgent: bool
    ) -> set[int]:
        """Write a chunk, without what is not wanted any more; return the ids of those."""
        if not urgent:
            self._serve_restores()
            if self._stopping:
                return {items[step.account].access_id for step in chunk}
        concerned = {step.account: items[step.account] for step in chunk}
        current = [item for item in concerned.values() if self._is_current(item)]
        if not urgent:
            allowed = self._gate(self.target, current)
            current = [item for item in current if item.access_id in allowed]
        if self.lease_left() < WRITE_S + 1:
            raise LeaseLost
        keys = {item.key for item in current}
        steps = [step for step in chunk if step.account in keys]
        if steps:
            session = self._dial()
            for outcome in self._timed(lambda: session.perform(steps, deadline_s=WRITE_S), WRITE_S):
                if outcome.error:
                    errors[outcome.step.account] = (outcome.error, outcome.permanent)
        return {item.access_id for item in concerned.values() if item.key not in keys}

    def _judge(
        self,
        item: Item,
        first: Snapshot,
        last: Snapshot,
        *,
        errors: dict[Key, tuple[str, bool]],
        skipped: set[int],
        unfinished: set[Key],
    ) -> Result:
        before, account = first.accounts.get(item.key), last.accounts.get(item.key)
        was_off = before is not None and not before.enabled
        # What is left to do, sessions to be ended among it, the driver says: a cut by list or profile leaves them up.
        done = item.key not in unfinished
        if item.wanted.state != GONE:
            done = done and account is not None and account.enabled == item.on
        if done or item.access_id not in skipped:
            text, permanent = errors.get(item.key, ("", False))
            return Result(
                item,
                done=done,
                account=account,
                missing=account is None and not done,
                was_off=was_off,
                error="" if done else text,
                permanent=permanent,
            )
        return Result(item, done=False, account=account, skipped=True)

    # Reading

    def _read(self, wanted: Sequence[Wanted] | None) -> Snapshot:
        """Read some or all; a connection found dead is replaced once, at once."""
        if wanted is not None and len(wanted) > TARGETED:
            wanted = None
        limit = BULK_S if wanted is None else READ_S
        reused = self._session is not None
        if reused and time.monotonic() - self._used_at > IDLE_S:
            try:
                return self._read_idle(wanted, limit)
            except DriverError as error:
                self._hang_up()
                if error.permanent:
                    raise
                reused = False
        try:
            return self._observe_now(wanted, limit)
        except DriverError as error:
            self._hang_up()
            if not reused or error.permanent:
                raise
        return self._observe_now(wanted, limit)

    def _read_idle(self, wanted: Sequence[Wanted] | None, limit: float) -> Snapshot:
        if wanted is not None:
            return self._observe_now(wanted, PROBE_S)
        session = self._dial()
        self._timed(lambda: session.identify(deadline_s=PROBE_S), PROBE_S)
        return self._observe_now(None, limit)

    def _observe_now(self, wanted: Sequence[Wanted] | None, limit: float) -> Snapshot:
        session = self._dial()
        # What is read is true of the moment the question left, not of the one the answer was read.
        asked_at = datetime.now(UTC)
        snapshot = self._timed(lambda: session.observe(wanted, deadline_s=limit), limit)
        self._read_at = asked_at
        return snapshot

    def _read_all(self) -> None:
        def read(report: Report) -> Report:
            snapshot = self._read(None)
            session = self._dial()
            identity = self._timed(lambda: session.identify(deadline_s=READ_S), READ_S)
            return replace(report, seen_at=self._read_at, seen=snapshot.accounts, complete=True, identity=identity)

        self._tell_of(read)

    def _survey_all(self) -> None:
        def survey(report: Report) -> Report:
            session = self._dial()
            asked_at = datetime.now(UTC)
            found = self._timed(lambda: session.survey(deadline_s=BULK_S), BULK_S)
            return replace(report, seen_at=asked_at, survey=found)

        self._tell_of(survey)

    def _tell_of(self, reading: Callable[[Report], Report]) -> None:
        self._exchanges = []
        report = Report(self.target, uuid4(), datetime.now(UTC))
        try:
            report = reading(report)
        except DriverError as error:
            self._hang_up()
            report = replace(report, failure=error)
        self._tell(replace(report, exchanges=tuple(self._exchanges)))

    def _run_errand(self, errand: Errand) -> None:
        """One at a time: between two of them whoever waits is reconnected."""
        if self.lease_left() < ERRAND_S + 1:
            raise LeaseLost
        self._exchanges = []
        report = Report(self.target, uuid4(), datetime.now(UTC))
        try:
            session = self._dial()
            error = self._timed(lambda: session.do(errand.deed, deadline_s=ERRAND_S), ERRAND_S)
            result = ErrandResult(errand, done=not error, error=error)
        except DriverError as failure:
            self._hang_up()
            # What can never work ends here; what the router failed of is tried again with it.
            result = ErrandResult(errand, done=False, error=failure.message if failure.permanent else "")
            report = replace(report, failure=None if failure.permanent else failure)
        self._tell(replace(report, errands=(result,), exchanges=tuple(self._exchanges)))

    def _look_again(self) -> None:
        """See whether those reconnected are online."""
        due = self._looks.take_due()
        started_at = datetime.now(UTC)
        self._exchanges = []
        try:
            snapshot = self._read([wanted for wanted, _turn in due.values()])
        except DriverError:
            return  # the next reading of the whole router will tell
        seen = {key: snapshot.accounts.get(key) for key in due}
        self._tell(Report(self.target, uuid4(), started_at, seen_at=self._read_at, seen=seen))
        self._looks.look_again(due, seen)

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
        self.waits_since = time.monotonic()
        self.overdue_at = self.waits_since + deadline_s + 1
        try:
            return call()
        finally:
            self.overdue_at = self.waits_since = None
            self._used_at = time.monotonic()

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _seen(items: Sequence[Item], snapshot: Snapshot) -> Mapping[Key, Account | None]:
    if snapshot.complete:
        return snapshot.accounts
    return {item.key: snapshot.accounts.get(item.key) for item in items}


def _skipped(items: Sequence[Item]) -> list[Result]:
    return [Result(item, done=False, skipped=True) for item in items]


def _chunks(steps: Sequence[Step], size: int) -> Iterable[list[Step]]:
    remaining = iter(steps)
    while chunk := list(islice(remaining, size)):
        yield chunk
