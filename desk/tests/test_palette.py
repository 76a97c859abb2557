"""The palette finds what one may see, and nothing of another provider."""

from __future__ import annotations

import pytest

from accounts.permissions import ALL
from customers.models import Customer
from desk.domain.palette import find_anything
from desk.navigation import SECTIONS, SETTINGS
from network.models import Router
from tenants.current import entered
from tests.harness.fixtures import staff

pytestmark = pytest.mark.django_db


def labels(text, role="owner"):
    return {group.label: [a.label for a in group.answers] for group in find_anything(text, user=staff(role))}


def test_without_words_it_says_where_one_can_go(in_norte):
    assert "Inicio" in labels("")["Ir a"]


def test_pages_are_found_without_accents(in_norte):
    assert "Ajustes › Guía de estilo" in labels("guia")["Ir a"]


def test_a_page_one_may_not_open_is_not_offered(in_norte):
    assert "Ajustes › Marca" in labels("marca")["Ir a"]
    assert labels("marca", "technician") == {}


def test_it_finds_nothing_of_another_provider(norte, sur, sign_in):
    with entered(norte):
        Customer.objects.create(code="C-1", name="María Ñaupari")
        Router.objects.create(name="RB-Ñaupari", host="10.0.0.1")
    with entered(sur):
        assert labels("ñaupari") == {}
    assert "upari" in sign_in(norte).get("/buscar/", {"q": "naupari"}).content.decode()


def test_nothing_found_says_what_to_try(norte, sign_in):
    assert "Pruebe con" in sign_in(norte).get("/buscar/", {"q": "<zzz>"}).content.decode()


def test_a_stranger_is_sent_to_sign_in(norte, sign_in):
    assert sign_in(norte, None).get("/buscar/").status_code == 302


def test_every_page_named_needs_a_code_that_exists():
    pages = [page for section in SECTIONS for page in section.pages] + list(SETTINGS)
    assert {page.code for page in pages} <= ALL | {""}


@pytest.mark.parametrize(
    ("path", "section", "tab"),
    [
        ("/", "Inicio", ""),
        ("/cobranza/facturas/?estado=open", "Cobranza", "Facturas"),
        ("/cobranza/politica/", "Ajustes", ""),
        ("/ajustes/marca/", "Ajustes", ""),
        ("/red/", "Red", "Routers"),
        ("/clientes/nuevo/", "Clientes", ""),
    ],
)
def test_the_rail_says_where_one_is(norte, sign_in, path, section, tab):
    nav = sign_in(norte).get(path).context["nav"]
    assert [s.label for s in nav["sections"] if s.current] == [section]
    assert [str(t.label) for t in nav["tabs"] if t.current] == ([tab] if tab else [])
