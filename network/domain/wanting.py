"""What a router should have for an access, as the drivers take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customers.models import Plan
from network.drivers.base import Key, Speed, Wanted
from network.models import Access, PlanProfile


def wanted_of(access: Access, profiles: Mapping[tuple[int, int, str], PlanProfile]) -> Wanted:
    """Return it for an access with its service, plan and customer; the password is opened when it may be written.

    `profiles` says what plans are by (router, plan, method).
    """
    service = access.service
    plan = access.wanted_plan
    known = profiles.get((access.router_id, service.plan_id, access.kind)) if plan else None
    return Wanted(
        key=Key(access.kind, access.username),
        state=access.desired,
        cut_by=access.cut_by,
        provision=access.provisions and access.desired != Access.Desired.GONE,
        speed=Speed(*plan["speed"]) if plan.get("speed") else None,
        profile=access.profile or (known.name if known else ""),
        password=access.reveal("password") if access.provisions else "",
        ip=access.ip or "",
        mac=access.mac,
        server=access.server,
        comment=f"{service.customer.name} {service.code}",
        signature=access.signature,
        kick=access.kick_at is not None,
        validity_s=int(known.validity.total_seconds()) if known and known.validity else 0,
        trial=known is not None and known.is_trial,
    )


def plan_of(access: Access) -> dict[str, Any]:
    """Return what the plan of an access asks for, as `wanted_plan` keeps it; empty while its speed is not ours.

    Where the cut takes the speed or the profile away, the plan's is what a reconnection gives back.
    """
    takes_it = access.kind in {Access.Kind.QUEUE, Access.Kind.PCQ} or access.cut_by in {
        Access.CutBy.PROFILE,
        Access.CutBy.SPEED,
    }
    if not (access.manages_speed or takes_it):
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
