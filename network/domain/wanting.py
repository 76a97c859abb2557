"""What a router should have for an access, as the drivers take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform

from customers.models import Plan
from network.drivers.base import Key, Speed, Wanted
from network.models import Access, PlanProfile
from network.models.accesses import signature_of


class Wish(NamedTuple):
    """What of an access, its service and its customer says what it should be: read by the thousand, so no instance."""

    pk: int
    uuid: UUID
    router_id: int
    generation: int
    urgent: bool
    desired: str
    cut_approved: bool
    kind: str
    username: str
    password: bytes
    cut_by: str
    provisions: bool
    wanted_plan: dict[str, Any]
    profile: str
    ip: str | None
    mac: str
    server: str
    kick_at: Any
    plan_id: int
    code: str
    customer: str
    cause: str | None


# What to read, in the order of Wish.
WISH = (
    *("pk", "uuid", "router_id", "generation", "urgent", "desired", "cut_approved", "kind", "username", "password"),
    *("cut_by", "provisions", "wanted_plan", "profile", "ip", "mac", "server", "kick_at"),
    *("service__plan_id", "service__code", "service__customer__name", KeyTextTransform("label", "requested_by")),
)


def wanted_of(wish: Wish, profiles: Mapping[tuple[int, int, str], PlanProfile]) -> Wanted:
    """Return what the router should have; the password is opened when it may be written.

    `profiles` says what plans are by (router, plan, method).
    """
    plan = wish.wanted_plan
    known = profiles.get((wish.router_id, wish.plan_id, wish.kind)) if plan else None
    return Wanted(
        key=Key(wish.kind, wish.username),
        state=wish.desired,
        cut_by=wish.cut_by,
        provision=wish.provisions and wish.desired != Access.Desired.GONE,
        speed=Speed(*plan["speed"]) if plan.get("speed") else None,
        profile=wish.profile or (known.name if known else ""),
        password=Access(uuid=wish.uuid, password=wish.password).reveal("password") if wish.provisions else "",
        ip=wish.ip or "",
        mac=wish.mac,
        server=wish.server,
        comment=f"{wish.customer} {wish.code}",
        signature=signature_of(wish.uuid),
        kick=wish.kick_at is not None,
        validity_s=int(known.validity.total_seconds()) if known and known.validity else 0,
        trial=known is not None and known.is_trial,
    )


_PLAN_KINDS = (Access.Kind.QUEUE, Access.Kind.PCQ)
_PLAN_CUTS = (Access.CutBy.PROFILE, Access.CutBy.SPEED)


def by_plan() -> Q:
    """Those for which `plan_of` is not empty."""
    return Q(manages_speed=True) | Q(kind__in=_PLAN_KINDS) | Q(cut_by__in=_PLAN_CUTS)


def plan_of(access: Access) -> dict[str, Any]:
    """Return what the plan of an access asks for, as `wanted_plan` keeps it; empty while its speed is not ours.

    Where the cut takes the speed or the profile away, the plan's is what a reconnection gives back.
    """
    if not (access.manages_speed or access.kind in _PLAN_KINDS or access.cut_by in _PLAN_CUTS):
        return {}
    plan = access.service.plan
    return {"speed": list(speed_of(plan)), "plan": plan.pk}


def speed_of(plan: Plan) -> Speed:
    """Return the speed a plan sells."""
    return Speed(
        plan.download_kbps,
        plan.upload_kbps,
        plan.burst_download_kbps,
        plan.burst_upload_kbps,
        plan.threshold_download_kbps,
        plan.threshold_upload_kbps,
        plan.burst_seconds,
    )
