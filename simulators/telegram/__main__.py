"""Run it by itself: ``python -m simulators.telegram --port 8030``, with ENLACE_TELEGRAM_API_BASE set to its address."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from simulators.telegram.server import TOKEN, TelegramSimulator


def main() -> int:
    """Listen until told to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for Telegram's Bot API.")
    parser.add_argument("--port", type=int, default=8030)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with TelegramSimulator(port=options.port, token=options.token) as telegram:
        sys.stdout.write(f"Telegram simulator on {telegram.url} (token: {telegram.token})\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
