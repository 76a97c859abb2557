"""The demo's routers: where they listen, and the files the simulators start from."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from customers.models import Contact
from desk.demo.by_hand import touched_by_hand
from desk.demo.providers import ACTOR, messaging_account
from desk.demo.world import PROVIDERS, ROUTER_USER, Provider, World
from desk.imports.samples.generate import sample_clients
from network.domain.routers import add_router, change_router
from network.models import Access, Router
from tenants.current import enter


def connect_routers(provider: Provider, world: World, now: datetime) -> None:
    """Point the provider's routers at their simulators; the ports change with each start."""
    for name in provider.routers:
        place = world.router(provider.slug, name)
        router = Router.objects.filter(name=name).first()
        if router is None:
            add_router(
                name=name,
                host="127.0.0.1",
                port=place.port,
                username=ROUTER_USER,
                password=place.password,
                actor=ACTOR,
                now=now,
            )
            continue
        changes = {"host": "127.0.0.1", "port": place.port, "username": ROUTER_USER, "is_enabled": True}
        change_router(router_id=router.pk, changes=changes, actor=ACTOR, now=now, password=place.password)


def write_listed_files(world: World, *, as_of: date) -> None:
    """Write the simulators' files from the shipped lists alone: routers as they were before we came."""
    accounts = []
    for provider in PROVIDERS:
        rows = sample_clients(provider=provider.slug, today=as_of, size=world.customers)
        for name in provider.routers:
            listed = [_listed_secret(row) for row in rows if row["router"]["nombre"] == name]
            Path(world.router(provider.slug, name).state).write_text(json.dumps(listed), encoding="utf-8")
        accounts.append(messaging_account(provider, world, []))
    Path(world.messaging_config).write_text(json.dumps({"accounts": accounts}), encoding="utf-8")


def _listed_secret(row: dict[str, Any]) -> dict[str, object]:
    return {
        "name": row["servicio"],
        "password": row["password_servicio"],
        "profile": "default",
        "service": "pppoe",
        "disabled": row["estado"] in {"Suspendido", "Cancelado"},
        "remote-address": row["ip"] or "",
        "comment": row["nombre"],
    }


def write_simulator_files(world: World) -> None:
    """Write what each simulator starts from: a router keeps its configuration over a restart."""
    accounts = []
    for provider in PROVIDERS:
        with enter(provider.slug):
            for name in provider.routers:
                state = touched_by_hand(_secrets(name)) if name == provider.routers[0] else _secrets(name)
                Path(world.router(provider.slug, name).state).write_text(json.dumps(state), encoding="utf-8")
            accounts.append(messaging_account(provider, world, _contacts()))
    Path(world.messaging_config).write_text(json.dumps({"accounts": accounts}), encoding="utf-8")


def _secrets(router: str) -> list[dict[str, object]]:
    accesses = Access.objects.filter(router__name=router).select_related("service__customer", "service__plan")
    return [
        {
            "name": access.username,
            "password": access.reveal("password") or access.username,
            "profile": "default",
            "service": "pppoe",
            "disabled": access.desired == Access.Desired.OFF and not access.is_pending,
            "remote-address": access.ip or "",
            "comment": access.service.customer.name,
        }
        for access in accesses
    ]


def _contacts() -> list[dict[str, str]]:
    phones = Contact.objects.filter(kind__in=["phone", "whatsapp"], is_primary=True).select_related("customer")
    return [{"phone": phone.value, "name": phone.customer.name} for phone in phones.order_by("customer__name_key")]
