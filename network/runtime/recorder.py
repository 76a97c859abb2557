"""The recorder: the thread that writes down what the wires report."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.utils import timezone

from network.domain.recording import record_pass
from network.domain.telling import tell_customers
from network.models import Router
from network.passes import Report
from tenants.current import enter
from tenants.models import Tenant

logger = logging.getLogger(__name__)
RETRY_S = 1.0
IDLE_S = 60.0
# Results recorded in one transaction: few, so that nobody waits long for its locks.
PART = 100
# Customers are told when all reports are written; what is left of that at the end is told by whoever starts next.
FIRST, THEN, LAST, TELL = 0, 1, 2, 3


class Recorder(threading.Thread):
    """Owns one database connection. A report waits while the database is away; nothing is written twice."""

    def __init__(self) -> None:
        super().__init__(name="recorder", daemon=True)
        self._inbox: queue.PriorityQueue[tuple[int, int, Report | str | None]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        # Providers in line to have their customers told.
        self._to_tell: set[str] = set()
        self._to_tell_lock = threading.Lock()
        self.on_recorded: Callable[[Report], None] = lambda _report: None

    def tell(self, report: Report) -> None:
        """Take a report from any thread."""
        for part in parts_of(report):
            first = any(result.item.on for result in part.results)
            self._inbox.put((FIRST if first else THEN, next(self._numbers), part))

    def tell_customers_of(self, schema: str) -> None:
        """Look whether customers of a provider wait to be told, when nothing else is to be written."""
        with self._to_tell_lock:
            if schema in self._to_tell:
                return
            self._to_tell.add(schema)
        self._inbox.put((TELL, next(self._numbers), schema))

    def stop(self) -> None:
        """End when what has been reported is written."""
        self._inbox.put((LAST, next(self._numbers), None))

    def run(self) -> None:
        """Write until stopped."""
        while (what := self._next()) is not None:
            if isinstance(what, str):
                self._tell_some(what)
                continue
            try:
                self._record(what)
            except Exception:
                # The accesses stay pending and are read again; one bad report must not stop the others.
                logger.exception("a report of router %s could not be written", what.target.router_id)
            self.on_recorded(what)
            if any(result.done for result in what.results):
                self.tell_customers_of(what.target.schema)
        connections.close_all()

    def _next(self) -> Report | str | None:
        try:
            return self._inbox.get(timeout=IDLE_S)[2]
        except queue.Empty:
            # A connection keeps the catalog of every provider it has touched: it shall not live for ever.
            connections.close_all()
            return self._inbox.get()[2]

    def _tell_some(self, schema: str) -> None:
        """Tell a few customers of a provider; the others of it wait for its next turn."""
        with self._to_tell_lock:
            self._to_tell.discard(schema)
        try:
            with enter(schema):
                if tell_customers(now=timezone.now()):
                    self.tell_customers_of(schema)
        except Tenant.DoesNotExist:
            return
        except DatabaseError:
            # They stay to be told; the next sweep asks again.
            logger.exception("customers of %s could not be told", schema)
            connections.close_all()

    def _record(self, report: Report) -> None:
        while True:
            try:
                with enter(report.target.schema):
                    record_pass(report, now=timezone.now())
            except (OperationalError, InterfaceError):
                logger.exception("the database is away; a report of router %s waits", report.target.router_id)
                connections.close_all()
                time.sleep(RETRY_S)
            except (Router.DoesNotExist, Tenant.DoesNotExist):
                return
            except DatabaseError:
                connections.close_all()
                raise
            else:
                return


def parts_of(report: Report) -> Iterator[Report]:
    """Yield a large report in parts of PART results, each with what was said of them, then what else was seen."""
    if len(report.results) <= PART or report.failure is not None:
        yield report
        return
    for start in range(0, len(report.results), PART):
        results = report.results[start : start + PART]
        keys = {result.item.key for result in results}
        yield replace(
            report,
            results=results,
            exchanges=tuple(e for e in report.exchanges if e.account in keys or (start == 0 and e.account is None)),
            seen={key: report.seen.get(key) for key in keys if report.complete or key in report.seen},
            complete=False,
        )
    yield replace(report, results=(), exchanges=())
