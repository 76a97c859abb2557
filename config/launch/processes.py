"""The list of processes, once: bin/demo runs one of each, and a test holds docker-compose.yml to it.

All but the scheduler can run many times. Commands start after `python -m`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Process:
    """A process of the product. `{host}` and `{port}` stand for where it listens, if it does."""

    name: str
    command: tuple[str, ...]
    port: int | None = None

    def arguments(self, *, host: str = "0.0.0.0", port: int | None = None) -> list[str]:  # noqa: S104 -- in a container
        """The command's words, listening at `host` on `port` (production's own when None)."""
        return [word.format(host=host, port=port or self.port) for word in self.command]


def _worker(name: str, queues: str, threads: int) -> Process:
    # Threads, not forks: a worker killed with -9 leaves no child behind that goes on working. What a lane
    # does waits for the database or for others' servers, which threads do well.
    options = ["--pool=threads", f"--concurrency={threads}", f"--queues={queues}", f"--hostname={name}@%h"]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel=INFO"]
    return Process(name, ("celery", "--app=config.celery", "worker", *options, *quiet))


PROCESSES = (
    # Pages, API, webhooks. More workers: the environment variable WEB_CONCURRENCY. A worker that has served its share
    # is replaced at once, by a fork of what is loaded already: loading it anew takes seconds in which nobody answers.
    Process(
        "web",
        ("gunicorn", "config.wsgi:application", "--bind={host}:{port}",
         "--preload", "--worker-class=gthread", "--threads=8",
         "--graceful-timeout=5", "--max-requests=5000", "--max-requests-jitter=500", "--no-control-socket"),
        port=8000,
    ),
    # Server-sent events. It opens no database.
    Process(
        "live",
        ("uvicorn", "config.live:app", "--host={host}", "--port={port}", "--no-access-log",
         "--timeout-graceful-shutdown=2"),
        port=8001,
    ),
    # Replies to people; kept free of long work.
    _worker("worker-now", "now", 4),
    # Billing runs, imports, and what can wait a little.
    _worker("worker-bulk", "soon,bulk", 4),
    # Talks to the routers.
    Process("network", ("manage", "network")),
    # One at a time holds the lock; a second one is a spare.
    Process("scheduler", ("config.scheduler",)),
)  # fmt: skip


def by_name(name: str) -> Process:
    """The process called `name`. Raises KeyError."""
    return {process.name: process for process in PROCESSES}[name]
