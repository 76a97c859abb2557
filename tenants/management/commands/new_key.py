"""`manage.py new_key`: print a fresh line for the key ring."""

from typing import Any

from django.core.management.base import BaseCommand

from tenants.sealing import new_ring_line


class Command(BaseCommand):
    """Put the new line first in the ring to seal with it; keep the old ones to open what they sealed."""

    help = "Print a new key for the key ring."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(new_ring_line())
