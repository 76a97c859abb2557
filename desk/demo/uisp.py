"""The demo's UISP: some of the second provider's customers hang on its radios, and some wait to be matched."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from customers.models import Service
from desk.demo.providers import ACTOR
from desk.demo.world import ROUTER_USER, Provider, World
from network.domain.accesses import add_access
from network.domain.routers import add_router, change_router
from network.models import Access, Router
from tenants.current import enter

# Of the customers of the router it shares them with.
_LINKED, _TO_MATCH = 24, 8


def connect_uisp(provider: Provider, world: World, now: datetime) -> None:
    """Point the provider's UISP at its simulator, and put customers on it the first time. Runs inside the tenant."""
    if not provider.uisp or not world.uisp_port:
        return
    password = provider.uisp_password
    router = Router.objects.filter(name=provider.uisp).first()
    if router is None:
        made = add_router(
            name=provider.uisp,
            kind=Router.Kind.UISP_NMS,
            host="127.0.0.1",
            port=world.uisp_port,
            username=ROUTER_USER,
            password=password,
            actor=ACTOR,
            now=now,
        )
        _move_some(provider, made, now)
        return
    changes = {"host": "127.0.0.1", "port": world.uisp_port, "username": ROUTER_USER, "is_enabled": True}
    change_router(router_id=router.pk, changes=changes, actor=ACTOR, now=now, password=password)


def write_uisp_file(provider: Provider, world: World) -> None:
    """Write what the simulator starts from: a UISP keeps its sites over a restart."""
    if not provider.uisp or not world.uisp_port:
        return
    with enter(provider.slug):
        linked = Access.objects.filter(router__name=provider.uisp).select_related("service__customer", "service__plan")
        rows = [
            _site(
                one.service,
                one.username,
                suspended=one.desired == Access.Desired.OFF and not one.is_pending,
                number=number,
            )
            for number, one in enumerate(linked.order_by("pk"))
        ]
        alone = _services().filter(accesses=None).exclude(status=Service.Status.CANCELLED).order_by("pk")[:_TO_MATCH]
        rows += [
            _half_known(_site(one, _site_id(provider, one), suspended=False, number=n), one, n)
            for n, one in enumerate(alone)
        ]
        plans = {one.service.plan for one in linked} | {one.plan for one in alone}
    rows.append({"name": "Oficina Pilcomayo", "ip": "10.41.250.9", "mac": "FC:EC:DA:00:00:09"})
    state = {
        "plans": [
            {"name": plan.name, "download": plan.download_kbps / 1000, "upload": plan.upload_kbps / 1000}
            for plan in sorted(plans, key=lambda plan: plan.pk)
        ],
        "towers": ["Torre Pilcomayo", "Torre Azapampa"],
        "customers": rows,
    }
    Path(world.uisp_file(provider.slug)).write_text(json.dumps(state), encoding="utf-8")


def _move_some(provider: Provider, router: Router, now: datetime) -> None:
    """The last router's customers hang on radios: link some with their sites, and leave some to a person."""
    there = Access.objects.filter(router__name=provider.routers[-1], kind=Access.Kind.PPPOE).order_by("pk")
    for number, old in enumerate(there.select_related("service")[: _LINKED + _TO_MATCH]):
        ip, service = old.ip, old.service
        old.delete()
        if number < _LINKED:
            add_access(
                service=service,
                router=router,
                kind=Access.Kind.UISP_SITE,
                username=_site_id(provider, service),
                ip=ip,
                actor=ACTOR,
                now=now,
            )


def _services() -> Any:
    return Service.objects.select_related("customer", "plan", "equipment")


def _site(service: Service, site_id: str, *, suspended: bool, number: int) -> dict[str, Any]:
    equipment = getattr(service, "equipment", None)
    access = service.accesses.first()
    return {
        "name": service.customer.name,
        "site_id": site_id,
        "plan": service.plan.name,
        "ip": (access.ip if access else None) or f"10.41.251.{number + 10}",
        "mac": equipment.mac if equipment else "",
        "suspended": suspended,
        "online": number % 11 != 5,
    }


def _half_known(row: dict[str, Any], service: Service, number: int) -> dict[str, Any]:
    """What an installer left behind: a MAC under an odd name, a code in the name, a full name, or half of one."""
    row["name"] = [
        f"Casa {number + 1} Pilcomayo",
        f"{row['name']} {service.code}",
        row["name"].upper(),
        " ".join(row["name"].split()[:2]),
    ][number % 4]
    if number % 4:
        row["mac"] = f"FC:EC:DA:00:01:{number:02X}"
    return row


def _site_id(provider: Provider, service: Service) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"uisp:{provider.slug}:{service.pk}"))
