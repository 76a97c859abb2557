"""Whether the service reaches a place: a zone that is named, or customers close to a point. Says nothing of anybody."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from customers.models import Customer, Service, Zone
from customers.text import fold

NEAR = Decimal("0.005")  # degrees: about half a kilometre


def zone_named(text: str) -> Zone | None:
    """Return the zone whose name stands in a text, the longest of several."""
    said = f" {' '.join(re.findall(r'[a-z0-9]+', fold(text)))} "
    zones = sorted(Zone.objects.all(), key=lambda zone: -len(zone.name))
    return next((zone for zone in zones if f" {' '.join(re.findall(r'[a-z0-9]+', fold(zone.name)))} " in said), None)


def is_served(point: dict[str, Any]) -> bool:
    """Say whether somebody with a service lives within about half a kilometre of a point."""
    latitude, longitude = Decimal(str(point["latitude"])), Decimal(str(point["longitude"]))
    close = Customer.objects.filter(
        latitude__range=(latitude - NEAR, latitude + NEAR), longitude__range=(longitude - NEAR, longitude + NEAR)
    )
    return close.filter(services__status=Service.Status.ACTIVE).exists()
