"""Our own house on the network, where no router is ever reached."""

from __future__ import annotations

import logging
import socket
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

logger = logging.getLogger(__name__)


@cache
def own_addresses() -> frozenset[str]:
    """The IPs of our database and Redis, as they resolved when first asked for."""
    hosts = {settings.DATABASES["default"].get("HOST") or "", urlsplit(settings.REDIS_URL).hostname or ""}
    found: set[str] = set()
    for host in hosts:
        if host and not host.startswith("/"):
            try:
                found.update(str(entry[4][0]) for entry in socket.getaddrinfo(host, None))
            except OSError:
                logger.warning("our own host %s does not resolve", host)
    return frozenset(found)
