"""The whole import: what the check says, what the run makes, and that a second one changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from billing.models import Entry, Invoice, PlanChange
from customers.models import Contact, Customer, Equipment, Hold, Plan, Service, Zone
from desk.imports import run as imports
from desk.imports.checking import is_empty
from desk.imports.people import prepare_batch
from desk.imports.run import ImportRefused, check_import, discard_import, drain, receive_import, run_import
from desk.imports.samples.generate import sample_clients, sample_invoices
from desk.imports.sources.base import SourceFile, UnreadableFilesError
from desk.imports.sources.registry import SOURCES
from desk.imports.writing import Chunk, write_chunk
from desk.models import ImportRun
from events.domain import Actor
from events.models import Event
from network.models import Access, Router
from tenants.current import entered

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
ACTOR = Actor("user", 1, "Regina Lozano")
SIZE = 60


def as_files(clients, invoices=()):
    pages = [("clientes.json", clients), ("facturas.json", invoices)]
    return [SourceFile(name, json.dumps(rows, ensure_ascii=False).encode()) for name, rows in pages if rows]


@pytest.fixture(scope="module")
def lists():
    clients = sample_clients(provider="norte", size=SIZE)
    return clients, sample_invoices(provider="norte", clients=clients)


def receive(clients, invoices=(), **options):
    files = as_files(clients, invoices)
    return receive_import(
        source="wisphub", files=files, **{"update_existing": False, "actor": ACTOR, "now": NOW, **options}
    )


def bring(clients, invoices=(), **options):
    run = receive(clients, invoices, **options)
    run_import(run_id=run.pk, actor=ACTOR, now=NOW)
    while drain(now=NOW):
        pass
    run.refresh_from_db()
    return run


def census():
    """How many rows there are of everything an import touches."""
    models = (Customer, Contact, Service, Plan, Zone, Hold, Equipment, Invoice, Entry, Router, Access)
    return {model.__name__: model.objects.count() for model in models}


def test_the_check_writes_nothing_but_its_report_and_foretells_the_run(in_norte, lists):
    before = census()
    run = receive(*lists)
    assert census() == before
    assert run.stage == ImportRun.Stage.CHECKED
    foretold = run.report["counts"]
    done = bring(*lists)
    assert done.stage == ImportRun.Stage.DONE
    for key, value in done.counters.items():
        if key in foretold:
            assert foretold[key] == value, key
    assert foretold["customers_new"] == Customer.objects.count()
    assert foretold["services_new"] == SIZE == Service.objects.count()


def test_everything_comes_in(in_norte, lists):
    clients, invoices = lists
    run = bring(*lists)
    row = next(row for row in clients if row["estado"] == "Activo" and row["telefono"] and row["coordenadas"])
    service = Service.objects.select_related("customer", "plan", "zone").get(
        external_ref=f"wisphub:{row['id_servicio']}"
    )
    assert service.customer.name == " ".join(row["nombre"].split())
    assert service.customer.code == f"{row['id_servicio']:04d}"
    assert service.customer.name_key == service.customer.name_key.lower()
    assert service.plan.name == row["plan_internet"]["nombre"]
    assert service.monthly_price == Decimal(row["precio_plan"])
    assert service.zone.name == row["zona"]["nombre"]
    assert service.plan.tax_rate == Decimal("0.16")
    contact = service.customer.contacts.get(is_primary=True)
    assert contact.value == f"+52{row['telefono'].split(' / ')[0]}"
    access = Access.objects.select_related("router").get(service=service)
    assert (access.username, access.router.name) == (row["servicio"], row["router"]["nombre"])
    assert access.reveal("password") == row["password_servicio"]
    assert (access.desired, access.is_pending) == (Access.Desired.ON, False)
    assert not access.router.is_enabled
    equipment = Equipment.objects.get(service=service)
    assert equipment.reveal("wifi_password") == row["password_ssid_router_wifi"]
    assert equipment.reveal("cpe_password") == row["password_cpe"]
    owed = sum(Decimal(i["total"]) for i in invoices if i["estado"] in ("Pendiente de Pago", "En Revisión"))
    balances = sum(Decimal(c["saldo"]) for c in clients)
    receivable = Entry.objects.filter(customer__isnull=False).aggregate(sum=Sum("amount"))["sum"]
    assert receivable == owed + balances == Decimal(run.report["money"]["owed"])
    assert Entry.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    assert Event.objects.filter(type="customer.imported").count() == Customer.objects.count()


def test_who_came_suspended_stays_so_with_the_reason(in_norte, lists):
    clients, _invoices = lists
    debtor = {**clients[0], "estado": "Suspendido", "saldo": "120.00"}
    nobody_knows = {**clients[1], "estado": "Suspendido", "saldo": "0.00"}
    bring([debtor, nobody_knows, {**clients[2], "estado": "Cancelado"}, {**clients[3], "estado": "Gratis"}])
    holds = {hold.service.external_ref: hold for hold in Hold.objects.select_related("service")}
    assert holds["wisphub:1"].reason == Hold.Reason.DEBT
    assert holds["wisphub:1"].detail["amount"] == "120.00"
    assert holds["wisphub:2"].reason == Hold.Reason.STAFF
    assert "WispHub" in holds["wisphub:2"].detail["note"]
    assert len(holds) == 2
    assert Access.objects.get(service__external_ref="wisphub:1").desired == Access.Desired.OFF
    assert Service.objects.get(external_ref="wisphub:3").status == Service.Status.CANCELLED
    assert not Access.objects.filter(service__external_ref="wisphub:3").exists()
    assert Service.objects.get(external_ref="wisphub:4").status == Service.Status.FREE


def test_again_changes_nothing_and_says_so(in_norte, lists):
    bring(*lists)
    before, events = census(), Event.objects.exclude(type__startswith="import.").count()
    for update_existing in (False, True):
        run = bring(*lists, update_existing=update_existing)
        assert is_empty(run.report)
        assert census() == before
        assert Event.objects.exclude(type__startswith="import.").count() == events
        assert not [key for key in run.counters if key.endswith(("_new", "_changed"))]


def test_what_changed_there_is_changed_here_only_when_asked(in_norte, lists):
    clients, _invoices = lists
    bring(clients)
    moved = [{**clients[0], "direccion": "Otra calle 5", "precio_plan": "999.00"}, *clients[1:]]
    assert is_empty(bring(moved).report)
    run = bring(moved, update_existing=True)
    assert (run.counters["customers_changed"], run.counters["services_changed"]) == (1, 1)
    service = Service.objects.select_related("customer").get(external_ref="wisphub:1")
    assert service.customer.address == "Otra calle 5"
    assert service.price == Decimal("999.00")
    # The history of prices is kept, which is how a run knows what the days before cost.
    change = PlanChange.objects.get()
    assert (change.service, change.old_price, change.new_price) == (service, None, Decimal("999.00"))


def test_one_person_with_two_services_is_one_customer(in_norte, lists):
    one = {**lists[0][0], "saldo": "10.00"}
    two = {**lists[0][1], "saldo": "5.00", "nombre": one["nombre"].upper(), "cedula": one["cedula"]}
    bring([one, two])
    customer = Customer.objects.get()
    assert [service.code for service in customer.services.order_by("id")] == [
        f"{customer.code}-1",
        f"{customer.code}-2",
    ]
    assert Entry.objects.filter(customer=customer).aggregate(sum=Sum("amount"))["sum"] == Decimal(15)


def test_a_number_that_is_taken_gets_the_next_free_one(in_norte, lists):
    Customer.objects.create(code="0002", name="Hecho aquí")
    bring(lists[0][:3])
    codes = dict(Customer.objects.exclude(external_ref="").values_list("external_ref", "code"))
    assert codes == {"wisphub:1": "0001", "wisphub:2": "0004", "wisphub:3": "0003"}


def test_a_kill_between_chunks_ends_the_same(in_norte, lists, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 7)
    run = receive(*lists)
    run_import(run_id=run.pk, actor=ACTOR, now=NOW)
    real, calls = imports.write_chunk, []

    def dies_after_writing(chunk):
        done = real(chunk)
        calls.append(chunk)
        if len(calls) in (2, 5):
            raise SystemExit  # what a killed process leaves: a transaction that never committed
        return done

    monkeypatch.setattr(imports, "write_chunk", dies_after_writing)
    for _attempt in range(4):
        try:
            drain(now=NOW)
        except SystemExit:
            continue
    run.refresh_from_db()
    assert run.stage == ImportRun.Stage.DONE
    assert run.cursor == run.total
    survived = census()
    assert run.counters["services_new"] == SIZE == survived["Service"]
    assert Entry.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    assert is_empty(bring(*lists).report)


def test_an_error_stops_it_with_a_sentence_and_it_goes_on_from_there(in_norte, lists, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 20)
    run = receive(*lists)
    run_import(run_id=run.pk, actor=ACTOR, now=NOW)
    real = imports.write_chunk

    def fails_once(chunk):
        monkeypatch.setattr(imports, "write_chunk", real)
        raise DatabaseError("deadlock detected")

    monkeypatch.setattr(imports, "write_chunk", fails_once)
    drain(now=NOW)
    run.refresh_from_db()
    assert run.stage == ImportRun.Stage.FAILED
    assert "Continuar" in run.error
    run_import(run_id=run.pk, actor=ACTOR, now=NOW)
    drain(now=NOW)
    run.refresh_from_db()
    assert (run.stage, run.error) == (ImportRun.Stage.DONE, "")


def test_files_are_sealed_while_kept_and_deleted_when_over(in_norte, lists, django_capture_on_commit_callbacks):
    run = receive(*lists)
    stored = [file.content.name for file in run.files.all()]
    secret = lists[0][0]["password_servicio"].encode()
    for name in stored:
        with default_storage.open(name) as content:
            assert secret not in content.read()
    assert secret.decode() not in json.dumps(run.report)
    run_import(run_id=run.pk, actor=ACTOR, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        drain(now=NOW)
    assert not any(default_storage.exists(name) for name in stored)
    assert [file.sha256 for file in run.files.all()] != ["", ""]
    with pytest.raises(ImportRefused, match="ya terminó"):
        run_import(run_id=run.pk, actor=ACTOR, now=NOW)


def test_lost_files_are_told(in_norte, lists):
    run = receive(lists[0])
    for file in run.files.all():
        default_storage.delete(file.content.name)
    run_import(run_id=run.pk, actor=ACTOR, now=NOW)
    assert drain(now=NOW) is None
    run.refresh_from_db()
    assert run.stage == ImportRun.Stage.FAILED
    assert "Descarte" in run.error
    assert not Customer.objects.exists()


def test_an_unreadable_file_keeps_nothing(in_norte):
    with pytest.raises(UnreadableFilesError):
        receive_import(
            source="wisphub",
            files=[SourceFile("x.json", b"<html>")],
            update_existing=False,
            actor=ACTOR,
            now=NOW,
        )
    assert not ImportRun.objects.exists()


def test_one_at_a_time_and_a_discarded_one_is_over(in_norte, lists, django_capture_on_commit_callbacks):
    one, two = receive(lists[0]), receive(lists[0])
    run_import(run_id=one.pk, actor=ACTOR, now=NOW)
    with pytest.raises(ImportRefused, match="otra importación"):
        run_import(run_id=two.pk, actor=ACTOR, now=NOW)
    with pytest.raises(ImportRefused, match="en curso"):
        discard_import(run_id=one.pk, actor=ACTOR, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        discard_import(run_id=two.pk, actor=ACTOR, now=NOW)
    assert not two.files.exclude(content="").exists()
    drain(now=NOW)
    two.refresh_from_db()
    assert two.stage == ImportRun.Stage.DISCARDED


def test_a_check_can_be_made_again_after_things_changed(in_norte, lists):
    run = receive(lists[0])
    bring(lists[0][:10])
    check_import(run=run)
    assert run.report["counts"]["services_same"] == 10


def test_another_provider_sees_nothing_of_it(in_norte, sur, lists):
    bring(*lists)
    with entered(sur):
        assert not any(census().values())
        assert not ImportRun.objects.exists()


def test_queries_do_not_grow_with_the_people(in_norte):
    clients = sample_clients(provider="norte", size=400)
    batch = SOURCES["wisphub"].read(as_files(clients, sample_invoices(provider="norte", clients=clients)), country="MX")
    prepared = prepare_batch(batch)

    def queries(people):
        with CaptureQueriesContext(connection) as captured:
            write_chunk(Chunk("wisphub", people, prepared, False, ACTOR, NOW))
        return len(captured)

    first, few, many = queries(prepared.people[:40]), queries(prepared.people[40:60]), queries(prepared.people[60:])
    assert first <= 130
    # Only Django's own batches of very wide inserts may add to it.
    assert many <= few + 4
    assert Service.objects.count() == 400
