"""A real worker keeps its connection from one drain to the next, and leaves one that was cut."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from config.launch.children import die_with_parent, stop_process
from config.launch.places import ROOT
from config.launch.processes import by_name
from inbox.tests.conftest import until
from tenants.current import enter
from tenants.models import Wake
from tenants.wakes import wake

PATIENCE = 120.0  # a worker reads all of the product first; on a busy machine that is long
LANE = "inbox.receive"


@pytest.fixture
def worker(fresh_db, norte, tmp_path):
    words = [*by_name("worker-now").arguments(), "--concurrency=1"]
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, "ENLACE_DB_CONN_MAX_AGE": "300"},
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(),  # noqa: PLW1509
        )
        yield process
        stop_process(process, signal.SIGTERM, patience=10)


def work_once():
    """Have the lane drained, and return who of the database worked besides ourselves."""
    with enter("norte"):
        wake(LANE)
    until(lambda: not Wake.objects.filter(lane=LANE).exists(), seconds=PATIENCE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


def test_a_connection_is_kept_and_one_that_was_cut_is_replaced(worker):
    first = work_once()
    assert len(first) == 1
    assert work_once() == first
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [first.pop()])
    assert len(work_once()) == 1
    assert worker.poll() is None
