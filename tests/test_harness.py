"""The harness itself: isolation between tests, between providers, and after real commits."""

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import User
from tenants.current import enter
from tenants.models import Tenant
from tenants.redis import redis_client


def make_user() -> User:
    return User.objects.create_user("ana@ejemplo.test", name="Ana")


def test_a_row_of_norte_is_not_in_sur(in_norte, sur):
    make_user()
    with enter("sur"):
        assert not User.objects.exists()


@pytest.mark.parametrize("turn", [1, 2])
def test_rows_are_rolled_back(in_norte, turn):
    assert not User.objects.exists()
    make_user()


@pytest.mark.parametrize("turn", [1, 2])
def test_committed_rows_and_redis_are_gone_in_the_next_test(fresh_db, in_norte, turn):
    assert not User.objects.exists()
    assert not redis_client().keys("*")
    committed = []
    with transaction.atomic():
        make_user()
        transaction.on_commit(lambda: committed.append(turn))
    redis_client().set("left", "behind")
    assert committed == [turn]


def test_a_request_leaves_the_test_where_it_was(sign_in, in_norte, sur):
    client = sign_in(sur)
    assert client.get("/health").status_code == 200
    assert connection.schema_name == "norte"


def test_the_platform_has_its_own_staff(sign_in, norte):
    assert isinstance(sign_in(None), Client)
    with enter("norte"):
        assert not User.objects.exists()


def test_the_two_providers_differ(norte, sur):
    assert norte.status == sur.status == Tenant.Status.READY
    for field in ("uuid", "currency", "country", "timezone"):
        assert getattr(norte, field) != getattr(sur, field)
