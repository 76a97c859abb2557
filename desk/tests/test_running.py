"""The ring: what runs and what ended, for whoever may see it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.models import BillingRun
from desk.domain.running import jobs_for
from desk.models import ImportRun
from tenants.current import entered
from tests.harness.fixtures import staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def test_running_work_comes_first_and_old_work_goes(norte, sur):
    with entered(norte):
        ImportRun.objects.create(source="wisphub", stage="done", created_by="x", created_at=NOW - timedelta(hours=1))
        ImportRun.objects.create(source="wisphub", stage="done", created_by="x", created_at=NOW - timedelta(days=9))
        BillingRun.objects.create(
            period=date(2026, 12, 1),
            origin="hand",
            status="running",
            issued_on=date(2026, 11, 21),
            customers_total=10,
            customers_seen=4,
            actor_kind="user",
            actor_label="Ana",
            created_at=NOW - timedelta(hours=3),
        )
        assert [(j.label, j.state, j.running) for j in jobs_for(staff("owner"), now=NOW)] == [
            ("Facturación de diciembre", "40 %", True),
            ("Importación de clientes", "Terminada", False),
        ]
        assert [j.running for j in jobs_for(staff("technician"), now=NOW)] == []
    with entered(sur):
        assert jobs_for(staff("owner"), now=NOW) == []
