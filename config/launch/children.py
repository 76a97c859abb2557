"""Starting processes that neither outlive their parent nor run as root when they need not."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The traditional "nobody": it exists as a number even where /etc/passwd has no such name.
NOBODY = 65534

_PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """A server or process did not come up; the text says what it said and what to do."""


def is_root() -> bool:
    """Whether this process may, and should, hand its servers to another user."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def die_with_parent(sig: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn` that asks Linux to send `sig` to the child once the starting thread is gone.

    Linux ties the request to the *thread* that forked, so children are started from the main thread.
    Elsewhere (macOS) there is no such request and the child relies on an orderly stop.
    """
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent = os.getpid()

    def before_exec() -> None:
        if libc is None:
            return
        libc.prctl(_PR_SET_PDEATHSIG, int(sig))
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return before_exec


def as_nobody() -> dict[str, Any]:
    """Arguments for `Popen` that drop root; nothing for an ordinary user."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if is_root() else {}


def reachable_by_nobody(folder: Path) -> bool:
    """Whether the unprivileged user can walk to `folder` (a checkout under /root cannot be reached)."""
    probe = ["/usr/bin/env", "test", "-x", str(folder)]
    try:
        return subprocess.run(probe, check=False, cwd="/", **as_nobody()).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def reserve_port() -> socket.socket:
    """A socket bound to a free port of 127.0.0.1; close it right before the server binds."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.bind(("127.0.0.1", 0))
    return holder


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on at this moment."""
    with reserve_port() as holder:
        return int(holder.getsockname()[1])


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts TCP connections at `host:port`."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def stop_process(process: subprocess.Popen[bytes], sig: signal.Signals, patience: float) -> None:
    """Send `sig`, wait up to `patience` seconds, then kill."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Poll `ready` until it holds, the process ends or `seconds` have passed; return whether it held."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    return False
