"""The known traps of living in schemas, each held by a test."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from customers.models import Customer
from tenants import live
from tenants.current import NoTenant, current_tenant, enter, entered, tenant_salt
from tenants.models import Domain, Tenant
from tenants.provision import missing_tables

pytestmark = pytest.mark.django_db


def test_public_is_nobodys_schema():
    with pytest.raises(NoTenant), enter("public"):
        pass
    with pytest.raises(NoTenant):
        current_tenant()


def test_entering_returns_to_where_we_were_also_after_an_error(norte, sur):
    with enter("norte"):
        with pytest.raises(ZeroDivisionError), enter("sur"):
            assert current_tenant() == sur
            1 / 0  # noqa: B018
        assert current_tenant() == norte
    assert connection.schema_name == "public"


def test_a_rolled_back_savepoint_does_not_change_the_schema(norte, sur):
    """django-tenants below 4.0.1 believed the SET search_path that the rollback had undone."""
    with entered(norte):
        Customer.objects.create(code="N1", name="Nadia")
    with entered(sur):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            with entered(norte):
                assert Customer.objects.filter(code="N1").exists()
            1 / 0  # noqa: B018
        assert not Customer.objects.filter(code="N1").exists()
        with connection.cursor() as cursor:
            cursor.execute("SHOW search_path")
            assert cursor.fetchone()[0].split(",")[0].strip("\"' ") == "sur"


def test_a_lazy_queryset_reads_where_it_is_evaluated(norte, sur):
    """Why domain functions return lists, or are consumed inside the tenant."""
    with entered(norte):
        Customer.objects.create(code="N1", name="Nadia")
        lazy = Customer.objects.filter(code="N1")
    with entered(sur):
        assert list(lazy) == []


def test_every_tenant_has_all_its_own_tables(norte):
    assert missing_tables(norte) == set()
    with entered(norte), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_contact RENAME TO elsewhere")
    assert missing_tables(norte) == {"customers_contact"}


def test_cache_and_files_carry_the_tenant(norte, sur):
    with entered(norte):
        cache.set("greeting", "hola norte")
        name = default_storage.save("note.txt", ContentFile(b"norte"))
    with entered(sur):
        assert cache.get("greeting") is None
        assert not default_storage.exists(name)
    with entered(norte):
        assert cache.get("greeting") == "hola norte"
        assert str(norte.uuid) in default_storage.path(name)
        with pytest.raises(ValueError, match="no public address"):
            default_storage.url(name)


def test_salts_and_live_tokens_name_the_tenant(norte, sur):
    with entered(norte):
        salt = tenant_salt("x")
        token = live.make_live_token(user_id=7, topics=["inbox"])
    with entered(sur):
        assert tenant_salt("x") != salt
    assert live.read_live_token(token) == {"tenant": str(norte.uuid), "user": 7, "topics": ["inbox"]}


def test_an_unknown_host_finds_nothing_and_is_told_so(client):
    response = client.get("/", HTTP_HOST="nadie.localhost")
    assert response.status_code == 404
    assert "nadie.localhost" in response.content.decode()


def test_a_changed_domain_is_forgotten_at_once(client, norte):
    assert client.get("/health", HTTP_HOST="norte.localhost").status_code == 200
    Domain.objects.filter(tenant=norte).get().delete()
    assert client.get("/health", HTTP_HOST="norte.localhost").status_code == 404


def test_a_provider_in_preparation_is_not_served(client, norte):
    norte.status = Tenant.Status.PREPARING
    norte.save()
    assert client.get("/health", HTTP_HOST="norte.localhost").status_code == 503
