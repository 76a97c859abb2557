"""The demo's phone and chat: made once, and the chat is let onto the site wherever it stands at this start."""

from __future__ import annotations

import json
import threading
import urllib.request
from pathlib import Path

import pytest

from desk.demo.own_site import connect_own_channels, site_of, write_sites
from desk.demo.world import PROVIDERS, World, router_names
from inbox.models import Channel
from simulators.own_site import serve
from tenants.current import enter
from tests.harness.fixtures import host_of


@pytest.fixture
def world(tmp_path: Path, norte, sur) -> World:
    made = World.plan(tmp_path, web=8000, messaging_port=1, router_ports=[1] * len(router_names()))
    made.site_port = 4001
    made.write(tmp_path / "world.json")
    return World.read(tmp_path / "world.json")


def test_each_provider_has_its_own_and_they_are_kept(world: World) -> None:
    hooks = set()
    for provider in PROVIDERS:
        with enter(provider.slug):
            connect_own_channels(provider, world)
            before = {row.kind: (row.pk, row.hook, row.reveal("hook_secret")) for row in Channel.objects.all()}
            assert set(before) == {"sandbox", "web_chat"}
            assert not Channel.objects.filter(is_default=True).exists()
            world.site_port += 1
            Channel.objects.filter(kind="web_chat").update(name="Mi chat")
            connect_own_channels(provider, world)
            assert {row.kind: (row.pk, row.hook, row.reveal("hook_secret")) for row in Channel.objects.all()} == before
            chat = Channel.objects.get(kind="web_chat")
            assert (chat.name, chat.config["origins"]) == ("Mi chat", [f"http://localhost:{world.site_port}"])
            hooks.add(chat.hook)
    assert len(hooks) == len(PROVIDERS)


def test_a_story_has_none(world: World, in_norte) -> None:
    world.site_port = 0
    connect_own_channels(PROVIDERS[0], world)
    assert not Channel.objects.exists()


def test_the_site_carries_the_script_that_answers(world: World, norte, client_norte) -> None:
    with enter("norte"):
        connect_own_channels(PROVIDERS[0], world)
        site = site_of(PROVIDERS[0])
    write_sites(world, [site])
    server = serve(host="127.0.0.1", port=0, sites=json.loads(Path(world.site_file()).read_text())["sites"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/norte/", timeout=10).read().decode()
    finally:
        server.shutdown()
        server.server_close()
    assert f'<script src="{site["script"]}" async>' in page
    assert host_of(norte) in site["script"]
    path = site["script"].partition("/chat/")[2]
    assert client_norte.get(f"/chat/{path}").status_code == 200
