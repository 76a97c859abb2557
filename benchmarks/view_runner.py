"""Run the measured view through the WSGI application and print each request's seconds, when asked to.

python -m benchmarks.view_runner HOST      reads a number of requests a line, answers a JSON list a line
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from benchmarks.base import timed


def main(host: str) -> None:
    """Serve until standard input ends."""
    django.setup()
    application: Any = get_wsgi_application()
    factory = RequestFactory(HTTP_HOST=host)

    def request() -> None:
        environ = factory.get("/").environ
        answers: list[str] = []
        response = application(environ, lambda status, _headers, *_: answers.append(status))
        body = b"".join(response)
        response.close()
        if answers != ["200 OK"] or not body.startswith(b"25 200"):
            raise RuntimeError(f"unexpected answer {answers}: {body[:200]!r}")

    for line in sys.stdin:
        sys.stdout.write(json.dumps([timed(request) for _ in range(int(line))]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
