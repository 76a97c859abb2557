"""Add routers, change how they are reached, and try whether they answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from events.domain import Actor, record
from network.domain.desire import LANE
from network.models import Access, Router
from tenants.wakes import wake

# What a person may change; the password goes apart, sealed.
EDITABLE = frozenset(
    {
        "name",
        "kind",
        "host",
        "port",
        "tls",
        "fingerprint",
        "username",
        "serial",
        "cut_list",
        "is_enabled",
        "max_cuts_per_run",
        "external_ref",
    }
)


@transaction.atomic
def add_router(
    *,
    name: str,
    host: str,
    username: str,
    password: str,
    actor: Actor,
    now: datetime,
    port: int = 8728,
    tls: str = "",
    kind: str = Router.Kind.MIKROTIK,
    is_enabled: bool = True,
    max_cuts_per_run: int = 30,
    external_ref: str = "",
    fingerprint: str = "",
    serial: str = "",
    cut_list: str = "",
) -> Router:
    """Add a router with its password sealed; the network process reads it at once.

    `fingerprint` is the certificate it is known by, `cut_list` the list that already cuts on it; empty is the usual.
    Raises IntegrityError when the name is taken.
    """
    router = Router(
        name=name,
        kind=kind,
        host=host,
        port=port,
        tls=tls,
        username=username,
        is_enabled=is_enabled,
        max_cuts_per_run=max_cuts_per_run,
        external_ref=external_ref,
        fingerprint=fingerprint,
        serial=serial,
        **({"cut_list": cut_list} if cut_list else {}),
        observe_at=now,
        survey_at=now,
    )
    router.seal(password=password)
    router.save()
    record("router.added", subject=router, actor=actor, at=now, name=name, host=host)
    if tls == Router.Tls.ANONYMOUS:
        _note_anonymous(router, actor, now)
    wake(LANE)
    return router


@transaction.atomic
def change_router(
    *, router_id: int, changes: dict[str, Any], actor: Actor, now: datetime, password: str | None = None
) -> Router:
    """Change how a router is reached and try it again at once, whatever it failed of before.

    `changes` holds fields of EDITABLE; a `password` of None stays as it is. Raises KeyError for another field.
    """
    router: Router = Router.objects.select_for_update().get(pk=router_id)
    was = router.tls
    for field, value in changes.items():
        if field not in EDITABLE:
            raise KeyError(field)
        setattr(router, field, value)
    if password is not None:
        router.seal(password=password)
    router.failures, router.next_try_at, router.last_error, router.observe_at = 0, None, "", now
    router.save()
    record("router.changed", subject=router, actor=actor, at=now, name=router.name, fields=sorted(changes))
    if router.tls == Router.Tls.ANONYMOUS != was:
        _note_anonymous(router, actor, now)
    wake(LANE)
    return router


def _note_anonymous(router: Router, actor: Actor, now: datetime) -> None:
    """Somebody let us talk to a router that proves nothing of itself."""
    record("router.anonymous_allowed", subject=router, actor=actor, at=now, name=router.name)


@transaction.atomic
def approve_cuts(*, router_id: int, actor: Actor, now: datetime) -> int:
    """Let the cuts that wait above the router's limit happen; return how many."""
    router = Router.objects.get(pk=router_id)
    # Accesses before the router, as whoever records a pass locks them.
    waiting = Access.objects.pending().filter(router=router, desired=Access.Desired.OFF, cut_approved=False)
    count = Access.objects.filter(pk__in=waiting.lock()).update(cut_approved=True, next_try_at=None)
    Router.objects.filter(pk=router.pk).update(cuts_waiting_since=None)
    if count:
        record("router.cuts_approved", subject=router, actor=actor, at=now, name=router.name, count=count)
        wake(LANE)
    return count
