"""Run the simulator by itself: ``python -m simulators.whatsapp_cloud --port 8011 --config businesses.json``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from simulators.whatsapp_cloud.server import WhatsAppCloudSimulator


def main() -> int:
    """Read the configuration, listen, and stay until told to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for Meta's WhatsApp Cloud API.")
    parser.add_argument("--port", type=int, default=8011)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--config", type=Path, help='JSON: {"businesses": [{"waba_id", "token", "app_secret", …}]}')
    options = parser.parse_args()
    simulator = WhatsAppCloudSimulator(host=options.host, port=options.port)
    if options.config and options.config.exists():
        for business in json.loads(options.config.read_text()).get("businesses", []):
            simulator.world.add_business(business)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    simulator.start()
    sys.stdout.write(f"WhatsApp Cloud simulator on {simulator.url}/\n")
    sys.stdout.flush()
    ended.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
