"""Whatever is killed, dropped or started twice, a run ends in the same ledger, to the cent."""

import datetime as dt
import re
import signal
import time
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import F

from billing.domain.opening import OpeningBalance, open_balance
from billing.domain.run import run_billing, start_run
from billing.models import (
    Allocation,
    BillingRun,
    Charge,
    Discount,
    Entry,
    Extra,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    SetAside,
)
from billing.tests.scenes import DECEMBER, NOW, STAFF, check_books, make_customer, make_plan, numbers_without_gaps
from customers.models import Tax
from events.models import Event

CHUNK = 4


def populate(customers=12):
    """Some of everything: two services, extras, discounts, several taxes, credit, a broken month, and no price."""
    two = make_plan("dos impuestos", "333.33", tax_rate=Decimal("0.18"), tax_included=False)
    two.taxes.add(Tax.objects.create(name="IVA 16", rate="0.16"), Tax.objects.create(name="Local", rate="0.02"))
    for number in range(customers):
        fields = [
            {},
            {"services": 2},
            {"plan": two},
            {"installed_on": dt.date(2026, 12, 11)},
            {"plan": make_plan("sin precio", "0")},
            {"price": Decimal("123.45")},
        ][number % 6]
        customer = make_customer(**fields)
        service = customer.services.order_by("id").first()
        common = {"service": service, "starts_on": dt.date(2026, 1, 1), "created_at": NOW}
        if number % 3 == 0:
            Extra.objects.create(kind="recurring", description="IP fija", amount="49.90", **common)
            Extra.objects.create(kind="once", description="Visita", amount="150", **common)
        if number % 4 == 1:
            Discount.objects.create(kind="percent", value=10, description="Promo", **common)
        if number % 5 == 0:
            item = OpeningBalance(f"s:{number}", customer.pk, Decimal(-250), NOW.date())
            open_balance(item, actor=STAFF, now=NOW)


def order():
    return start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)


def ledger(*, numbered=True):
    """All that a run writes, apart from ids and the clock's time, and apart from which invoice has which number."""
    days = ("period", "description", "tax_rate", "net", "tax", "withheld", "total")
    rows = [
        Charge.objects.values_list("service_id", "kind", "source", *days),
        Invoice.objects.values_list("customer_id", "label", "issued_on", "due_on", "period", "total", "paid", "status"),
        InvoiceLine.objects.values_list("invoice__label", "charge__service_id", "description", "net", "tax", "total"),
        InvoiceTax.objects.values_list("invoice__label", "name", "rate", "base", "amount"),
        Entry.objects.annotate(label=F("transaction__invoice__label"), what=F("transaction__kind")).values_list(
            "label", "what", "account__kind", "account__name", "customer_id", "amount"
        ),
        Allocation.objects.values_list("invoice__label", "amount"),
        Extra.objects.values_list("description", "service_id", "billed_at"),
        SetAside.objects.values_list("service_id", "reason").distinct(),
        Event.objects.filter(type="invoice.issued").values_list("customer_id", "facts"),
    ]
    found = [map(repr, some) for some in rows]
    return [sorted(row if numbered else re.sub(r"A-\d+", "A", row) for row in some) for some in found]


def undisturbed(**how):
    """What the month comes to when nothing happens meanwhile; nothing of it stays."""
    with transaction.atomic():
        run_billing(run_id=order().pk, now=NOW, chunk=CHUNK)
        found = ledger(**how)
        transaction.set_rollback(True)
    return found


def whole():
    check_books()
    numbers_without_gaps()


KILLED = """
import datetime as dt, os, signal, sys
from django.db import connection
from billing.domain.run import run_billing
from tenants.current import enter

class KillAfter:
    '''Kills this process, as kill -9 would, when so many statements were executed.'''

    def __init__(self, statements):
        self.left = statements

    def __call__(self, execute, *arguments):
        result = execute(*arguments)
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

run_id, now, chunk = int(sys.argv[1]), dt.datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
with enter("norte"), connection.execute_wrapper(KillAfter(int(sys.argv[4]))):
    run_billing(run_id=run_id, now=now, chunk=chunk)
"""
MOST_STATEMENTS = 500


@pytest.fixture
def bill(children):
    """Bills in a process which dies after so many statements: whether it died before the end."""

    def start(run_id, statements):
        child = children(KILLED, str(run_id), NOW.isoformat(), str(CHUNK), str(statements))
        code = child.wait()
        child.bury()
        assert code in {0, -signal.SIGKILL}, "the run failed by itself: see above"
        return code != 0

    return start


def test_killed_after_any_statement_of_a_run_it_ends_the_same(fresh_db, in_norte, bill):
    populate()
    expected = undisturbed()
    run, seen = order(), set()
    for statements in range(1, MOST_STATEMENTS):
        if not bill(run.pk, statements):
            break
        run.refresh_from_db()
        seen.add((run.cursor, Invoice.objects.count()))
        assert Invoice.objects.filter(run=run).count() == run.invoices
        whole()
    # Each chunk's end was a state that somebody could have seen, and nothing in between.
    assert 30 < statements < MOST_STATEMENTS - 1
    assert len(seen) == len({cursor for cursor, _count in seen}) >= 2
    assert ledger() == expected
    assert BillingRun.objects.get().status == "done"


WORK = """
import datetime as dt, sys
from billing.domain.run import run_billing
from tenants.current import enter
print("ready", flush=True)
sys.stdin.readline()
with enter("norte"):
    for run_id in sys.argv[3:]:
        run_billing(run_id=int(run_id), now=dt.datetime.fromisoformat(sys.argv[1]), chunk=int(sys.argv[2]))
"""


@pytest.fixture
def worker(children):
    """Starts a process that bills when told to."""

    def start(*run_ids, chunk=CHUNK):
        process = children(WORK, NOW.isoformat(), str(chunk), *map(str, run_ids), with_errors=True)
        process.stdout.readline()
        return process

    return start


def test_two_processes_with_two_runs_of_a_month_bill_it_once(fresh_db, in_norte, worker):
    populate(36)
    expected = undisturbed(numbered=False)  # whose chunks come first is chance
    run = order()
    # Made behind start_run's back, which would have refused it: what holds is the database.
    other = BillingRun.objects.create(
        period=DECEMBER, origin="clock", issued_on=run.issued_on, actor_kind=run.actor_kind, actor_id=run.actor_id,
        actor_label=run.actor_label, created_at=NOW,
    )  # fmt: skip
    processes = [worker(run.pk, other.pk, chunk=3), worker(other.pk, run.pk, chunk=5)]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        said = process.communicate()
        assert process.returncode == 0, said
    assert ledger(numbered=False) == expected
    assert set(BillingRun.objects.values_list("status", flat=True)) == {"done"}
    whole()


def test_the_database_drops_everybody_in_the_middle_and_the_run_goes_on(fresh_db, in_norte, worker):
    """What a restart of PostgreSQL is to a worker: its connection dies inside a transaction, and the next one works."""
    populate(60)
    expected = undisturbed()
    run = order()
    process = worker(run.pk)
    process.stdin.write("go\n")
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while not Invoice.objects.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 1
    said = process.communicate()
    assert process.returncode != 0
    assert "OperationalError" in said or "AdminShutdown" in said
    assert 0 < Invoice.objects.count() < 50
    whole()
    run_billing(run_id=run.pk, now=NOW, chunk=CHUNK)
    assert ledger() == expected


def test_a_run_twice_and_a_finished_run_again_write_nothing(fresh_db, in_norte):
    populate()
    run = order()
    run_billing(run_id=run.pk, now=NOW, chunk=CHUNK)
    expected = ledger()
    run_billing(run_id=run.pk, now=NOW, chunk=CHUNK)
    again = run_billing(run_id=order().pk, now=NOW)
    assert (again.pk != run.pk, again.invoices, again.charges) == (True, 0, 0)
    assert ledger() == expected
    whole()
