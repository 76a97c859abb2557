"""A simulator as a process: `python -m simulators.routeros --port 8728 --state secrets.json`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from .server import RouterSimulator
from .versions import DEFAULT_VERSION


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.routeros", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8728, help="API port; 0 picks a free one")
    parser.add_argument("--control-port", type=int, help="JSON over HTTP to look inside and to break it")
    parser.add_argument("--state", type=Path, help="JSON list of secrets: name, password, disabled, ...")
    parser.add_argument("--user", default="enlace")
    parser.add_argument("--password", default="enlace")
    parser.add_argument("--identity", default="MikroTik")
    parser.add_argument("--version", default=DEFAULT_VERSION, help="RouterOS version to be")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="delay of each sentence")
    parser.add_argument("--redial-s", type=float, default=0.3, help="how soon equipment dials again")
    return parser.parse_args()


def _secrets(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rows, list):
        raise TypeError(f"{path}: a JSON list of secrets is expected")
    return rows


def main() -> int:
    """Run until SIGINT or SIGTERM; prints one JSON line with the ports once it listens."""
    given = _arguments()
    simulator = RouterSimulator(
        host=given.host,
        port=given.port,
        control_port=given.control_port,
        user=given.user,
        password=given.password,
        identity=given.identity,
        version=given.version,
        latency_ms=given.latency_ms,
        redial_s=given.redial_s,
        secrets=_secrets(given.state),
    )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with simulator:
        ready = {"identity": given.identity, "port": simulator.port, "control_port": simulator.control_port}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
