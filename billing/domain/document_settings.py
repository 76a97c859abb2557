"""What a provider prints on its documents."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from billing.models import DocumentSettings
from events.domain import Actor, record


def current_document_settings() -> DocumentSettings:
    """The provider's texts; empty ones, not saved, until somebody writes them."""
    return DocumentSettings.objects.order_by("id").first() or DocumentSettings()


@transaction.atomic
def save_document_settings(*, changes: dict[str, Any], actor: Actor, now: dt.datetime) -> DocumentSettings:
    """Change fields of the settings, and keep which ones as an event. Nothing changed, nothing recorded."""
    row = DocumentSettings.objects.select_for_update().order_by("id").first() or DocumentSettings()
    changed = sorted(name for name, value in changes.items() if getattr(row, name) != value)
    if not changed:
        return row
    for name in changed:
        setattr(row, name, changes[name])
    row.save()
    record("documents.changed", subject=row, actor=actor, at=now, fields=changed)
    return row
