"""The planner: the thread that reads what is due, leases routers, hands work to their wires and answers their gates."""

from __future__ import annotations

import heapq
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import islice

import redis
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from network.domain.chores import trim_chores
from network.domain.desire import LANE, refresh_stale
from network.domain.planning import (
    LEASE,
    Due,
    drop_leases,
    due_restores,
    due_work,
    next_due,
    permitted,
    renew_leases,
    routers_due,
)
from network.domain.recording import trim_log
from network.drivers.registry import DRIVERS
from network.passes import Item, Report, Target, Work
from network.runtime.line import WRITE_S, Line
from network.runtime.owners import dead_owners, list_of
from network.runtime.turns import Turns
from tenants.current import enter
from tenants.models import Tenant
from tenants.redis import redis_client
from tenants.wakes import settle_wakes, settled_wakes

logger = logging.getLogger(__name__)

RENEW_S = 5.0
# The lease was taken a little before we come to say so.
LEASE_SLACK_S = 2.0
SWEEP_S = 60.0
# Without Redis nobody wakes us: look around ourselves.
SWEEP_DEAF_S = 2.0
GATE_S = 5.0
RETRY_S = 1.0
# So many routers are planned before whoever waits for an answer has it.
SLICE = 16
# How long a stop waits for the chunks in hand.
GRACE_S = 3.0
Key = tuple[str, int]


@dataclass(frozen=True)
class Woken:
    """A provider has work."""

    schema: str


@dataclass(frozen=True)
class Recorded:
    """A report is in the database."""

    report: Report


@dataclass(frozen=True)
class Asked:
    """Wires wait for permits."""


@dataclass(frozen=True)
class Permit:
    """A wire asks what it may still cut."""

    target: Target
    items: Sequence[Item]
    answer: Future[set[int]] = field(compare=False)


Message = Woken | Recorded | Asked


class Planner(threading.Thread):
    """Owns one database connection and all the lines."""

    def __init__(self, *, owner: str, tell: Callable[[Report], None]) -> None:
        super().__init__(name="planner", daemon=True)
        self._owner = owner
        self._tell = tell
        self._inbox: queue.Queue[Message | None] = queue.Queue()
        self._lines: dict[Key, Line] = {}
        self._in_hand: dict[Key, dict[int, int]] = {}
        self._errands_in_hand: dict[Key, set[int]] = {}
        self._woken: set[str] = set()
        self._woken_lock = threading.Lock()
        self._timers: list[tuple[float, str]] = []
        self._renewals: list[tuple[float, str]] = []
        self._to_sweep: deque[str] = deque()
        # Permits asked for and not answered; routers to be planned, in order, of a provider.
        self._permits: deque[Permit] = deque()
        self._slices: dict[str, dict[int, None]] = {}
        self._sweep_at = 0.0
        self.turns = Turns()
        self._stopping = False
        self.deaf = False
        self.on_sweep: Callable[[str], None] = lambda _schema: None

    # Called from other threads

    def wake(self, schema: str) -> None:
        """A provider may have work. Many wakes before its turn are one."""
        with self._woken_lock:
            if schema not in self._woken:
                self._woken.add(schema)
                self._inbox.put(Woken(schema))

    def recorded(self, report: Report) -> None:
        """What the report was about is no longer in hand."""
        self._inbox.put(Recorded(report))

    def gate(self, target: Target, items: Sequence[Item]) -> set[int]:
        """Return the ids that may be cut now; none when there is no answer in time: then nobody is cut."""
        permit = Permit(target, items, Future())
        self._permits.append(permit)
        self._inbox.put(Asked())
        try:
            return permit.answer.result(timeout=GATE_S)
        except TimeoutError:
            permit.answer.cancel()
            return set()

    def stop(self) -> None:
        """End after the message in hand."""
        self._stopping = True
        self._inbox.put(None)

    def overdue_lines(self) -> list[Line]:
        """Lines that wait for a router longer than they should."""
        now = time.monotonic()
        return [line for line in list(self._lines.values()) if (line.overdue_at or now) < now]

    # The thread

    def run(self) -> None:
        """Serve messages and the clock until stopped."""
        while not self._stopping:
            try:
                self._serve()
            except DatabaseError:
                logger.exception("the database failed; the rows are there when it is back")
                connections.close_all()
                time.sleep(RETRY_S)
            except Exception:
                logger.exception("the planner failed at one message")
        self._end()
        connections.close_all()

    def _serve(self) -> None:
        """One renewal if due, then one message, or else one chore: with many providers nobody waits for all."""
        self._renew_one()
        try:
            message = self._inbox.get_nowait()
        except queue.Empty:
            if self._chore():
                return
            message = self._wait()
        match message:
            case Woken(schema):
                with self._woken_lock:
                    self._woken.discard(schema)
                self._plan(schema)
            case Recorded(report):
                self._release(report)
            case Asked():
                self._answer_permits()

    def _wait(self) -> Message | None:
        due = [self._sweep_at, *(at for at, _ in (*self._timers[:1], *self._renewals[:1]))]
        try:
            return self._inbox.get(timeout=min(max(0.0, min(due) - time.monotonic()), SWEEP_DEAF_S))
        except queue.Empty:
            return None

    def _chore(self) -> bool:
        """Plan a provider whose time has come, or sweep one; return whether there was anything to do."""
        now = time.monotonic()
        if self._slices:
            self._plan_slice()
        elif self._timers and self._timers[0][0] <= now:
            self._plan(heapq.heappop(self._timers)[1])
        elif self._to_sweep:
            self._sweep(self._to_sweep.popleft())
        elif now >= self._sweep_at:
            self._sweep_at = now + (SWEEP_DEAF_S if self.deaf else SWEEP_S)
            ready = Tenant.objects.filter(status=Tenant.Status.READY).order_by("pk")
            self._to_sweep.extend(ready.values_list("schema_name", flat=True))
            # A connection keeps the catalog of every provider it has touched: it shall not live for ever.
            connections.close_all()
        else:
            return False
        return True

    def _plan(self, schema: str) -> None:
        try:
            with enter(schema) as tenant:
                if tenant.status == Tenant.Status.READY:
                    self._plan_tenant(schema)
        except Tenant.DoesNotExist:
            logger.warning("woken for %s, which does not exist", schema)

    def _plan_tenant(self, schema: str) -> None:
        now = timezone.now()
        answered = settled_wakes(LANE, now)
        self._take_up(schema, due_restores(now=now, owner=self._owner, leased=self._leased(schema)))
        in_hand = {router_id: items for (owner, router_id), items in self._in_hand.items() if owner == schema}
        waiting = self._slices.setdefault(schema, {})
        waiting.update(dict.fromkeys(routers_due(now=now, in_hand=in_hand)))
        if not waiting:
            del self._slices[schema]
        settle_wakes(answered)
        moment = next_due(now)
        if moment is not None:
            self._plan_later(schema, (moment - now).total_seconds())

    def _plan_slice(self) -> None:
        """Plan a few routers of the provider whose turn it is."""
        schema = next(iter(self._slices))
        waiting = self._slices.pop(schema)
        routers = list(islice(waiting, SLICE))
        for router_id in routers:
            del waiting[router_id]
        if waiting:
            self._slices[schema] = waiting
        try:
            with enter(schema):
                now = timezone.now()
                with transaction.atomic():
                    due = due_work(now=now, owner=self._owner, leased=self._leased(schema), routers=routers)
                self._take_up(schema, due)
                if schema not in self._slices and (moment := next_due(now)) is not None:
                    self._plan_later(schema, (moment - now).total_seconds())
        except Tenant.DoesNotExist:
            self._slices.pop(schema, None)

    def _take_up(self, schema: str, due: Due) -> None:
        for _router, work in due.works:
            self._hand_over(work)
        for owner in set(due.held_elsewhere):
            self._pass_on(schema, owner)
        if due.held_elsewhere:
            gone = set(due.held_elsewhere) & set(dead_owners())
            for owner in gone:
                drop_leases(owner=owner)
            self._plan_later(schema, RETRY_S if gone else LEASE.total_seconds() / 4)

    def _hand_over(self, work: Work) -> None:
        key = work.target.key
        line = self._lines.get(key)
        if line is None or not line.is_alive():
            line = Line(work.target, DRIVERS[work.target.kind], gate=self.gate, tell=self._tell, turns=self.turns)
            self._lines[key], self._in_hand[key], self._errands_in_hand[key] = line, {}, set()
            line.extend_lease(time.monotonic() + LEASE.total_seconds() - LEASE_SLACK_S)
            line.start()
            if not any(schema == key[0] for _at, schema in self._renewals):
                heapq.heappush(self._renewals, (time.monotonic() + RENEW_S, key[0]))
        in_hand = self._in_hand[key]
        fresh = replace(
            work,
            restores=tuple(item for item in work.restores if in_hand.get(item.access_id) != item.generation),
            routine=tuple(item for item in work.routine if in_hand.get(item.access_id) != item.generation),
        )
        in_hand.update({item.access_id: item.generation for item in (*fresh.restores, *fresh.routine)})
        errands = self._errands_in_hand[key]
        fresh = replace(fresh, errands=tuple(one for one in work.errands if one.chore_id not in errands))
        errands.update(one.chore_id for one in fresh.errands)
        if fresh.restores or fresh.routine or fresh.errands or fresh.observe or fresh.survey:
            line.submit(fresh)

    def _leased(self, schema: str) -> set[int]:
        """Routers whose lease is ours for long enough not to ask for it again."""
        return {
            router_id
            for (owner, router_id), line in self._lines.items()
            if owner == schema and line.is_alive() and line.lease_left() > WRITE_S + RENEW_S
        }

    def _pass_on(self, schema: str, owner: str) -> None:
        """Another process holds the router: it shall know."""
        try:
            redis_client().lpush(list_of(owner), schema)
            redis_client().expire(list_of(owner), 60)
        except redis.RedisError:
            logger.warning("could not pass a wake of %s on to %s", schema, owner)

    def _plan_later(self, schema: str, seconds: float) -> None:
        at = time.monotonic() + max(seconds, 0.05)
        if not any(when <= at for when, waiting in self._timers if waiting == schema):
            heapq.heappush(self._timers, (at, schema))

    def _release(self, report: Report) -> None:
        key = report.target.key
        in_hand = self._in_hand.get(key, {})
        for result in report.results:
            if in_hand.get(result.item.access_id) == result.item.generation:
                del in_hand[result.item.access_id]
        self._errands_in_hand.get(key, set()).difference_update(one.errand.chore_id for one in report.errands)
        if any(not result.done for result in report.results) or report.failure:
            self._plan_later(key[0], RETRY_S)

    def _answer_permits(self) -> None:
        """Answer all that wait, a provider at a time: few queries however many wires ask at once."""
        asked: dict[str, list[Permit]] = {}
        while self._permits:
            permit = self._permits.popleft()
            asked.setdefault(permit.target.schema, []).append(permit)
        for schema, permits in asked.items():
            allowed: dict[int, set[int]] = {}
            try:
                with enter(schema):
                    allowed = permitted(
                        asked={
                            permit.target.router_id: {item.access_id: item.generation for item in permit.items}
                            for permit in permits
                        },
                        owner=self._owner,
                        now=timezone.now(),
                    )
            finally:
                for permit in permits:
                    # Who gave up waiting has cancelled it.
                    if permit.answer.set_running_or_notify_cancel():
                        permit.answer.set_result(allowed.get(permit.target.router_id, set()))

    def _renew_one(self) -> None:
        """Renew the leases of the provider whose turn it is."""
        began = time.monotonic()
        if not self._renewals or self._renewals[0][0] > began:
            return
        _, schema = heapq.heappop(self._renewals)
        lines = {router_id: line for (owner, router_id), line in self._lines.items() if owner == schema}
        for router_id in [router_id for router_id, line in lines.items() if not line.is_alive()]:
            del lines[router_id], self._lines[schema, router_id], self._in_hand[schema, router_id]
            del self._errands_in_hand[schema, router_id]
            self._plan_later(schema, RETRY_S)
        if not lines:
            return
        heapq.heappush(self._renewals, (began + RENEW_S, schema))
        with enter(schema):
            held = renew_leases(router_ids=lines, owner=self._owner, now=timezone.now())
        for router_id, line in lines.items():
            if router_id in held:
                line.extend_lease(began + LEASE.total_seconds())
            else:
                line.stop()

    def _sweep(self, schema: str) -> None:
        """The safety net: whatever no wake told of."""
        now = timezone.now()
        with enter(schema):
            for owner in dead_owners():
                drop_leases(owner=owner)
            refresh_stale(now=now)
            trim_log(now=now)
            trim_chores(now=now)
        self.on_sweep(schema)
        self._plan(schema)

    def _end(self) -> None:
        for line in self._lines.values():
            line.stop()
        grace = time.monotonic() + GRACE_S
        for line in self._lines.values():
            line.join(timeout=max(0.0, grace - time.monotonic()))
            if line.is_alive():
                line.break_off()
                line.join(timeout=1)
        for schema in {schema for schema, _ in self._lines}:
            try:
                with enter(schema):
                    drop_leases(owner=self._owner)
            except DatabaseError:
                logger.warning("could not give back the leases of %s; they end by themselves", schema)
