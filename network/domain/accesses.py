"""Give a service its way through a router."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.domain.holds import held_service_ids
from customers.models import Service
from events.domain import Actor, record
from network.domain.desire import LANE, refresh_desired
from network.domain.wanting import plan_of
from network.models import Access, Router
from tenants.wakes import wake

# How an access is worked, beyond its account: the way of cutting, where it is on the router, and what is ours to set.
OPTIONS = frozenset({"cut_by", "server", "profile", "provisions", "manages_speed"})


@transaction.atomic
def add_access(
    *,
    service: Service,
    router: Router,
    username: str,
    actor: Actor,
    now: datetime,
    password: str = "",
    ip: str | None = None,
    mac: str = "",
    kind: str = Access.Kind.PPPOE,
    options: Mapping[str, Any] | None = None,
) -> Access:
    """Link a service to its user on a router, or bring an existing link up to date; return it.

    The password is sealed. What the access should be is derived at once; the customer is not told of it, since
    nothing changes for them. Running it again with the same values changes nothing. `options` holds fields of
    OPTIONS; raises KeyError for another.
    """
    options = _checked(options)
    found = Access.objects.select_for_update().filter(router=router, kind=kind, username=username)
    access: Access | None = found.first()
    if access is None:
        access = Access(service=service, router=router, username=username, kind=kind, ip=ip, mac=mac, **options)
        return _create(access, password, actor, now)
    before = (access.service_id, access.ip, access.mac)
    changed = _set(access, options)
    access.service, access.ip, access.mac = service, ip, mac
    if (access.service_id, access.ip, access.mac) != before or changed or access.reveal("password") != password:
        access.seal(password=password)
        access.save(update_fields=["service", "ip", "mac", "password", *changed])
        if before[0] != service.pk or changed:
            refresh_desired(service_ids=[service.pk], now=now, actor=actor)
            access.refresh_from_db()
    return access


@transaction.atomic
def change_access(
    *,
    access_id: int,
    username: str,
    actor: Actor,
    now: datetime,
    password: str | None = None,
    ip: str | None = None,
    mac: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Access:
    """Correct the account of an access; a `password` or `mac` of None stays as it is.

    The router is not renamed: ours follows it. With another user name nothing is known of it any more: it is read,
    and made what it should be; so it is when how it is worked (`options`, fields of OPTIONS) changes. Raises
    IntegrityError when that user of the router has a service already, KeyError for another option.
    """
    rows = Access.objects.select_for_update(of=("self",)).select_related("router", "service__plan")
    access: Access = rows.get(pk=access_id)
    access.ip, access.mac = ip, access.mac if mac is None else mac
    if password is not None:
        access.seal(password=password)
    worked = bool(_set(access, _checked(options)))
    plan = plan_of(access)
    worked = worked or plan != access.wanted_plan
    access.wanted_plan = plan
    if username != access.username:
        record(
            "access.renamed",
            subject=access,
            actor=actor,
            at=now,
            router=access.router.name,
            before=access.username,
            username=username,
        )
        access.username, access.observed, access.session_up = username, Access.Observed.UNKNOWN, False
        access.last_error, access.attempts, access.next_try_at = "", 0, None
        access.stuck_since = access.dismissed_at = None
        worked = worked or access.desired == Access.Desired.OFF
    if worked:
        # A person is correcting one: that is no mass cut.
        access.generation, access.cut_approved, access.tell = access.generation + 1, True, False
        access.next_try_at, access.attempts, access.requested_at = None, 0, now
        access.requested_by = {"kind": actor.kind, "id": actor.id, "label": actor.label}
    access.save()
    Router.objects.filter(pk=access.router_id).update(observe_at=now)
    wake(LANE)
    return access


def _checked(options: Mapping[str, Any] | None) -> dict[str, Any]:
    if unknown := set(options or ()) - OPTIONS:
        raise KeyError(*unknown)
    return dict(options or {})


def _set(access: Access, options: Mapping[str, Any]) -> list[str]:
    changed = [name for name, value in options.items() if getattr(access, name) != value]
    for name in changed:
        setattr(access, name, options[name])
    return changed


def _create(access: Access, password: str, actor: Actor, now: datetime) -> Access:
    off = access.service.status == Service.Status.CANCELLED or bool(held_service_ids([access.service_id], now))
    if off:
        access.desired = Access.Desired.OFF
    access.wanted_plan = plan_of(access)
    if off or access.provisions or access.manages_speed:
        access.generation, access.requested_at = 1, now
        access.requested_by = {"kind": actor.kind, "id": actor.id, "label": actor.label}
    access.seal(password=password)
    access.save()
    record("access.added", subject=access, actor=actor, at=now, router=access.router.name, username=access.username)
    # Also when nothing is to change: the router is read, so that the page shows what it has.
    Router.objects.filter(pk=access.router_id).update(observe_at=now)
    wake(LANE)
    return access
