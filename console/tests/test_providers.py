"""The platform sees how large its providers are, and providers' people see nothing of the platform."""

from __future__ import annotations

import pytest

from customers.models import Customer
from tenants.current import entered
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


def test_the_table_counts_each_providers_own(norte, sur, sign_in):
    with entered(norte):
        for number in range(3):
            Customer.objects.create(code=f"C-{number}", name="Ana Secreta")
    page = sign_in(None).get("/").content.decode()
    assert norte.name in page
    assert sur.name in page
    assert '<td class="num rows__end">3</td>' in page
    assert '<td class="num rows__end">0</td>' in page
    assert "Ana Secreta" not in page


def test_search_by_domain_and_nothing_found(norte, sur, sign_in):
    client = sign_in(None)
    page = client.get("/", {"q": "norte.localhost"}).content.decode()
    assert norte.name in page
    assert sur.name not in page
    assert "Ningún proveedor coincide" in client.get("/", {"q": "zzz"}).content.decode()


def test_a_paused_provider_says_so_and_can_go_on(norte, sur, sign_in):
    platform = sign_in(None)
    assert platform.post(f"/proveedores/{norte.slug}/estado/", {"do": "pause"}).status_code == 302
    assert sign_in(norte, None).get("/entrar/").status_code == 503
    assert sign_in(sur, None).get("/entrar/").status_code == 200
    platform.post(f"/proveedores/{norte.slug}/estado/", {"do": "resume"})
    assert sign_in(norte, None).get("/entrar/").status_code == 200


def test_a_provider_in_preparation_is_listed_and_not_made_ready_by_hand(norte, sign_in):
    fresh = Tenant.objects.create(schema_name="nuevo", slug="nuevo", name="Nuevo")
    platform = sign_in(None)
    assert "En preparación" in platform.get("/").content.decode()
    platform.post("/proveedores/nuevo/estado/", {"do": "resume"})
    fresh.refresh_from_db()
    assert fresh.status == Tenant.Status.PREPARING


def test_strangers_sign_in_and_readers_change_nothing(norte, sign_in):
    assert sign_in(None, None).get("/").status_code == 302
    reader = sign_in(None, "read_only")
    assert reader.get("/").status_code == 200
    assert reader.post(f"/proveedores/{norte.slug}/estado/", {"do": "pause"}).status_code == 404
    assert reader.get("/proveedores/nadie/").status_code == 404


def test_the_console_does_not_exist_on_a_providers_host(norte, sign_in):
    assert sign_in(norte).get(f"/proveedores/{norte.slug}/").status_code == 404
