"""Simulators as a process: one router, or many.

python -m simulators.routeros --port 8728 --state state.json
python -m simulators.routeros --fleet fleet.json

A state is a JSON list of secrets or an object {menu path: [rows]}; a fleet a JSON list of routers (see fleet.py).
Prints one JSON line with the ports once everything listens.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from .fleet import Fleet, read_fleet, read_state, tls_context
from .server import RouterSimulator
from .versions import DEFAULT_VERSION


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.routeros", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fleet", type=Path, help="JSON list of routers; the other options but the control port rest")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8728, help="API port; 0 picks a free one")
    parser.add_argument("--control-port", type=int, help="JSON over HTTP to look inside and to break it")
    parser.add_argument("--state", type=Path, help="JSON list of secrets, or object of menus and their rows")
    parser.add_argument("--user", default="enlace")
    parser.add_argument("--password", default="enlace")
    parser.add_argument("--identity", default="MikroTik")
    parser.add_argument("--version", default=DEFAULT_VERSION, help="RouterOS version to be")
    parser.add_argument("--tls", choices=["certificate", "anonymous"], help="API-SSL instead of plain")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="delay of each sentence")
    parser.add_argument("--redial-s", type=float, default=0.3, help="how soon equipment dials again")
    parser.add_argument("--churn-s", type=float, default=0.0, help="mean time until some equipment drops by itself")
    parser.add_argument("--max-sessions", type=int, default=20)
    return parser.parse_args()


def _simulator(given: argparse.Namespace) -> RouterSimulator | Fleet:
    if given.fleet is not None:
        return Fleet(read_fleet(given.fleet), control_port=given.control_port or 0)
    state = read_state(given.state) if given.state else {}
    names = ("host", "port", "control_port", "user", "password", "identity", "version", "latency_ms", "redial_s")
    more = {name: getattr(given, name) for name in (*names, "churn_s", "max_sessions")}
    return RouterSimulator(tls=tls_context(given.tls), **more, **state)


def _ready(simulator: RouterSimulator | Fleet, given: argparse.Namespace) -> dict[str, Any]:
    if isinstance(simulator, Fleet):
        return simulator.ready()
    return {"identity": given.identity, "port": simulator.port, "control_port": simulator.control_port}


def main() -> int:
    """Run until SIGINT or SIGTERM."""
    given = _arguments()
    simulator = _simulator(given)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with simulator:
        sys.stdout.write(json.dumps(_ready(simulator, given)) + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
