"""Founding a provider from the command line, as production does it first."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiKey, User
from inbox.models import Template
from tenants.current import enter
from tenants.models import Tenant
from tests.harness.fixtures import TenantClient

OWNER = ("duena@este.example", "Regina Lozano")


def run(command, *args, **options):
    out = StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue()


def found(slug="este", **changes):
    options = {"name": "EsteNet", "domain": "este.localhost", "owner": OWNER, **changes}
    return run("add_provider", slug, **options)


def test_a_provider_is_founded_and_its_owner_signs_in(fresh_db):
    said = found(country="pe", currency="pen", timezone="America/Lima")
    password = re.search(r"signs in with (\S+)", said)[1]
    tenant = Tenant.objects.get(slug="este")
    assert (tenant.status, tenant.country, tenant.currency) == ("ready", "PE", "PEN")
    client = TenantClient(HTTP_HOST="este.localhost")
    assert client.post("/entrar/", {"email": OWNER[0], "password": password}).status_code == 302
    assert client.get("/").status_code == 200
    with enter("este"):
        assert Template.objects.exists()
    with pytest.raises(CommandError, match="in use already"):
        found(domain="otro.localhost")


@pytest.mark.parametrize(
    ("slug", "changes", "words"),
    [
        ("Este", {}, "short name"),
        ("public", {}, "short name"),
        ("pg-este", {}, "short name"),
        ("este", {"timezone": "Lima"}, "time zone"),
        ("este", {"domain": "norte.localhost"}, "in use already"),
    ],
)
def test_a_mistake_leaves_nothing(norte, slug, changes, words):
    before = Tenant.objects.count()
    with pytest.raises(CommandError, match=words):
        found(slug, **changes)
    assert Tenant.objects.count() == before


def test_staff_and_keys_belong_to_their_provider(norte, sur):
    said = run("add_staff", "norte", "cobranza@norte.example", "Óscar Peña", role="collections")
    assert "shown once" in said
    key = run("add_api_key", "norte", "Contabilidad")
    run("add_staff", "-", "plataforma@enlace.example", "Plataforma")
    assert User.objects.get(email="plataforma@enlace.example").role == "owner"
    with enter("norte"):
        assert User.objects.get(email="cobranza@norte.example").role == "collections"
        assert ApiKey.objects.get().role == "read_only"
    with enter("sur"):
        assert not User.objects.filter(email="cobranza@norte.example").exists()
        assert not ApiKey.objects.exists()
    assert re.fullmatch(r"Authorization: Api-Key enl_\w{8}_\S+\n", key)
    for args in (("add_staff", "nadie", "a@b.example", "A"), ("add_api_key", "nadie", "x")):
        with pytest.raises(CommandError, match="no provider"):
            run(*args)
    with pytest.raises(CommandError, match="has an account"):
        run("add_staff", "norte", "cobranza@norte.example", "Otra")
    with pytest.raises(CommandError, match="not an e-mail"):
        run("add_staff", "norte", "cobranza", "Otra")
