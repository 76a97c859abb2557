"""Our own house on the network, where no router is ever reached, and what is let off from that."""

from __future__ import annotations

import logging
import socket
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from network.drivers.egress import pair

logger = logging.getLogger(__name__)


@cache
def own_addresses() -> frozenset[str]:
    """The IPs of our database, of Redis and of the platform's host, as they resolved when first asked for.

    Also the networks that the installation names as its own.
    """
    hosts = {
        settings.DATABASES["default"].get("HOST") or "",
        urlsplit(settings.REDIS_URL).hostname or "",
        settings.PLATFORM_HOST,
    }
    found: set[str] = set(settings.OWN_NETWORKS)
    for host in hosts:
        if host and not host.startswith("/"):
            try:
                found.update(str(entry[4][0]) for entry in socket.getaddrinfo(host, None))
            except OSError:
                logger.warning("our own host %s does not resolve", host)
    return frozenset(found)


def router_exceptions() -> frozenset[str]:
    """The exact host:port pairs that are let off every check: simulators of the demo and of the tests.

    From the environment; also from the file it names, read anew each time, as simulators take whatever port is free.
    """
    pairs = set(settings.ROUTER_EXCEPTIONS)
    file = settings.ROUTER_EXCEPTIONS_FILE
    if file and Path(file).exists():
        pairs.update(Path(file).read_text(encoding="ascii").split())
    return frozenset(_normal(text) for text in pairs)


def _normal(text: str) -> str:
    """Return a pair in the form that addresses are compared in. Raises ValueError for what is none."""
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isdigit()) or "*" in host or "/" in host:
        raise ValueError(f"a router exception is an exact host:port: {text}")
    return pair(host, int(port))
