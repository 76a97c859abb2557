"""manage.py add_api_key norte "Contabilidad" --role read_only"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import ApiKey
from accounts.permissions import Role
from tenants.current import entered
from tenants.models import Tenant


class Command(BaseCommand):
    """Issue a key for a program of a provider."""

    help = "Issue an API key; its text is printed once and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the provider, what the key is for, and what it may do."""
        parser.add_argument("provider", help="its short name")
        parser.add_argument("name", help="what it is for")
        parser.add_argument("--role", choices=Role.values, default=Role.READ_ONLY)

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue it inside the provider's schema."""
        tenant = Tenant.objects.filter(slug=options["provider"], status=Tenant.Status.READY).first()
        if tenant is None:
            raise CommandError(f"there is no provider {options['provider']}")
        with entered(tenant):
            _key, text = ApiKey.issue(name=options["name"], role=options["role"], created_by="manage.py")
        self.stdout.write(f"Authorization: Api-Key {text}")
