"""How the counter works at this provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from billing.models import CounterSettings
from events.domain import Actor, record


def counter_settings() -> CounterSettings:
    """How the counter works here; as it comes when nobody chose."""
    return CounterSettings.objects.first() or CounterSettings()


@transaction.atomic
def change_counter(*, changes: Mapping[str, Any], actor: Actor) -> CounterSettings:
    """Save what was chosen: `cash_drawers` and `difference_free` (in the provider's currency)."""
    row = CounterSettings.objects.select_for_update().first() or CounterSettings(pk=1)
    new = {name: value for name, value in changes.items() if getattr(row, name) != value}
    for name, value in new.items():
        setattr(row, name, value)
    row.save()
    if new:
        record("counter.changed", subject=row, actor=actor, changes={name: str(value) for name, value in new.items()})
    return row
