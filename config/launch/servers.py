"""The database and the queue: the user's own when DATABASE_URL and REDIS_URL name them, else embedded ones."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.launch.embedded_postgres import EmbeddedPostgres
from config.launch.embedded_redis import EmbeddedRedis


@dataclass
class Servers:
    """Where they answer, and those of them that are ours to keep running."""

    database_url: str
    redis_url: str
    ours: list[EmbeddedPostgres | EmbeddedRedis] = field(default_factory=list)


def start_servers(folder: Path, *, durable: bool = True) -> Servers:
    """Start what the environment does not name, with its files in `folder`. Raises CannotStart, psycopg.Error."""
    ours: list[EmbeddedPostgres | EmbeddedRedis] = []
    database_url = os.environ.get("DATABASE_URL", "")
    redis_url = os.environ.get("REDIS_URL", "")
    if not database_url:
        postgres = EmbeddedPostgres(folder / "postgres", durable=durable)
        postgres.start()
        ours.append(postgres)
        database_url = postgres.url()
        _ensure_database(postgres.url("postgres"), "enlace")
    if not redis_url:
        redis = EmbeddedRedis(folder / "logs" / "valkey.log")
        redis.start()
        ours.append(redis)
        redis_url = redis.url()
    return Servers(database_url, redis_url, ours)


@contextmanager
def throw_away_database(url: str) -> Iterator[str]:
    """A database of its own on the server of `url`, dropped afterwards. The user must be allowed to make one."""
    name = f"enlace_story_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _ensure_database(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
