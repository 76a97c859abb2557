"""Long work in one place: what runs, how far it is, and what ended lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.bank.statements import counts_of
from billing.models import BankImport, BillingRun
from desk.models import ImportRun
from desk.navigation import link

KEPT = timedelta(days=2)  # how long finished work stays in the menu
EACH = 4


@dataclass(frozen=True)
class Job:
    """One piece of long work."""

    label: str
    icon: str
    state: str
    url: str
    running: bool
    done: int
    total: int
    at: datetime


def jobs_for(user: Any, *, now: datetime) -> list[Job]:
    """Return running and lately finished work that `user` may see, running first, then newest."""
    jobs: list[Job] = []
    if user.can("imports.run"):
        jobs += _imports(now)
    if user.can("billing.run"):
        jobs += _billing(now)
    if user.can("bank.import"):
        jobs += _bank(now)
    return sorted(jobs, key=lambda job: (job.running, job.at), reverse=True)


def _imports(now: datetime) -> list[Job]:
    stages = ImportRun.Stage
    rows = ImportRun.objects.filter(Q(stage=stages.RUNNING) | Q(created_at__gt=now - KEPT))
    rows = rows.exclude(stage=stages.DISCARDED).order_by("-id")[:EACH]
    return [
        Job(
            _("Importación de clientes"),
            "file-up",
            f"{run.percent} %" if run.stage == stages.RUNNING else run.get_stage_display(),
            link("desk:import", run.pk) or link("desk:imports"),
            run.stage == stages.RUNNING,
            run.cursor,
            run.total,
            run.created_at,
        )
        for run in rows
    ]


def _bank(now: datetime) -> list[Job]:
    stages = BankImport.Stage
    working = [stages.MATCHING, stages.BOOKING]
    rows = BankImport.objects.filter(Q(stage__in=working) | Q(created_at__gt=now - KEPT))
    jobs = []
    for row in rows.exclude(stage=stages.DISCARDED).order_by("-id")[:EACH]:
        running = row.stage in working
        counts = counts_of(row) if running else {"done": 0, "goal": 0}
        url = link("billing:statement_import", row.pk) or link("billing:statements")
        jobs.append(
            Job(
                _("Estado de cuenta"),
                "file-spreadsheet",
                row.get_stage_display(),
                url,
                running,
                counts["done"],
                counts["goal"],
                row.created_at,
            )
        )
    return jobs


def _billing(now: datetime) -> list[Job]:
    status = BillingRun.Status
    rows = BillingRun.objects.filter(Q(status=status.RUNNING) | Q(created_at__gt=now - KEPT)).order_by("-id")[:EACH]
    jobs = []
    for run in rows:
        share = run.customers_seen * 100 // run.customers_total if run.customers_total else 0
        label = _("Facturación de %(month)s") % {"month": date_format(run.period, "F")}
        state = f"{share} %" if run.status == status.RUNNING else run.get_status_display()
        url = link("billing:run", run.pk) or link("billing:runs")
        running = run.status == status.RUNNING
        jobs.append(
            Job(label, "calendar-clock", state, url, running, run.customers_seen, run.customers_total, run.created_at)
        )
    return jobs
