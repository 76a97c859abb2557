"""Known outages of the demo: one that the provider announced, and some that are over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from accounts.models import User
from customers.models import Zone
from events.domain import Actor
from network.domain.outages import close_outage, open_outage
from network.models import Router

UNDER_WAY = "Un camión tiró un poste y cortó la fibra. La cuadrilla ya está en el lugar."
# what was told, days ago it began, hours it lasted
OVER = (
    ("Corte de fibra en la avenida principal; una cuadrilla lo está reparando.", 30, 5),
    ("Mantenimiento de la torre de 1 a 4 de la mañana.", 11, 3),
)


def tell_outages(*, now: datetime) -> None:
    """Announce one in the zone with the fewest people, and some that are over. Runs inside the tenant, once."""
    person = User.objects.who_can("network.operate").order_by("-id").first()
    who = Actor.of_user(person) if person else Actor.system("Red")
    zones = list(Zone.objects.annotate(people=Count("customers")).order_by("-people", "name"))
    if not zones:
        return
    places: tuple[dict[str, Any], ...] = ({"zone": zones[0]}, {"router": Router.objects.order_by("pk").first()})
    for (text, days, lasted), place in zip(OVER, places, strict=True):
        at = now - timedelta(days=days)
        outage = open_outage(actor=who, now=at, text=text, **place)
        close_outage(outage_id=outage.pk, actor=who, now=at + timedelta(hours=lasted))
    until = (now + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    open_outage(actor=who, now=now - timedelta(minutes=50), zone=zones[-1], text=UNDER_WAY, expected_until=until)
