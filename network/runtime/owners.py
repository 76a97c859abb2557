"""Who holds leases: a network process, named so that others can tell whether it still lives."""

from __future__ import annotations

import os
import secrets
import socket

from network.models import Router


def new_owner() -> str:
    """Name this process: host, process id, and a random part since ids are used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def list_of(owner: str) -> str:
    """The Redis list on which a process is told of work on routers it holds."""
    return f"wake:network:{owner}"


def dead_owners() -> list[str]:
    """Return the lease owners of this provider that were processes of this host and are gone.

    Their leases need not run out. Of processes elsewhere nothing can be known but the time.
    """
    owners = Router.objects.exclude(lease_owner="").values_list("lease_owner", flat=True).distinct()
    return [owner for owner in owners if _is_dead(owner)]


def _is_dead(owner: str) -> bool:
    host, _, rest = owner.partition(":")
    number = rest.split(":", maxsplit=1)[0]
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
