"""Migrate an empty database and make the two providers every benchmark starts from.

python -m benchmarks.providers
"""

from __future__ import annotations

import django
from django.core.management import call_command


def main() -> None:
    """Make them; they cost a few seconds, so each benchmark gets a clone."""
    from tenants.provision import create_tenant  # noqa: PLC0415 -- apps must be loaded first

    call_command("migrate_schemas", "--shared", interactive=False, verbosity=0)
    create_tenant(slug="norte", name="Norte Fibra", domain="norte.localhost")
    create_tenant(slug="sur", name="Sur Conecta", domain="sur.localhost", currency="ARS", country="AR")


if __name__ == "__main__":
    django.setup()
    main()
