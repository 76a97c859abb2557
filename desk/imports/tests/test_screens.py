"""The pages of an import, as the person who brings the files sees them."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from customers.models import Customer
from desk.imports.run import drain
from desk.imports.samples.generate import FOLDER, sample_clients, sample_invoices
from desk.models import ImportRun

BASE = "/ajustes/importar/"


@pytest.fixture(scope="module")
def files():
    clients = sample_clients(provider="norte", size=30)
    lists = {"clientes.json": clients, "facturas.json": sample_invoices(provider="norte", clients=clients)}
    return {name: json.dumps(rows).encode() for name, rows in lists.items()}


def upload(client, files, **data):
    brought = [SimpleUploadedFile(name, content, "application/json") for name, content in files.items()]
    return client.post(f"{BASE}nueva/", {"source": "wisphub", "brought": brought, **data})


def test_from_the_files_to_the_report(client_norte, in_norte, files):
    assert "Todavía no ha importado nada" in client_norte.get(BASE).content.decode()
    assert "Revisar sin guardar" in client_norte.get(f"{BASE}nueva/").content.decode()
    page = upload(client_norte, files)
    run = ImportRun.objects.get()
    assert page.url == f"{BASE}{run.pk}/"
    checked = client_norte.get(page.url).content.decode()
    assert f"Importar {run.report['counts']['customers_new']} clientes" in checked
    assert "no toca ningún router" in checked
    assert not Customer.objects.exists()
    client_norte.post(f"{page.url}empezar/")
    running = client_norte.get(page.url).content.decode()
    assert 'hx-trigger="every 1s"' in running
    assert "0 / " in client_norte.get(f"{page.url}estado/").content.decode()
    drain(now=timezone.now())
    assert client_norte.get(f"{page.url}estado/")["HX-Refresh"] == "true"
    done = client_norte.get(page.url).content.decode()
    assert "Importación terminada" in done
    assert Customer.objects.count() == run.total
    assert "WispHub" in client_norte.get(BASE).content.decode()
    table = client_norte.get(f"{page.url}problemas.csv").content.decode()
    assert table.startswith("\ufeffArchivo,")
    again = client_norte.get(upload(client_norte, files).url).content.decode()
    assert "importar no cambiaría nada" in again
    assert "empezar/" not in again


@pytest.mark.parametrize(
    ("brought", "words"),
    [
        ({}, "Elija la lista de clientes"),
        ({"vacio.json": b""}, "«vacio.json» está vacío"),
        ({"pagina.json": b"<html></html>"}, "página web"),
        ({"facturas.json": (FOLDER / "sur_facturas.json").read_bytes()}, "falta la de clientes"),
    ],
)
def test_bad_files_get_a_sentence_and_leave_nothing(client_norte, in_norte, brought, words):
    response = upload(client_norte, brought)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ImportRun.objects.exists()


def test_a_discarded_one_is_gone_from_the_way(client_norte, in_norte, files):
    address = upload(client_norte, files).url
    assert client_norte.post(f"{address}revisar/").status_code == 302
    assert client_norte.post(f"{address}descartar/").url == BASE
    assert "Importación descartada" in client_norte.get(address).content.decode()
    client_norte.post(f"{address}empezar/")
    assert ImportRun.objects.get().stage == ImportRun.Stage.DISCARDED


def test_the_sample_is_there_to_try(client_norte, in_norte):
    got = b"".join(client_norte.get(f"{BASE}ejemplo/clientes.json").streaming_content)
    assert got == (FOLDER / "norte_clientes.json").read_bytes()


def test_only_who_may_import_finds_it_and_another_provider_nothing(sign_in, in_norte, sur, client_sur, files):
    owner = sign_in(in_norte)
    address = upload(owner, files).url
    for role in ("collections", "support", "technician", "sales", "read_only"):
        person = sign_in(in_norte, role)
        assert person.get(BASE).status_code == person.get(address).status_code == 404
        assert person.post(f"{address}empezar/").status_code == 404
    assert client_sur.get(address).status_code == 404
    assert client_sur.post(f"{address}empezar/").status_code == 404
    assert client_sur.get(f"{address}problemas.csv").status_code == 404
    assert ImportRun.objects.get().stage == ImportRun.Stage.CHECKED
