"""A UISP as a process: ``python -m simulators.uisp --port 8443 --state uisp.json``.

The state is JSON: {"gateway": true, "plans": [{"name", "download", "upload"}], "towers": ["Cerro"],
"customers": [{"name", "ip", "mac", "plan", "site_id", "suspended", …}]}.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from simulators.uisp.server import PASSWORD, USER, UispSimulator


def main() -> int:
    """Read the state, listen, and stay until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m simulators.uisp", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--user", default=USER)
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--token", default="", help="a long-lived token of the network side")
    parser.add_argument("--write-key", default="", help="an application key of the CRM")
    parser.add_argument("--read-key", default="")
    parser.add_argument("--certificate", type=Path, help="a PEM with key and certificate: speak TLS")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    options = parser.parse_args()
    simulator = UispSimulator(
        host=options.host,
        port=options.port,
        user=options.user,
        password=options.password,
        token=options.token,
        write_key=options.write_key,
        read_key=options.read_key,
        certificate=options.certificate,
    )
    simulator.troubles.latency_ms = options.latency_ms
    if options.state and options.state.exists():
        simulator.load(json.loads(options.state.read_text(encoding="utf-8")))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    simulator.start()
    sys.stdout.write(json.dumps({"port": simulator.port}) + "\n")
    sys.stdout.flush()
    ended.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
