"""A page as a signed-in person gets it, beside the SQL that fetches what it shows.

The page goes through the whole WSGI application in this process: every middleware, the session, the person, the
permissions, the view, the template with its frame. The SQL runs on a connection of its own, as tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client, RequestFactory

from accounts.models import User
from accounts.permissions import Role
from benchmarks.base import Round, quantile_of, timed
from tenants.current import current_tenant

REQUESTS = 40
SHARE = 0.95
WHO_ASKS = """
SELECT session_key, session_data, expire_date FROM django_session
 WHERE session_key = %(session)s AND expire_date > now()
"""
PERSON = """
SELECT id, password, last_login, email, name, role, is_active, language, created_at
  FROM accounts_user WHERE id = %(person)s
"""
Query = tuple[str, dict[str, Any]]


class Person:
    """An owner signed in at the current tenant, whose host is `host`."""

    def __init__(self, host: str) -> None:
        user = User.objects.create_user("mide@ejemplo.test", "clave-de-prueba", name="Quien Mide", role=Role.OWNER)
        client = Client(HTTP_HOST=host)
        client.force_login(user)
        self.keys = {"session": client.session.session_key, "person": user.pk}
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        self._factory = RequestFactory(HTTP_HOST=host, HTTP_COOKIE=cookies)
        self._application: Any = get_wsgi_application()

    def get(self, path: str) -> bytes:
        """The page's body. Raises RuntimeError when it is not a page."""
        answers: list[str] = []
        response = self._application(
            self._factory.get(path).environ, lambda status, _headers, *_rest: answers.append(status)
        )
        body = b"".join(response)
        response.close()
        if answers != ["200 OK"] or not body.rstrip().endswith(b"</html>"):
            raise RuntimeError(f"unexpected answer {answers}: {body[:200]!r}")
        return body


class RawSql:
    """The same queries again and again on one connection, each prepared by psycopg as it sees fit."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self._queries = queries
        options = f"-c search_path={current_tenant().schema_name},public"
        settings = connection.get_connection_params()
        names = ("host", "port", "user", "password", "dbname")
        self._connection = psycopg.connect(**{name: settings[name] for name in names}, options=options, autocommit=True)

    def fetch(self) -> list[list[tuple[Any, ...]]]:
        """The rows of each query."""
        return [self._connection.execute(query, values).fetchall() for query, values in self._queries]


def compare(rounds: int, page: Callable[[], object], sql: Callable[[], object]) -> Iterator[Round]:
    """Each round: requests and SQL by turns, and of each the time that 95 of 100 do not exceed."""
    for _ in range(REQUESTS):
        page()
        sql()
    for _ in range(rounds):
        turns = [(timed(page), timed(sql)) for _ in range(REQUESTS)]
        ours, floor = ([turn[side] for turn in turns] for side in (0, 1))
        yield Round(ours=[quantile_of(ours, SHARE)], floor=[quantile_of(floor, SHARE)])
