"""The demo's channels that need no account: a phone for trying things, and the chat on the provider's own site.

The site stands on another origin, as a provider's does: it is served by `simulators.own_site` on a port of its own.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from desk.demo.providers import ACTOR
from desk.demo.world import Provider, World
from inbox.domain.channels import add_channel
from inbox.domain.templates import approve_notices, ensure_default_templates
from inbox.models import Channel
from tenants.current import current_tenant, tenant_origin


def connect_own_channels(provider: Provider, world: World) -> None:
    """Connect the phone and the chat; the chat is let onto the site where it stands now. Runs inside the tenant."""
    if not world.site_port:
        return
    phone = f"phone:{provider.slug}"
    if not Channel.objects.filter(kind="sandbox", address=phone).exists():
        kept = _connect("sandbox", "Teléfono de pruebas", phone, "solo pruebas", {"for_notices": False})
        notices = ensure_default_templates()
        approve_notices(channel=kept, ids={row.key: f"sandbox:{row.key}" for row in notices})
    origin = f"localhost:{world.site_port}"
    words = {"title": f"Escriba a {provider.name}", "greeting": "Hola, ¿en qué le ayudamos?", "ask": True}
    config = {"origins": [f"http://{origin}"], **words}
    _connect("web_chat", "Chat de la página", f"chat:{provider.slug}", origin, config)


def _connect(kind: str, name: str, address: str, shown: str, config: dict[str, Any]) -> Channel:
    """Keep a channel; its name and what signs its visitors' tokens stay as they are."""
    found = Channel.objects.filter(kind=kind, address=address).first()
    return add_channel(
        kind=kind,
        name=found.name if found else name,
        address=address,
        account=str(current_tenant().uuid),
        auth_token="",
        hook_secret="" if found else secrets.token_urlsafe(32),
        shown=shown,
        config={**(found.config if found else {}), **config},
        actor=ACTOR,
    )


def site_of(provider: Provider) -> dict[str, str]:
    """Return the provider's site as `simulators.own_site` reads it. Runs inside the tenant."""
    chat = Channel.objects.get(kind="web_chat", address=f"chat:{provider.slug}")
    return {
        "slug": provider.slug,
        "name": provider.name,
        "phone": provider.phone,
        "address": provider.address,
        "color": provider.color,
        "script": f"{tenant_origin()}/chat/{chat.hook}.js",
    }


def write_sites(world: World, sites: list[dict[str, str]]) -> None:
    """Write what the sites' server starts from."""
    Path(world.site_file()).write_text(json.dumps({"sites": sites}, indent=1), encoding="utf-8")
