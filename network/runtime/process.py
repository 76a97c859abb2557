"""The network process: listener, planner, recorder, a wire thread per router in use, and the watchdog."""

from __future__ import annotations

import logging
import sys
import threading

from network.runtime.listener import Listener
from network.runtime.owners import new_owner
from network.runtime.planner import Planner
from network.runtime.recorder import Recorder

logger = logging.getLogger(__name__)
WATCH_S = 0.1
# With many wires busy each hand-over of the interpreter waits for those in line: short slices, short waits.
SWITCH_S = 0.001


class NetworkProcess:
    """Start it, stop it. Many may run at once: each router is leased by one of them."""

    def __init__(self) -> None:
        self.owner = new_owner()
        self._recorder = Recorder()
        self._planner = Planner(owner=self.owner, tell=self._recorder.tell)
        self._recorder.on_recorded = self._planner.recorded
        self._planner.on_sweep = self._recorder.tell_customers_of
        self._listener = Listener(owner=self.owner, planner=self._planner)
        self._stopped = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Start all threads."""
        sys.setswitchinterval(SWITCH_S)
        for thread in (self._recorder, self._planner, self._listener, self._watchdog):
            thread.start()
        logger.info("the network process %s is working", self.owner)

    def stop(self) -> None:
        """Finish the chunks in hand, write down what was done, give the leases back."""
        self._listener.stop()
        self._planner.stop()
        self._planner.join()
        self._recorder.stop()
        self._recorder.join()
        self._listener.join()
        self._stopped.set()
        self._watchdog.join()

    def is_alive(self) -> bool:
        """Whether every thread still runs."""
        return all(thread.is_alive() for thread in (self._recorder, self._planner, self._listener, self._watchdog))

    def _watch(self) -> None:
        """Close the sockets of wires that wait past their deadline, which then fail as they should have."""
        while not self._stopped.wait(WATCH_S):
            self._planner.turns.free_stalled()
            for line in self._planner.overdue_lines():
                logger.warning("the wire of router %s is overdue, closing its socket", line.target.router_id)
                line.break_off()
