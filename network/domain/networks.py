"""The networks a provider's routers may be in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from events.domain import Actor, record
from network.drivers.egress import is_within
from network.models import AllowedNetwork, Router


@transaction.atomic
def allow_network(*, cidr: str, note: str, actor: Actor, now: datetime) -> AllowedNetwork:
    """Let routers be in a network; with the first one, they may be nowhere else. Raises IntegrityError twice."""
    made = AllowedNetwork.objects.create(cidr=cidr, note=note)
    record("network.network_allowed", subject=made, actor=actor, at=now, cidr=cidr)
    return made


@transaction.atomic
def remove_network(*, network_id: int, actor: Actor, now: datetime) -> None:
    """Take a network away; without any, routers may be anywhere that is not refused."""
    found = AllowedNetwork.objects.select_for_update().get(pk=network_id)
    record("network.network_removed", subject=found, actor=actor, at=now, cidr=found.cidr)
    found.delete()


def routers_outside(networks: Iterable[str]) -> list[Router]:
    """Return the routers with an IP for an address that is in none of these networks; none when there are none.

    What is reached by a name is only known when it is looked up.
    """
    allowed = list(networks)
    return [router for router in Router.objects.exclude(host="") if allowed and _is_outside(router.host, allowed)]


def _is_outside(host: str, allowed: list[str]) -> bool:
    try:
        return not is_within(ipaddress.ip_address(host.strip("[]")), allowed)
    except ValueError:
        return False
