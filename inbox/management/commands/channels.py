"""`manage.py channels status`: what is set up and what is wrong. `manage.py channels run telegram`: ask where no
public address exists."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inbox.domain.channel_health import Health, look_at_channels
from inbox.domain.telegram_polling import Polling
from tenants.current import entered
from tenants.models import Tenant


class Command(BaseCommand):
    """Looks at the channels, or asks Telegram for what came in."""

    help = "Say how each channel is (exits with 1 when something is wrong), or ask Telegram for updates."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two acts."""
        acts = parser.add_subparsers(dest="act", required=True)
        status = acts.add_parser("status", help="what is set up and what is wrong")
        status.add_argument("--tenant", default="", help="the slug of one provider; without it, all of them")
        run = acts.add_parser("run", help="ask for what came in, where the far side cannot call us")
        run.add_argument("kind", choices=["telegram"])
        run.add_argument("--tenant", default="", help="the slug of one provider; without it, all of them")
        run.add_argument("--unhook", action="store_true", help="take webhooks that are set away, so that we may ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the act. Raises CommandError for an unknown provider, and SystemExit(1) when something is wrong."""
        if options["act"] == "run":
            self._known(options["tenant"])
            self._run(only=options["tenant"], unhook=options["unhook"])
        elif self._status(options["tenant"]):
            raise SystemExit(1)

    def _known(self, slug: str) -> list[Tenant]:
        rows = Tenant.objects.filter(status=Tenant.Status.READY).select_related("brand").order_by("slug")
        found = list(rows.filter(slug=slug) if slug else rows)
        if slug and not found:
            raise CommandError(f"No hay un proveedor activo «{slug}».")
        return found

    def _status(self, slug: str) -> int:
        """Print how all channels are; return how many things are wrong."""
        wrong = 0
        for tenant in self._known(slug):
            with entered(tenant):
                found = look_at_channels(now=timezone.now())
            self.stdout.write(f"{tenant.name} ({tenant.slug})")
            if not found:
                self.stdout.write("  ningún canal conectado")
            for health in found:
                self._print(health)
                wrong += len(health.wrong)
        self.stdout.write("Todo en orden." if not wrong else f"Algo anda mal: {wrong}.")
        return wrong

    def _print(self, health: Health) -> None:
        channel = health.channel
        self.stdout.write(f"  {health.kind} · {channel.name} · {channel.number}")
        for fact in health.facts:
            self.stdout.write(f"    {fact}")
        for sentence in health.wrong:
            self.stdout.write(f"    ✗ {sentence}")

    def _run(self, *, only: str, unhook: bool) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Preguntando a Telegram. Ctrl+C termina.")
        self.stdout.flush()
        Polling(only=only, unhook=unhook).run(stop)
