"""The template database (public and the two providers) and each worker's clone of it."""

from __future__ import annotations

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from tenants.provision import create_tenant
from tests.harness.environment import current_run, database_name
from tests.harness.template import template_name

# Two providers that differ in everything a test could confuse.
PROVIDERS = (
    {
        "slug": "norte",
        "name": "Norte Fibra",
        "domain": "norte.localhost",
        "country": "MX",
        "currency": "MXN",
        "timezone": "America/Mexico_City",
        "primary_color": "#0b6e4f",
    },
    {
        "slug": "sur",
        "name": "Sur Conecta",
        "domain": "sur.localhost",
        "country": "AR",
        "currency": "ARS",
        "timezone": "America/Argentina/Buenos_Aires",
        "primary_color": "#7a1fa2",
    },
)

# Any number, the same in every run: two runs on one server must not both build the template.
_BUILDING = 7_203_118


def template_exists() -> bool:
    """Whether the server already has the template of the present migrations."""
    with _server() as server:
        return bool(server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template_name()]).fetchone())


def build_template() -> None:
    """Migrate public, make the two providers, and leave it all in the template database."""
    making = f"{template_name()}_making"
    with _server() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_BUILDING])
        if template_exists():
            return
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(making)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
        ours = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = making
        try:
            call_command("migrate_schemas", "--shared", interactive=False, verbosity=0)
            for provider in PROVIDERS:
                create_tenant(**provider)
        finally:
            connections.close_all()
            connection.settings_dict["NAME"] = ours
            connection.set_schema_to_public()
        # Renamed only when whole: a build that was killed is not taken for a template.
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(template_name()))
        )


def clone_database() -> None:
    """Give this worker a new copy of the template, dropping the one it had."""
    drop_database()
    with _server() as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(database_name()), sql.Identifier(template_name())
            )
        )


def drop_database() -> None:
    """Drop this worker's database, whoever is still connected to it."""
    connections.close_all()
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database_name())))


def _server() -> psycopg.Connection:
    return psycopg.connect(current_run().postgres_url, autocommit=True)
