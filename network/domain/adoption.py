"""Take over many accesses at once, as an import brings them: few queries however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from customers.domain.holds import held_service_ids
from customers.models import Service
from events.domain import Actor, Fact, record_many
from network.domain.desire import LANE
from network.domain.routers import add_router
from network.domain.wanting import plan_of
from network.models import Access, Router
from tenants.wakes import wake


@dataclass(frozen=True, slots=True)
class NewAccess:
    """One access to be. The password stays out of `repr`."""

    service: Service
    router_id: int
    username: str
    ip: str | None = None
    mac: str = ""
    password: str = field(repr=False, default="")
    kind: str = Access.Kind.PPPOE
    cut_by: str = ""
    server: str = ""


@transaction.atomic
def adopt_routers(*, names: dict[str, str], actor: Actor, now: datetime) -> tuple[dict[str, Router], int]:
    """Return {name: router} for {name: external reference}, and how many were made.

    A router known only by name cannot be reached: it is made switched off, waiting for its address.
    """
    found = {router.name: router for router in Router.objects.filter(name__in=names)}
    missing = [name for name in names if name not in found]
    for name in missing:
        found[name] = add_router(
            name=name,
            host="",
            username="",
            password="",
            actor=actor,
            now=now,
            is_enabled=False,
            external_ref=names[name],
        )
    return found, len(missing)


@transaction.atomic
def adopt_accesses(*, accesses: Iterable[NewAccess], actor: Actor, now: datetime) -> list[Access]:
    """Make the accesses that are not there yet; return the ones made. Those there already are left as they are.

    What each should be follows the holds of its service. Nobody is told: nothing changes for them.
    """
    wanted: dict[tuple[int, str, str], NewAccess] = {}
    for new in accesses:
        # Two services of one user: the first has it, as whoever brings them is told.
        wanted.setdefault((new.router_id, new.kind, new.username), new)
    have = set(
        Access.objects.filter(
            router_id__in={router_id for router_id, _kind, _name in wanted},
            username__in={name for _id, _kind, name in wanted},
        ).values_list("router_id", "kind", "username")
    )
    fresh = [new for key, new in wanted.items() if key not in have]
    held = held_service_ids([new.service.pk for new in fresh], now)
    made = Access.objects.bulk_create(
        [_access(new, new.service.pk in held, actor, now) for new in fresh], batch_size=2000
    )
    if made:
        _tell(made, actor, now)
    return made


def _access(new: NewAccess, is_held: bool, actor: Actor, now: datetime) -> Access:
    access = Access(
        service=new.service,
        router_id=new.router_id,
        kind=new.kind,
        username=new.username,
        ip=new.ip,
        mac=new.mac,
        cut_by=new.cut_by,
        server=new.server,
    )
    # As it would be derived: nothing is to be written because of it.
    access.wanted_plan = plan_of(access)
    if is_held or new.service.status == Service.Status.CANCELLED:
        access.desired, access.generation, access.requested_at = Access.Desired.OFF, 1, now
        access.requested_by = {"kind": actor.kind, "id": actor.id, "label": actor.label}
    access.seal(password=new.password)
    return access


def _tell(made: Sequence[Access], actor: Actor, now: datetime) -> None:
    routers = dict(Router.objects.filter(pk__in={access.router_id for access in made}).values_list("pk", "name"))
    record_many(
        Fact(
            "access.added",
            access,
            actor,
            access.customer_id,
            now,
            {"router": routers[access.router_id], "username": access.username},
        )
        for access in made
    )
    # Also when nothing is to change: the router is read, so that the page shows what it has.
    Router.objects.filter(pk__in=routers).update(observe_at=now)
    wake(LANE)
