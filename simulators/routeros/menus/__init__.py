"""The menus of a RouterOS version, by area, in an order in which what is referred to comes first."""

from __future__ import annotations

from functools import cache

from simulators.routeros.specs import Spec
from simulators.routeros.versions import Version

from . import dhcp, firewall, hotspot, interfaces, ppp, queues, system, user_manager


@cache
def specs_of(version: Version) -> tuple[Spec, ...]:
    """Every menu with rows that this version has."""
    areas = (interfaces, queues, ppp, dhcp, hotspot, firewall, user_manager, system)
    return tuple(spec for area in areas for spec in area.specs(version))
