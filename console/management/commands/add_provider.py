"""manage.py add_provider norte --name NorteNet --domain norte.example.com --owner duena@norte.example "Regina L." """

from __future__ import annotations

import re
import zoneinfo
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.permissions import Role
from console.people import new_person
from inbox.domain.templates import ensure_default_templates
from tenants.current import entered
from tenants.models import Domain, Tenant
from tenants.provision import ProvisionError, create_tenant

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
_TAKEN = {"public", "information-schema", "pg-catalog"}


class Command(BaseCommand):
    """Found a provider: its schema, domain and owner."""

    help = "Found a provider with its domain and its owner, whose first password is printed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name what a provider needs."""
        parser.add_argument("slug", help="short name: lower-case letters, digits and hyphens")
        parser.add_argument("--name", required=True)
        parser.add_argument("--domain", required=True, help="the host its people open, such as crm.norte.example.com")
        parser.add_argument("--owner", required=True, nargs=2, metavar=("EMAIL", "NAME"))
        parser.add_argument("--country", default="MX", help="ISO 3166, such as MX or PE")
        parser.add_argument("--currency", default="MXN", help="ISO 4217, such as MXN or PEN")
        parser.add_argument("--timezone", default="America/Mexico_City")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check first, so that a mistake leaves nothing half made."""
        slug, domain = options["slug"], options["domain"].lower()
        if not _SLUG.fullmatch(slug) or slug in _TAKEN or slug.startswith("pg-"):
            raise CommandError(f"{slug} cannot be a short name: use lower-case letters, digits and hyphens")
        if options["timezone"] not in zoneinfo.available_timezones():
            raise CommandError(f"{options['timezone']} is not a time zone; America/Lima is one")
        if Tenant.objects.filter(slug=slug).exists() or Domain.objects.filter(domain=domain).exists():
            raise CommandError(f"{slug} or {domain} is in use already")
        try:
            tenant = create_tenant(
                slug=slug,
                name=options["name"],
                domain=domain,
                country=options["country"].upper(),
                currency=options["currency"].upper(),
                timezone=options["timezone"],
            )
        except ProvisionError as error:
            raise CommandError(str(error)) from None
        email, name = options["owner"]
        with entered(tenant):
            ensure_default_templates()
            _person, password = new_person(email=email, name=name, role=Role.OWNER)
        self.stdout.write(f"{options['name']} is ready at {domain}\n{email} signs in with {password} (shown once)")
