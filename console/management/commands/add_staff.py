"""manage.py add_staff norte cobranza@norte.example "Óscar Peña" --role collections      (- for the platform)"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.permissions import Role
from console.people import new_person
from tenants.current import entered
from tenants.models import Tenant


class Command(BaseCommand):
    """Add a person to a provider, or to the platform's own staff."""

    help = "Add a person; their first password is printed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the provider and the person."""
        parser.add_argument("provider", help="its short name, or - for the platform's own staff")
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("--role", choices=Role.values, default=Role.READ_ONLY)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the account where it belongs."""
        email, name = options["email"], options["name"]
        if options["provider"] == "-":
            _person, password = new_person(email=email, name=name, role=Role.OWNER)
        else:
            tenant = Tenant.objects.filter(slug=options["provider"], status=Tenant.Status.READY).first()
            if tenant is None:
                raise CommandError(f"there is no provider {options['provider']}")
            with entered(tenant):
                _person, password = new_person(email=email, name=name, role=options["role"])
        self.stdout.write(f"{email} signs in with {password} (shown once)")
