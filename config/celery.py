"""Celery only wakes: the one task says which lane of which tenant has work, and the rows say what it is."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from datetime import datetime
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections
from django.utils import timezone

from config.broker import use_our_transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

use_our_transport()
app = Celery("enlace")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery closes a thread's connection before and after every task, and a new one costs more than most drains.
# Instead it does what Django does at a request: it leaves a connection that is too old or broken.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize


@task_prerun.connect
def leave_old_connections(**_: Any) -> None:
    """Close what has lived too long or was cut, so that the task gets a new one."""
    close_old_connections()


class TenantTaskError(RuntimeError):
    """A task came without a tenant, or for one that is not ready. It never runs in public."""


def drain_lane(*, schema: str, lane: str, now: datetime) -> datetime | None:
    """Enter `schema` and drain `lane` once; insert the Wake for when it next has work.

    Where the lane goes in turn and somebody waits already, nothing: also the mark of a nudge in the air stays, so that
    no further ones are sent until the one who waits has begun.

    Raises TenantTaskError when the schema is public, unknown or not ready.
    """
    from config.lanes import LANES  # noqa: PLC0415 -- apps must be loaded first
    from tenants.current import entered  # noqa: PLC0415 -- apps must be loaded first
    from tenants.models import Tenant  # noqa: PLC0415 -- apps must be loaded first
    from tenants.turns import in_turn  # noqa: PLC0415 -- apps must be loaded first
    from tenants.wakes import begin_drain, landed, settle_wakes, wake  # noqa: PLC0415 -- apps must be loaded first

    if not schema or schema == "public":
        raise TenantTaskError(f"lane {lane} was woken without a tenant")
    tenant = Tenant.objects.select_related("brand").filter(schema_name=schema, status=Tenant.Status.READY).first()
    if tenant is None:
        raise TenantTaskError(f"lane {lane} was woken for {schema}, which is not ready")
    module, _, name = LANES[lane].drain.rpartition(".")
    with entered(tenant), in_turn(lane) if LANES[lane].in_turn else nullcontext(True) as mine:
        if not mine:
            return None  # whoever waits answers what this would have
        landed(schema, lane)
        # The guard stays behind when this process dies here: Redis would redeliver the message only in an hour.
        answered = begin_drain(lane, now)
        due_at: datetime | None = getattr(import_module(module), name)(now=now)
        settle_wakes(answered)
        if due_at is not None:
            wake(lane, due_at)
    return due_at


@app.task(name="enlace.drain")
def drain(*, schema: str = "", lane: str = "") -> None:
    """Drain one lane of one tenant. Running it twice, or late, changes nothing: the rows are claimed."""
    drain_lane(schema=schema, lane=lane, now=timezone.now())
