"""Give a service its way through a router."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from customers.domain.holds import held_service_ids
from customers.models import Service
from events.domain import Actor, record
from network.domain.desire import LANE, refresh_desired
from network.models import Access, Router
from tenants.wakes import wake


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
) -> Access:
    """Link a service to its user on a router, or bring an existing link up to date; return it.

    The password is sealed. What the access should be is derived at once; the customer is not told of it, since
    nothing changes for them. Running it again with the same values changes nothing.
    """
    found = Access.objects.select_for_update().filter(router=router, kind=kind, username=username)
    access: Access | None = found.first()
    if access is None:
        return _create(service, router, username, password, ip, mac, kind, actor, now)
    before = (access.service_id, access.ip, access.mac)
    access.service, access.ip, access.mac = service, ip, mac
    if (access.service_id, access.ip, access.mac) != before or access.reveal("password") != password:
        access.seal(password=password)
        access.save(update_fields=["service", "ip", "mac", "password"])
        if before[0] != service.pk:
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
) -> Access:
    """Correct the user of an access; a `password` of None stays as it is. The router is not renamed: ours follows it.

    With another user name nothing is known of it any more: it is read, and made what it should be. Raises
    IntegrityError when that user of the router has a service already.
    """
    access: Access = (
        Access.objects.select_for_update(of=("self",)).select_related("router", "service").get(pk=access_id)
    )
    access.ip = ip
    if password is not None:
        access.seal(password=password)
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
        if access.desired == Access.Desired.OFF:
            # A person is correcting one: that is no mass cut.
            access.generation, access.cut_approved, access.tell = access.generation + 1, True, False
    access.save()
    Router.objects.filter(pk=access.router_id).update(observe_at=now)
    wake(LANE)
    return access


def _create(  # noqa: PLR0917 -- add_access unpacked
    service: Service,
    router: Router,
    username: str,
    password: str,
    ip: str | None,
    mac: str,
    kind: str,
    actor: Actor,
    now: datetime,
) -> Access:
    off = service.status == Service.Status.CANCELLED or bool(held_service_ids([service.pk], now))
    access = Access(service=service, router=router, username=username, kind=kind, ip=ip, mac=mac)
    if off:
        access.desired, access.generation = Access.Desired.OFF, 1
        access.requested_at = now
        access.requested_by = {"kind": actor.kind, "id": actor.id, "label": actor.label}
    access.seal(password=password)
    access.save()
    record("access.added", subject=access, actor=actor, at=now, router=router.name, username=username)
    # Also when nothing is to change: the router is read, so that the page shows what it has.
    Router.objects.filter(pk=router.pk).update(observe_at=now)
    wake(LANE)
    return access
