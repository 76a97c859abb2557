"""`manage.py network`: talk to the routers until told to stop."""

from __future__ import annotations

import gc
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from network.runtime.process import NetworkProcess

# Objects made before the young ones are looked through: a router's rows are thousands and die by themselves.
GARBAGE = 20_000


class Command(BaseCommand):
    """Runs the network process."""

    help = "Talk to the routers: cut, reconnect, read. Any number may run; each router is leased by one."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT. Raises CommandError when a thread of it dies."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        # What was loaded stays: looking through it for garbage, over and over, is a quarter of what a mass cut costs.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE, 20, 20)
        process = NetworkProcess()
        process.start()
        while not stop.wait(1):
            if not process.is_alive():
                raise CommandError("a thread of the network process died; start it again")
        process.stop()
