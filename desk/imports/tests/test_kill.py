"""kill -9 of a process that imports, at any moment: started again, it ends the same."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from pathlib import Path

from django.db.models import Sum
from django.utils import timezone

from billing.models import Entry, Invoice
from customers.models import Contact, Customer, Service
from desk.imports.run import receive_import, run_import
from desk.imports.samples.generate import sample_files
from desk.imports.sources.base import SourceFile
from desk.models import ImportRun
from events.domain import Actor
from events.models import Event
from network.models import Access

ROOT = Path(__file__).resolve().parents[3]
ACTOR = Actor("user", None, "Regina Lozano")
SIZE = 160
WORKER = """
from django.utils import timezone
from desk.imports import run
from tenants.current import enter
run.CHUNK = 15
with enter("norte"):
    while run.drain(now=timezone.now()):
        pass
"""


def cursor():
    return ImportRun.objects.values_list("cursor", flat=True).get()


def wait_for_progress(beyond, process):
    until = time.monotonic() + 60
    while cursor() <= beyond and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)


def test_killed_at_random_moments_it_ends_the_same(fresh_db, in_norte, children):
    files = [SourceFile(name, content) for name, content in sample_files(provider="norte", size=SIZE).items()]
    now = timezone.now()
    run = receive_import(source="wisphub", files=files, update_existing=False, actor=ACTOR, now=now)
    run_import(run_id=run.pk, actor=ACTOR, now=now)
    draw = random.Random(20261121)  # noqa: S311 -- repeatable, not secret
    kills = 0
    for _turn in range(3):
        process = children(WORKER)
        wait_for_progress(cursor(), process)
        time.sleep(draw.uniform(0, 0.08))  # into the middle of the next chunk
        kills += process.poll() is None
        process.kill()
        process.wait()
    assert kills
    assert children(WORKER).wait(timeout=120) == 0
    run.refresh_from_db()
    assert run.stage == ImportRun.Stage.DONE
    counts = run.report["counts"]
    assert Customer.objects.count() == counts["customers_new"] == run.counters["customers_new"]
    assert Service.objects.count() == counts["services_new"] == SIZE
    assert Contact.objects.count() == counts["contacts_new"]
    assert Access.objects.count() == counts["accesses_new"]
    assert Invoice.objects.count() == counts["invoices_new"] + counts["balances_new"]
    owed = Entry.objects.filter(customer__isnull=False).aggregate(sum=Sum("amount"))["sum"]
    assert owed == Decimal(run.report["money"]["owed"])
    assert Entry.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    assert Event.objects.filter(type="customer.imported").count() == Customer.objects.count()
    assert Event.objects.filter(type="import.done").count() == 1
