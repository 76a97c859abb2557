"""Run children, write their output to files, start again what falls, and stop all of it quickly."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.launch.children import CannotStart, die_with_parent
from config.launch.embedded_postgres import EmbeddedPostgres
from config.launch.embedded_redis import EmbeddedRedis
from config.launch.places import ROOT

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
# A child that ran so long was well: its next fall is a new one.
_SETTLED = 30.0
_PATIENCE = 6.0
_KEEP_LOG_BYTES = 5_000_000


@dataclass
class Child:
    """One process to keep running. `arguments` follow `python -m`."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = _FIRST_WAIT
    again_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it; its output is appended to its file."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _KEEP_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- this process has one thread
                # Ctrl+C reaches the supervisor only, which stops the children in order.
                process_group=0,
            )
        self.started = time.monotonic()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and what it started itself."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                self.process.poll()


class Supervisor:
    """Keeps children and embedded servers running until told to stop."""

    def __init__(
        self, children: list[Child], servers: list[EmbeddedPostgres | EmbeddedRedis], say: Callable[[str], None]
    ) -> None:
        self.children = children
        self.servers = servers
        self._say = say
        self._asked_to_stop = False

    def heed_signals(self) -> None:
        """From now on Ctrl+C and SIGTERM ask for an orderly stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_soon)

    @property
    def asked_to_stop(self) -> bool:
        """Whether a signal came."""
        return self._asked_to_stop

    def start(self) -> None:
        """Start every child."""
        for child in self.children:
            child.start()

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep everything running until a signal comes or `until` holds."""
        while not self._asked_to_stop and not until():
            self.look_after()
            time.sleep(0.2)

    def look_after(self) -> None:
        """Start again what has fallen, waiting longer each time it falls soon after."""
        for server in self.servers:
            if not server.alive:
                self._revive(server)
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.again_at:
                    child.start()
            elif (code := child.process.poll()) is not None:
                child.signal(signal.SIGKILL)  # what it started itself, still holding its port
                child.wait = _FIRST_WAIT if now - child.started > _SETTLED else min(child.wait * 2, _LONGEST_WAIT)
                child.again_at = now + child.wait
                child.process = None
                self._say(f"{child.name} ended (code {code}); starting it again in {child.wait:g} s. See {child.log}")

    def stop(self) -> None:
        """Stop the children together, then the servers they write to."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE
        for child in self.children:
            if child.process is not None:
                # Whoever is late is killed below with the rest of its group: rows are the truth.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
                child.signal(signal.SIGKILL)
                child.process.wait()
        for server in reversed(self.servers):
            server.stop()

    def _revive(self, server: EmbeddedPostgres | EmbeddedRedis) -> None:
        name = type(server).__name__.removeprefix("Embedded")
        self._say(f"{name} ended; starting it again")
        try:
            server.start()
        except CannotStart as error:
            # After a kill -9 PostgreSQL waits for its last backends to notice; the next look tries again.
            self._say(str(error).splitlines()[-1])
            time.sleep(1)

    def _stop_soon(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_stop = True
