"""Nobody sees over the wall: every page and API of one provider, asked by the other, by strangers, by roles.

The paths are read from the URL configuration, so a new page is under test the day it is added.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.current import entered
from tests.population import Population, populate

pytestmark = pytest.mark.django_db

# What anybody may open. All else asks a stranger to sign in, or shows nothing.
OPEN = {
    "health",
    "entrar/",
    "salir/",
    "brand.css",
    "brand/logo",
    "hooks/twilio/",
    "hooks/twilio/status/",
    "api/",
    "api/schema/",
    "i18n/",
}


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route of a URL configuration with its full pattern."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        else:
            yield route, entry


def paths(population: Population) -> Iterator[tuple[str, str]]:
    """(route, path) for every route, its parameters filled with rows of `population`."""
    for route, pattern in patterns(get_resolver("config.urls")):
        filled = population.fill(route, pattern)
        if filled is not None:
            yield route, "/" + filled


@pytest.fixture
def worlds(norte, sur):
    """Both providers full of people, invoices, routers and chats, and nobody in common."""
    with entered(norte):
        ours = populate("norte")
    with entered(sur):
        theirs = populate("sur")
    return ours, theirs


def test_the_neighbour_sees_nothing_of_ours(norte, sur, worlds, sign_in):
    ours, _ = worlds
    client = sign_in(sur, "owner")
    seen = 0
    for _route, path in paths(ours):
        for headers in ({}, {"HTTP_HX_REQUEST": "true"}):
            response = client.get(path, **headers)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            leaked = [mark for mark in ours.marks if mark.encode() in body]
            assert not leaked, (path, leaked)
            seen += response.status_code == 200
    assert seen > 20  # the walk opened pages; it did not only bounce off


def test_what_we_look_for_is_really_there(norte, worlds, sign_in):
    """The walk above would pass on empty pages: our own owner finds the marks."""
    ours, _ = worlds
    client = sign_in(norte, "owner")
    found = set()
    for _route, path in paths(ours):
        response = client.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        found |= {mark for mark in ours.marks if mark.encode() in body}
    assert found == set(ours.marks)


def test_no_page_breaks(norte, worlds, sign_in):
    ours, _ = worlds
    client = sign_in(norte, "owner")
    broken = [path for _route, path in paths(ours) if client.get(path).status_code >= 500]
    assert broken == []


def test_a_stranger_is_asked_to_sign_in_everywhere(norte, worlds):
    ours, _ = worlds
    client = Client(HTTP_HOST="norte.localhost")
    for route, path in paths(ours):
        if route in OPEN:
            continue
        for method in (client.get, client.post):
            response = method(path)
            refused = response.status_code in {401, 403, 404, 405} or (
                response.status_code == 302 and response["Location"].startswith("/entrar/")
            )
            assert refused, (method, path, response.status_code)


@pytest.mark.parametrize("role", ["technician", "sales", "read_only"])
def test_a_role_without_money_changes_none(norte, worlds, sign_in, role):
    """Every POST and DELETE that moves money, cuts or settings is absent for those who may not."""
    ours, _ = worlds
    client = sign_in(norte, role)
    before = ours.money()
    for _route, path in paths(ours):
        if path.startswith(("/cobranza/", "/api/v1/payments", "/api/v1/receipts", "/api/v1/billing")):
            for call in (client.post, client.delete):
                assert call(path).status_code in {401, 403, 404, 405}, path
    with entered(norte):
        assert ours.money() == before
