"""What goes wrong is said in a sentence, on the provider's brand where there is one, else by itself."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db


def test_an_unknown_host_is_told_so_and_its_style_sheets_answer(norte):
    page = Client(HTTP_HOST="nadie.localhost").get("/")
    assert page.status_code == 404
    assert "Nadie atiende en «nadie.localhost»" in page.content.decode()
    assert Client(HTTP_HOST="nadie.localhost").get("/static/css/app.css").status_code == 200


def test_what_is_not_found_says_so_on_the_brand(norte, sign_in):
    page = sign_in(norte).get("/no-hay/")
    assert page.status_code == 404
    assert "Aquí no hay nada que mostrarle" in page.content.decode()
    assert norte.brand.name in page.content.decode()


@pytest.mark.parametrize("template", ["400.html", "403.html", "404.html", "500.html"])
def test_an_error_page_needs_nothing_of_the_request(template):
    page = render_to_string(template)
    assert 'href="/"' in page
    assert "<h1>" in page


def test_an_expired_form_says_that_nothing_was_saved(norte):
    strict = Client(enforce_csrf_checks=True, HTTP_HOST="norte.localhost")
    page = strict.post("/entrar/", {"email": "a@b.example", "password": "x"})
    assert page.status_code == 403
    assert "El formulario venció" in page.content.decode()
