"""The PPPoE users that the files name, on routers that wait for their address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from customers.models import Service
from desk.imports.known import external
from desk.imports.sources.base import ServiceRow, State
from events.domain import Actor
from network.domain.adoption import NewAccess, adopt_accesses, adopt_routers


def bring_accesses(
    *, source: str, made: Iterable[tuple[Service, ServiceRow]], actor: Actor, now: datetime
) -> Counter[str]:
    """Link the new services to their users. A cancelled service gets none: its user is free for another."""
    linked = [(service, row) for service, row in made if has_access(row)]
    names = {row.router.name[:80]: external(source, row.router.ref) for _service, row in linked if row.router}
    routers, made_routers = adopt_routers(names=names, actor=actor, now=now)
    accesses = adopt_accesses(
        accesses=[
            NewAccess(service, routers[row.router.name[:80]].pk, row.ppp_user[:120], row.ip, row.mac, row.ppp_password)
            for service, row in linked
            if row.router
        ],
        actor=actor,
        now=now,
    )
    return Counter(routers_new=made_routers, accesses_new=len(accesses))


def has_access(row: ServiceRow) -> bool:
    """Say whether a row brings a way through a router."""
    return bool(row.router and row.ppp_user and row.state is not State.CANCELLED)
