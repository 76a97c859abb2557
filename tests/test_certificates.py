"""A certificate is fetched for hosts we serve, and for no other."""

import pytest

from tenants.models import Tenant


@pytest.mark.parametrize(
    ("domain", "status"),
    [("norte.localhost", 200), ("SUR.localhost", 200), ("localhost", 200), ("elsewhere.example", 404), ("", 404)],
)
def test_only_known_hosts(sign_in, domain, status):
    client = sign_in(None, role=None)
    assert client.get("/certificates/allowed", {"domain": domain}).status_code == status


def test_a_provider_that_is_not_ready_gets_none(sign_in, norte):
    Tenant.objects.filter(pk=norte.pk).update(status=Tenant.Status.PAUSED)
    client = sign_in(None, role=None)
    assert client.get("/certificates/allowed", {"domain": "norte.localhost"}).status_code == 404


def test_it_is_not_asked_on_a_providers_host(sign_in, norte):
    assert sign_in(norte, role=None).get("/certificates/allowed", {"domain": "localhost"}).status_code == 404
