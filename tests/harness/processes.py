"""Processes that tests kill: forked from one that has Django set up, so that each starts at once.

`children(script, *arguments)` runs Python of its own in a process of its own, with pipes for its standard input and
output. What still runs when the test ends is killed and waited for.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import IO, Any

import pytest

from config.launch.places import ROOT
from tests.harness.children import ORDERS


class Child:
    """One process; as `subprocess.Popen` where the names are the same."""

    def __init__(self, parent: Parent, pid: int, stdin: IO[str], stdout: IO[str]) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.returncode: int | None = None
        self._parent = parent

    def poll(self) -> int | None:
        """How it ended: its exit code, or the negative number of the signal; None while it runs."""
        if self.returncode is None:
            status = self._parent.ask({"ended": self.pid})
            self.returncode = None if status is None else os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float = 30.0) -> int:
        """Wait for its end. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} still runs")
            time.sleep(0.005)
        return code

    def send_signal(self, number: int) -> None:
        """Signal it, unless it is known to have ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as kill -9 does."""
        self.send_signal(signal.SIGKILL)

    def ask(self, said: Any) -> Any:
        """Hand it a line of JSON and return the line of JSON it answers."""
        self.stdin.write(json.dumps(said) + "\n")
        self.stdin.flush()
        return json.loads(self.stdout.readline())

    def communicate(self, timeout: float = 60.0) -> str:
        """Say nothing more to it, wait for its end, and return what it said. Raises TimeoutError."""
        self.stdin.close()
        said = self.stdout.read()
        self.wait(timeout)
        return said

    def bury(self) -> None:
        """Leave nothing of it."""
        self.kill()
        self.wait()
        for pipe in (self.stdin, self.stdout):
            try:
                pipe.close()
            except BrokenPipeError:  # what it never read
                continue


class Parent:
    """The process with Django set up, which forks the others. It has no connection and no thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.children", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
                pass_fds=[theirs.fileno()],
            )

    def ask(self, order: dict[str, Any], pipes: tuple[int, ...] = ()) -> Any:
        """Send an order and return its answer."""
        with self._lock:
            socket.send_fds(self._orders, [json.dumps(order).encode() + b"\n"], list(pipes))
            return json.loads(self._orders.recv(ORDERS))

    def start(
        self, script: str, *arguments: str, settings: dict[str, Any] | None = None, with_errors: bool = False
    ) -> Child:
        """Run a script in a process of its own, Django's settings changed for it as said.

        `with_errors`: what it says to its standard error is heard with its output.
        """
        read_in, write_in = os.pipe()
        read_out, write_out = os.pipe()
        order = {"script": script, "arguments": arguments, "settings": settings or {}, "with_errors": with_errors}
        try:
            pid = self.ask(order, (read_in, write_out))
        finally:
            os.close(read_in)
            os.close(write_out)
        return Child(self, pid, os.fdopen(write_in, "w"), os.fdopen(read_out))

    def stop(self) -> None:
        """End it."""
        self._orders.close()
        self._process.wait(timeout=20)


Start = Callable[..., Child]


@pytest.fixture(scope="session")
def parent_of_children(django_db_setup: None) -> Iterator[Parent]:
    """This worker's forking process, made on first use."""
    parent = Parent()
    yield parent
    parent.stop()


@pytest.fixture
def children(parent_of_children: Parent) -> Iterator[Start]:
    """`children(script, *arguments, settings={...})` starts a process; see `Parent.start`."""
    started: list[Child] = []

    def start(script: str, *arguments: str, **how: Any) -> Child:
        child = parent_of_children.start(script, *arguments, **how)
        started.append(child)
        return child

    yield start
    for child in started:
        child.bury()
