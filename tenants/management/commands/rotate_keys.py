"""`manage.py rotate_keys`: seal every provider's secrets anew with the key ring's first key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.current import entered
from tenants.models import Tenant
from tenants.rotation import rotate_secrets
from tenants.sealing import SealError


class Command(BaseCommand):
    """Put the new key first in the ring and restart every process, then run this; then the old keys may go.

    It may be stopped and run again. It ends with an error when a value does not open, and says whose: the old keys
    stay then.
    """

    help = "Seal all stored secrets with the key ring's first key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", help="only the provider with this slug")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.exclude(schema_name="public").order_by("slug")
        if options["provider"]:
            tenants = tenants.filter(slug=options["provider"])
            if not tenants.exists():
                raise CommandError(f"There is no provider {options['provider']}.")
        refused = []
        for tenant in tenants:
            refused += self._rotate(tenant)
        if refused:
            lines = "\n".join(refused)
            raise CommandError(f"{len(refused)} values do not open; keep every key in the ring:\n{lines}")
        self.stdout.write("All values open and are sealed with the first key.")

    def _rotate(self, tenant: Tenant) -> list[str]:
        refused = []
        with entered(tenant):
            try:
                for count in rotate_secrets():
                    if count.opened or count.refused:
                        self.stdout.write(
                            f"{tenant.slug} {count.model}: {count.opened} opened, {count.sealed} sealed anew"
                        )
                    refused += [f"{tenant.slug} {count.model} {line}" for line in count.refused]
            except SealError as error:
                raise CommandError(str(error)) from None
        return refused
