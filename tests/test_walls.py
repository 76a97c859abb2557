"""Nobody sees over the wall: every page and API of one provider, asked by the other, by strangers, by roles.

The addresses are read from the URL configuration, so a new page is under test the day it is added.
"""

from __future__ import annotations

import pytest

from inbox.doors import DOORS
from tenants.current import entered
from tests.population import populate, routes

pytestmark = pytest.mark.django_db

# What anybody may open. All else asks a stranger to sign in, or shows nothing.
OPEN = {
    "health",
    "accounts:sign_in",
    "accounts:sign_out",
    "desk:styleguide",
    "desk:brand_css",
    "desk:brand_icon",
    "desk:brand_logo",
    "hook_twilio",
    "hook_twilio_status",
    "hook_media",
    # Of far sides: what is no call of theirs is refused with 400, and nothing is stored.
    "hook_cloud",
    "webhook_cloud",
    "webhook_whatsapp",
    *[f"door_{kind}{ending}" for kind in DOORS for ending in ("", "_of")],
    "chat_script",
    "chat_frame",
    "chat_session",
    "chat_lines",
    "chat_message",
    "chat_state",
    "chat_typing",
    "chat_file",
    "api_docs",
    "api_schema",
}


@pytest.fixture
def worlds(norte, sur):
    """Both providers full of people, invoices, routers and chats, and nobody in common."""
    with entered(norte):
        ours = populate("norte")
    with entered(sur):
        theirs = populate("sur")
    return ours, theirs


def body_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_neighbour_sees_nothing_of_ours(norte, sur, worlds, sign_in):
    ours, _ = worlds
    client = sign_in(sur, "owner")
    opened = 0
    for route in routes():
        for path in route.paths(ours.ids):
            response = client.get(path)
            leaked = [mark for mark in ours.marks if mark.encode() in body_of(response)]
            assert not leaked, (path, leaked)
            opened += response.status_code == 200
    assert opened > 20  # the walk opened pages; it did not only bounce off


def test_our_own_pages_show_it_and_none_breaks(norte, worlds, sign_in):
    """The walk above would pass on empty or broken pages: our own owner finds every mark, and no error."""
    ours, theirs = worlds
    client = sign_in(norte, "owner")
    found: set[str] = set()
    broken = []
    for route in routes():
        for path in route.paths(ours.ids):
            response = client.get(path)
            body = body_of(response)
            found |= {mark for mark in ours.marks if mark.encode() in body}
            assert not [mark for mark in theirs.marks if mark.encode() in body], path
            if response.status_code >= 500:
                broken.append(path)
    assert broken == []
    assert set(ours.marks) - found == set()


def test_a_stranger_is_asked_to_sign_in_everywhere(norte, worlds, sign_in):
    ours, _ = worlds
    client = sign_in(norte, None)
    for route in routes():
        if route.name in OPEN:
            continue
        for path in route.paths(ours.ids):
            for call in (client.get, client.post):
                response = call(path)
                refused = response.status_code in {401, 403, 404, 405} or (
                    response.status_code == 302 and response["Location"].startswith("/entrar/")
                )
                assert refused, (call.__name__, path, response.status_code)


@pytest.mark.parametrize("role", ["technician", "sales", "read_only"])
def test_a_role_without_money_changes_none(norte, worlds, sign_in, role):
    ours, _ = worlds
    client = sign_in(norte, role)
    with entered(norte):
        before = ours.money()
    for route in routes():
        for path in route.paths(ours.ids):
            if path.startswith(("/cobranza/", "/api/v1/")):
                client.post(path)
            if path.startswith("/api/v1/"):
                client.delete(path)
    with entered(norte):
        assert ours.money() == before
