"""Say where a simulator listens, for whoever must know before it may be reached.

Products refuse addresses of their own machine; a run that plays with simulators names a file in the environment,
each simulator adds its exact `host:port`, and only these are let through. Without the variable nothing is said.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "ENLACE_ROUTER_EXCEPTIONS_FILE"


def announce(host: str, port: int) -> None:
    """Add a line to the file, in one write so that simulators of several processes do not mix theirs."""
    name = os.environ.get(VARIABLE, "")
    if name:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        with Path(name).open("ab", buffering=0) as file:
            file.write(f"{place}\n".encode("ascii"))
