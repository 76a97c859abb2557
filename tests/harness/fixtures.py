"""What tests ask for.

Rolled back after each test (pytest-django's `db`): `norte`, `sur`, `in_norte`, `in_sur`, `sign_in`.
A test that needs real commits (threads, other processes, on_commit, a browser) also asks for `fresh_db`:
its database is dropped afterwards and cloned anew, because the ledger refuses TRUNCATE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from pytest_django import DjangoDbBlocker

from accounts.models import User
from inbox.domain.called import forget_called
from tenants.current import entered
from tenants.hosts import forget_hosts
from tenants.models import Tenant
from tenants.redis import redis_client
from tests.harness.database import clone_database, drop_database

SignIn = Callable[..., Client]

# Argon2 is slow on purpose, and no test here is about its strength.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A machine that does other work too is slow, not wrong: no example has to be done in a fifth of a second.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Instead of pytest-django's: this worker's clone of the template."""
    with django_db_blocker.unblock():
        clone_database()
    yield
    with django_db_blocker.unblock():
        drop_database()


@pytest.fixture
def fresh_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A database with real commits, thrown away after the test."""
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        pytest.fail("fresh_db commits for real: do not ask for db or mark the test django_db as well")
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        clone_database()


@pytest.fixture
def transactional_db() -> None:
    """Refused: pytest-django would TRUNCATE, which the ledger forbids."""
    pytest.fail("ask for fresh_db: the ledger refuses the TRUNCATE that transactional tests end with")


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test starts in public, with empty caches and an empty Redis."""
    connection.set_schema_to_public()
    forget_hosts()
    forget_called()
    redis_client().flushdb()
    yield
    connection.set_schema_to_public()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> None:
    """Whichever database the test works on: `fresh_db` when it asks for that, else `db`."""
    request.getfixturevalue("fresh_db" if "fresh_db" in request.fixturenames else "db")


@pytest.fixture
def norte(database: None) -> Tenant:
    """The first provider: Mexico, pesos mexicanos."""
    return Tenant.objects.select_related("brand").get(schema_name="norte")


@pytest.fixture
def sur(database: None) -> Tenant:
    """The second provider: Argentina, pesos argentinos. It must see nothing of the first."""
    return Tenant.objects.select_related("brand").get(schema_name="sur")


@pytest.fixture
def in_norte(norte: Tenant) -> Iterator[Tenant]:
    """The test runs inside norte; use `tenants.current.enter` to look elsewhere."""
    with entered(norte):
        yield norte


@pytest.fixture
def in_sur(sur: Tenant) -> Iterator[Tenant]:
    """The test runs inside sur."""
    with entered(sur):
        yield sur


class TenantClient(Client):
    """Django's test client on a provider's host. A request leaves the test in the tenant it was in."""

    def request(self, **request: Any) -> Any:
        """Make the request, then return to the caller's tenant, which the middleware left for another."""
        before = connection.tenant
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(before)


def host_of(tenant: Tenant | None) -> str:
    """The host a tenant answers on; the platform's own for None."""
    if tenant is None:
        return str(settings.PLATFORM_HOST)
    domain: str = tenant.domains.get(is_primary=True).domain
    return domain


def staff(role: str) -> User:
    """A person with `role` in the present schema, made on first use. Signs in with the password "clave-de-prueba"."""
    email = f"{role}@ejemplo.test"
    return User.objects.filter(email=email).first() or User.objects.create_user(
        email, "clave-de-prueba", name=role.replace("_", " ").title(), role=role
    )


@pytest.fixture
def sign_in(database: None) -> SignIn:
    """`sign_in(tenant, role="owner")` gives a client signed in at that provider; None is the platform.

    With `role=None` the client is on the right host and signed in as nobody.
    """

    def make(tenant: Tenant | None, role: str | None = "owner") -> Client:
        client = TenantClient(HTTP_HOST=host_of(tenant))
        if role is None:
            return client
        before = connection.tenant
        if tenant is None:
            connection.set_schema_to_public()
        else:
            connection.set_tenant(tenant)
        try:
            client.force_login(staff(role))
        finally:
            connection.set_tenant(before)
        return client

    return make


@pytest.fixture
def client_norte(sign_in: SignIn, norte: Tenant) -> Client:
    """norte's owner."""
    return sign_in(norte)


@pytest.fixture
def client_sur(sign_in: SignIn, sur: Tenant) -> Client:
    """sur's owner."""
    return sign_in(sur)
