"""Run it by itself: ``python -m simulators.openai --port 8020 --intent balance``."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from simulators.openai.server import KEY, ModelSimulator


def main() -> int:
    """Listen and answer one intent until told to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for a language model's chat completions.")
    parser.add_argument("--port", type=int, default=8020)
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--intent", default="none")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ModelSimulator(port=options.port, key=options.key) as model:
        model.say(options.intent)
        sys.stdout.write(f"Model simulator on {model.url} (models: {', '.join(model.models)})\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
