"""`manage.py network`: talk to the routers until told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from network.runtime.process import NetworkProcess


class Command(BaseCommand):
    """Runs the network process."""

    help = "Talk to the routers: cut, reconnect, read. Any number may run; each router is leased by one."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT. Raises CommandError when a thread of it dies."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        process = NetworkProcess()
        process.start()
        while not stop.wait(1):
            if not process.is_alive():
                raise CommandError("a thread of the network process died; start it again")
        process.stop()
