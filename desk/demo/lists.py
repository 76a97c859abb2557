"""Bring a provider's subscriber list as its staff would: upload, check, run."""

from __future__ import annotations

from datetime import date, datetime

from desk.demo.world import Provider
from desk.imports.run import check_import, receive_import, run_import
from desk.imports.samples.generate import sample_files
from desk.imports.sources.base import SourceFile
from desk.models import ImportRun
from events.domain import Actor


def receive_list(provider: Provider, *, as_of: date, actor: Actor, now: datetime, size: int | None = None) -> ImportRun:
    """Upload and check the shipped list, dated `as_of`: the same people and debts whenever the demo runs."""
    files = sample_files(provider=provider.slug, today=as_of, size=size)
    run = receive_import(
        source="wisphub",
        files=[SourceFile(name=name, content=content) for name, content in files.items()],
        update_existing=False,
        actor=actor,
        now=now,
    )
    return check_import(run=run)


def start_import(run: ImportRun, *, actor: Actor, now: datetime) -> None:
    """Start a checked import; the worker does it."""
    run_import(run_id=run.pk, actor=actor, now=now)
