"""Run the simulator by itself: ``python -m simulators.twilio --port 8010 --config accounts.json``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from simulators.twilio.server import TwilioSimulator


def main() -> int:
    """Read the configuration, listen, and stay until told to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for Twilio's WhatsApp, with a phone to chat on.")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--config", type=Path, help='JSON: {"accounts": [{"sid", "token", "numbers", …}]}')
    options = parser.parse_args()
    simulator = TwilioSimulator(host=options.host, port=options.port)
    if options.config and options.config.exists():
        data = json.loads(options.config.read_text())
        for account in data.get("accounts", []):
            simulator.world.add_account(account)
        for name, value in data.get("pace", {}).items():
            setattr(simulator.world.pace, name, value)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    simulator.start()
    sys.stdout.write(f"Twilio simulator on {simulator.url}/  phone on {simulator.url}/phone/\n")
    sys.stdout.flush()
    ended.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
