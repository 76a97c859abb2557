"""Seal everything anew with the key ring's first key, so that the older ones can be taken out of it.

A few rows a transaction, in the order of their keys; what is sealed with the first key already is only tried, so that a
run cut short goes on where it was. Every value is opened, bound to its own row: one that belongs elsewhere is told, not
carried over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models.fields.files import FieldFile

from tenants.current import current_tenant
from tenants.sealing import KEY_ID, SealedField, SealError, open_text, read_ring, seal_text

CHUNK = 200
# How the name of a file ends that holds a sealed text.
SEALED_FILE = ".sealed"


@dataclass
class Count:
    """What came of a model's sealed values: how many opened, how many of them were sealed anew, which did not open."""

    model: str
    opened: int = 0
    sealed: int = 0
    # "row 12, field password: why", never a value.
    refused: list[str] = field(default_factory=list)


def rotate_secrets(*, chunk: int = CHUNK) -> Iterator[Count]:
    """Seal the current provider's secrets anew, one model after the other. Raises SealError without a key ring."""
    first = next(iter(read_ring(settings.KEYRING_FILE)))
    for model, names in sealed_models().items():
        yield _rotate_model(model, names, first, chunk)


def sealed_models() -> dict[type[models.Model], list[str]]:
    """Return the fields that hold sealed values, by model: sealed columns, and files named so."""
    found: dict[type[models.Model], list[str]] = {}
    for model in apps.get_models():
        if not model._meta.managed:  # noqa: SLF001 -- documented; such a model has no table of ours
            continue
        names = [f.name for f in model._meta.concrete_fields if isinstance(f, SealedField)]  # noqa: SLF001 -- documented
        names += [f.name for f in _files(model)]
        if names:
            found[model] = names
    return found


def _files(model: type[models.Model]) -> list[Any]:
    # What is bound to a row needs the row's own uuid; other files are never sealed.
    columns: list[Any] = list(model._meta.concrete_fields)  # noqa: SLF001 -- documented
    own = any(column.name == "uuid" for column in columns)
    return [column for column in columns if own and isinstance(column, models.FileField)]


def _rotate_model(model: type[models.Model], names: list[str], first: bytes, chunk: int) -> Count:
    count = Count(model._meta.label_lower)  # noqa: SLF001 -- documented
    rows: models.QuerySet[Any] = model._default_manager.order_by("pk")  # noqa: SLF001 -- documented
    last = 0
    while True:
        with transaction.atomic():
            page = list(rows.filter(pk__gt=last).select_for_update(of=("self",)).only("pk", "uuid", *names)[:chunk])
            for row in page:
                _rotate_row(row, names, first, count)
        if not page:
            return count
        last = page[-1].pk


def _rotate_row(row: Any, names: list[str], first: bytes, count: Count) -> None:
    changed = []
    for name in names:
        try:
            token = _token(row, name)
            if not token:
                continue
            text = open_text(token, _bound_to(row, name))
        except (SealError, OSError) as error:
            why = str(error) if isinstance(error, SealError) else "its file cannot be read"
            count.refused.append(f"row {row.pk}, field {name}: {why}")
            continue
        count.opened += 1
        if token[:KEY_ID] != first:
            _put(row, name, seal_text(text, _bound_to(row, name)))
            changed.append(name)
    if changed:
        row.save(update_fields=changed)
        count.sealed += len(changed)


def _token(row: Any, name: str) -> bytes:
    value = getattr(row, name)
    if not isinstance(value, FieldFile):
        return bytes(value)
    if not value.name or not value.name.endswith(SEALED_FILE) or not value.storage.exists(value.name):
        return b""  # gone, as its time was over
    with value.open("rb") as stored:
        return bytes(stored.read())


def _put(row: Any, name: str, token: bytes) -> None:
    value = getattr(row, name)
    if not isinstance(value, FieldFile):
        setattr(row, name, token)
        return
    # Beside the old one, which goes when the row is known to name the new one.
    storage, before = value.storage, value.name or ""
    root = before.removesuffix(SEALED_FILE).rsplit("~", 1)[0]
    value.save(f"{root}~{os.urandom(4).hex()}{SEALED_FILE}", ContentFile(token), save=False)
    transaction.on_commit(lambda: storage.delete(before))


def _bound_to(row: Any, name: str) -> bytes:
    return f"{current_tenant().uuid}|{row._meta.label_lower}.{name}|{row.uuid}".encode()  # noqa: SLF001 -- documented
