"""The password of an access, shown to a person who asks for it. Who saw it stays in the customer's story."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from events.domain import Actor, record
from network.models import Access


@dataclass(frozen=True)
class Credentials:
    """What the customer's equipment signs in with. The password is not part of its representation."""

    access_id: int
    username: str
    password: str = field(repr=False)


@transaction.atomic
def show_credentials(*, access_id: int, actor: Actor, now: datetime) -> Credentials:
    """Open the password of an access; that it was seen is recorded in the same transaction. Raises SealError."""
    access = Access.objects.select_related("router", "service").get(pk=access_id)
    shown = Credentials(access.pk, access.username, access.reveal("password"))
    record(
        "access.shown",
        subject=access,
        actor=actor,
        at=now,
        router=access.router.name,
        username=access.username,
        service=access.service.code,
    )
    return shown
