"""What a person does with one access: end its session, try it again, leave it be, move it, take it away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.domain.holds import held_service_ids
from customers.models import Service
from events.domain import Actor, Fact, record, record_many
from network.domain.desire import LANE
from network.domain.wanting import plan_of
from network.domain.writing import write_accesses
from network.methods import HAS_SESSIONS
from network.models import Access, Router
from tenants.live import publish_live
from tenants.wakes import wake

# What an account takes along to another router.
_CARRIED = ("ip", "mac", "cut_by", "server", "manages_speed", "profile")
_TRIED = ("next_try_at", "attempts", "last_error", "stuck_since", "dismissed_at", "urgent", "cut_not_after")


class AccessRefused(Exception):
    """It cannot be done so; the message is for people, nothing was written."""


@transaction.atomic
def kick_access(*, access_id: int, actor: Actor, now: datetime) -> Access:
    """End the sessions of an access, once; the customer's equipment dials again by itself. Raises AccessRefused."""
    access = _locked(access_id)
    if access.desired != Access.Desired.ON:
        raise AccessRefused(_("Está cortado: no tiene sesión que reiniciar."))
    if access.kind not in HAS_SESSIONS:
        raise AccessRefused(_("Por ese método no hay sesiones que reiniciar."))
    access.kick_at = now
    _ask(access, actor, now)
    access.urgent = True
    access.save()
    _tell("access.kicked", [access], actor, now)
    _wake([access])
    return access


@transaction.atomic
def retry_accesses(*, access_ids: Iterable[int], actor: Actor, now: datetime) -> int:
    """Try at once what failed, as a person's order; return how many there were.

    A person asks: their cuts need no other approval and no window. Reasons that are gone since are not brought back,
    because what each should be still follows its holds.
    """
    accesses = _rows(Access.objects.pending().filter(pk__in=list(access_ids)))
    for access in accesses:
        access.attempts, access.next_try_at, access.last_error = 0, None, ""
        access.stuck_since = access.dismissed_at = access.cut_not_after = None
        access.cut_approved = True
        access.urgent = access.desired == Access.Desired.ON
    write_accesses(accesses, (*_TRIED, "cut_approved"))
    # The router's own waiting ends, too: whoever asks has looked at it.
    Router.objects.filter(pk__in={access.router_id for access in accesses}).update(next_try_at=None)
    _tell("access.retried", accesses, actor, now)
    _wake(accesses)
    return len(accesses)


@transaction.atomic
def dismiss_accesses(*, access_ids: Iterable[int], actor: Actor, now: datetime) -> int:
    """Try these no more until something new is asked of them; return how many there were."""
    waiting = Access.objects.pending().filter(pk__in=list(access_ids), dismissed_at=None)
    accesses = _rows(waiting)
    for access in accesses:
        access.dismissed_at = now
    write_accesses(accesses, ("dismissed_at",))
    _tell("access.dismissed", accesses, actor, now)
    publish_live("network", services=[access.service_id for access in accesses][:50])
    return len(accesses)


@transaction.atomic
def remove_access(*, access_id: int, from_router: bool, actor: Actor, now: datetime) -> None:
    """Take an access away: with `from_router` its account goes from the equipment first, else only our link does."""
    access = _locked(access_id)
    _tell("access.removed", [access], actor, now, from_router=from_router)
    _leave(access, from_router, actor, now)


@transaction.atomic
def move_access(
    *, access_id: int, router: Router, provision: bool, from_router: bool, actor: Actor, now: datetime
) -> Access:
    """Give a service its account on another router; return the new access.

    `provision`: the account is made there when it is missing; `from_router`: the old one is taken off the equipment.
    Raises AccessRefused when the router is the same, or the user there is somebody else's.
    """
    old = _locked(access_id)
    if old.router_id == router.pk:
        raise AccessRefused(_("Ya está en ese router."))
    if old.router.kind != router.kind:
        raise AccessRefused(_("Ese equipo corta de otra manera: enlace allá el servicio y quite este acceso."))
    new = _arrival(old, router)
    for name in _CARRIED:
        setattr(new, name, getattr(old, name))
    new.provisions = provision
    password = old.reveal("password")
    new.seal(password=password)
    off = old.service.status == Service.Status.CANCELLED or bool(held_service_ids([old.service_id], now))
    new.desired = Access.Desired.OFF if off else Access.Desired.ON
    new.wanted_plan = plan_of(new)
    _ask(new, actor, now)
    new.urgent, new.cut_approved = not off, off
    new.save()
    record(
        "access.moved",
        subject=new,
        actor=actor,
        at=now,
        before=old.router.name,
        router=router.name,
        username=new.username,
        service=old.service.code,
    )
    _leave(old, from_router, actor, now)
    _wake([new])
    return new


def forget_removed(router_id: int) -> None:
    """Delete the accesses of a router that are gone from it."""
    gone = Access.objects.filter(router_id=router_id, desired=Access.Desired.GONE)
    gone.exclude(pk__in=Access.objects.pending().filter(router_id=router_id)).delete()


def _locked(access_id: int) -> Access:
    """The access with its service and router, locked. Raises AccessRefused when it is on its way out."""
    rows = Access.objects.select_for_update(of=("self",)).select_related("router", "service__customer", "service__plan")
    access: Access = rows.get(pk=access_id)
    if access.desired == Access.Desired.GONE:
        raise AccessRefused(_("Ese acceso se está retirando del router."))
    return access


def _rows(accesses: Iterable[Access]) -> list[Access]:
    found = accesses.select_for_update(of=("self",)).select_related("router", "service")  # type: ignore[attr-defined]
    return list(found.order_by("id"))


def _ask(access: Access, actor: Actor, now: datetime) -> None:
    """Have the router made so anew, whatever it failed of before. Who waits to be told of something still is."""
    access.tell = access.tell and access.is_pending
    access.generation += 1
    access.requested_at = now
    access.requested_by = {"kind": actor.kind, "id": actor.id, "label": actor.label}
    access.attempts, access.next_try_at, access.last_error = 0, None, ""
    access.stuck_since = access.dismissed_at = None


def _leave(access: Access, from_router: bool, actor: Actor, now: datetime) -> None:
    if not from_router:
        access.delete()
        return
    access.desired, access.urgent, access.cut_not_after = Access.Desired.GONE, False, None
    _ask(access, actor, now)
    access.tell, access.cut_approved = False, True
    access.save()
    _wake([access])


def _arrival(old: Access, router: Router) -> Access:
    """The access there will be on `router`: a new one, or the one that is being taken off it."""
    there = Access.objects.select_for_update().filter(router=router, kind=old.kind, username=old.username).first()
    if there is None:
        return Access(service=old.service, router=router, kind=old.kind, username=old.username)
    if there.service_id != old.service_id or there.desired != Access.Desired.GONE:
        raise AccessRefused(_("«%(user)s» ya existe en ese router.") % {"user": old.username})
    return there


def _tell(kind: str, accesses: Sequence[Access], actor: Actor, now: datetime, **facts: object) -> None:
    record_many(
        Fact(
            kind,
            access,
            actor,
            access.service.customer_id,
            now,
            {"router": access.router.name, "username": access.username, "service": access.service.code, **facts},
        )
        for access in accesses
    )


def _wake(accesses: Sequence[Access]) -> None:
    if accesses:
        wake(LANE)
        publish_live("network", services=[access.service_id for access in accesses][:50])
