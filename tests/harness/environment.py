"""The environment of a test run, decided once by the first process and inherited by xdist's workers."""

from __future__ import annotations

import atexit
import base64
import json
import os
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from config.launch.children import reserve_port
from config.launch.embedded_postgres import EmbeddedPostgres
from config.launch.embedded_redis import EmbeddedRedis

_RUN = "ENLACE_TEST_RUN"


@dataclass(frozen=True)
class Run:
    """What every process of one run knows. URLs carry passwords made for this run."""

    id: str
    folder: str
    postgres_url: str
    redis_url: str
    embedded: bool

    def database_url(self, name: str) -> str:
        """The address of database `name` on the run's server."""
        return urlunsplit(urlsplit(self.postgres_url)._replace(path=f"/{name}"))


class Servers:
    """The embedded servers of this run; None in a worker or with servers of the user's own."""

    postgres: EmbeddedPostgres | None = None
    redis: EmbeddedRedis | None = None


def worker() -> str:
    """The name of this process in the run: gw0, gw1, ... or main without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def database_name() -> str:
    """The name of this worker's own database."""
    return f"enlace_test_{current_run().id}_{worker()}"


def current_run() -> Run:
    """The run this process belongs to. Raises KeyError before `prepare`."""
    return Run(**json.loads(os.environ[_RUN]))


def prepare() -> None:
    """Set the variables the settings read. Servers are addressed here and started by `session`.

    Raises RuntimeError when the settings were read before.
    """
    if settings.configured:
        raise RuntimeError("Django's settings were read too early: unset DJANGO_SETTINGS_MODULE and leave out --ds")
    if _RUN not in os.environ:
        run = _begin()
        os.environ[_RUN] = json.dumps(asdict(run))
    run = current_run()
    data = Path(run.folder) / worker()
    (data / "static").mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": run.database_url(database_name()),
        "REDIS_URL": _redis_url(run),
        "SECRET_KEY": f"tests-{run.id}-only",
        "DEBUG": "0",
        "ENLACE_DATA": str(data),
        "ENLACE_KEYRING": str(Path(run.folder) / "keyring"),
        "ENLACE_PLATFORM_HOST": "localhost",
        "ENLACE_PUBLIC_SCHEME": "http",
        "ENLACE_HTTPS_ONLY": "0",
        "ENLACE_STATIC_FINDERS": "1",
        "ENLACE_STATIC_ROOT": str(data / "static"),
        "ENLACE_ROUTER_EXCEPTIONS_FILE": str(data / "router-exceptions"),
        # A server thread per request: a connection that lives on would pile up.
        "ENLACE_DB_CONN_MAX_AGE": "0",
        # Playwright's synchronous API keeps an event loop in this thread, and Django refuses the ORM beside one.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
    }


def _begin() -> Run:
    run_id = secrets.token_hex(4)
    folder = Path(tempfile.mkdtemp(prefix=f"enlace-test-{run_id}-"))
    # As root the servers run as nobody, who must be able to walk in; what is secret here has its own mode.
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    keyring = folder / "keyring"
    keyring.touch(mode=0o600)
    keyring.write_text(base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n")
    postgres_url = os.environ.get("ENLACE_TEST_DATABASE_URL", "")
    redis_url = os.environ.get("ENLACE_TEST_REDIS_URL", "")
    if not postgres_url:
        Servers.postgres = EmbeddedPostgres(folder / "postgres", durable=False, holder=reserve_port())
        _take_cached_cluster(Servers.postgres)
        postgres_url = Servers.postgres.url("postgres")
    if not redis_url:
        Servers.redis = EmbeddedRedis(folder / "valkey.log", holder=reserve_port())
        redis_url = Servers.redis.url()
    return Run(run_id, str(folder), postgres_url, redis_url, embedded=Servers.postgres is not None)


def _take_cached_cluster(postgres: EmbeddedPostgres) -> None:
    """Put a copy of the cached cluster, with its migrated template database, into the run's folder.

    A copy, so that two runs at once do not meet and a killed run leaves nothing half-written.
    """
    from tests.harness.template import cached_cluster, copy_cluster  # noqa: PLC0415 -- reads files when imported

    cluster = cached_cluster()
    if cluster.is_dir():
        shutil.rmtree(postgres.folder)
        copy_cluster(cluster, postgres.folder)


def _redis_url(run: Run) -> str:
    """A numbered Redis database per worker, so that one may flush without the others noticing."""
    number = 1 + (int(worker()[2:]) if worker().startswith("gw") else 0)
    # A server of the user's own usually has 16 of them, and we leave 0 alone.
    number = (number - 1) % (60 if run.embedded else 14) + 1
    return urlunsplit(urlsplit(run.redis_url)._replace(path=f"/{number}"))
