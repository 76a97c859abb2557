"""A provider is opened from the console, with its schema, its domain and its owner."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from console.forms import COUNTRIES
from tenants.current import entered
from tenants.formats import MONEY
from tenants.models import Tenant

TYPED = {
    "name": "Fibra del Pacífico",
    "domain": "HTTPS://pacifico.localhost/",
    "country": "CO",
    "timezone": "",
    "owner_name": "Ana Ruiz",
    "owner_email": "Ana@Pacifico.example",
}


def test_a_new_provider_is_ready_and_its_owner_can_sign_in(fresh_db, norte, sign_in):
    answer = sign_in(None).post("/proveedores/nuevo", TYPED)
    page = answer.content.decode()
    assert answer.status_code == 200
    password = re.search(r"<code>([^<]+)</code>", page)[1]
    tenant = Tenant.objects.get(slug="fibra-del-pacifico")
    assert (tenant.status, tenant.currency, tenant.timezone) == ("ready", "COP", "America/Bogota")
    door = sign_in(tenant, None).post("/entrar/", {"email": "ana@pacifico.example", "password": password})
    assert door.status_code == 302
    with entered(norte):
        assert not User.objects.filter(email="ana@pacifico.example").exists()
    tenant.delete(force_drop=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"domain": "norte.localhost"}, "ya es de otro"),
        ({"domain": "no es un dominio"}, "No parece un dominio"),
        ({"domain": "fibra.mx:8000"}, "No parece un dominio"),
        ({"owner_email": "nadie"}, "Fibra del Pacífico"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(norte, sign_in, wrong, sentence):
    before = Tenant.objects.count()
    answer = sign_in(None).post("/proveedores/nuevo", {**TYPED, **wrong})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Tenant.objects.count() == before


@pytest.mark.django_db
def test_only_who_runs_the_platform_opens_providers(norte, sign_in):
    assert sign_in(None, "read_only").post("/proveedores/nuevo", TYPED).status_code == 404
    assert sign_in(norte).post("/proveedores/nuevo", TYPED).status_code == 404


def test_every_country_has_a_zone_that_exists_and_a_currency_we_can_write():
    for _name, currency, zone in COUNTRIES.values():
        assert currency in MONEY
        assert ZoneInfo(zone).key == zone
