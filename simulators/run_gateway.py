"""Run a simulated gateway by itself: ``python -m simulators.run_gateway stripe --port 8021 --config accounts.json``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path

KINDS = {
    "stripe": "simulators.stripe_api:StripeSimulator",
    "mercadopago": "simulators.mercadopago:MercadoPagoSimulator",
    "conekta": "simulators.conekta:ConektaSimulator",
}


def main() -> int:
    """Read the configuration, listen, and stay until told to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for a payment gateway, with a page to pay on.")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--config", type=Path, help='JSON: {"accounts": [{"key", "webhook_url", …}]}')
    options = parser.parse_args()
    module, _, name = KINDS[options.kind].partition(":")
    simulator = getattr(import_module(module), name)(host=options.host, port=options.port)
    if options.config and options.config.exists():
        for account in json.loads(options.config.read_text()).get("accounts", []):
            simulator.add_account(**account)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    simulator.start()
    sys.stdout.write(f"{options.kind} simulator on {simulator.url}\n")
    sys.stdout.flush()
    ended.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
