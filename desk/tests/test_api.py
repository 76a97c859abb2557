"""The desk's API: pausing, ending, and importing by program."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from accounts.permissions import Role
from customers.models import Customer, Service
from customers.tests.test_api import Api, get
from customers.tests.test_pages import make
from desk.imports.run import drain
from desk.imports.samples.generate import sample_clients
from desk.models import ImportRun
from tenants.current import current_tenant


@pytest.fixture
def api(in_norte):
    return Api(in_norte)


def upload(api, **files):
    brought = [SimpleUploadedFile(f"{name}.json", content) for name, content in files.items()]
    response = api.client.post("/api/v1/imports/", {"source": "wisphub", "files": brought})
    return response.status_code, json.loads(response.content)


def test_a_pause_and_its_end(api):
    service = make(1)[0].services.get()
    path = f"/services/{service.pk}/pause/"
    assert api("post", path, {"why": "vacaciones"}).data_ == {"changed": True}
    assert api("post", path, {}).data_ == {"changed": False}
    assert get(api, f"/services/{service.pk}/")[1]["state"] == "paused"
    assert api("delete", path).data_ == {"changed": True}
    assert api("post", f"/services/{service.pk}/end/", {}).data_ == {"changed": True}
    assert api("post", path, {}).status_code == 400
    assert Service.objects.get().status == Service.Status.CANCELLED


def test_an_import_by_program(api):
    rows = sample_clients(provider="norte", size=12)
    status, run = upload(api, clientes=json.dumps(rows).encode())
    assert (status, run["stage"]) == (201, "checked")
    assert rows[0]["password_servicio"] not in json.dumps(run)
    assert api("post", f"/imports/{run['id']}/start/").data_["stage"] == "running"
    drain(now=timezone.now())
    _, done = get(api, f"/imports/{run['id']}/")
    assert (done["stage"], done["percent"]) == ("done", 100)
    assert Customer.objects.count() == done["total"]
    again = api("post", f"/imports/{run['id']}/start/")
    assert "ya terminó" in again.data_["fields"]["stage"][0]
    assert len(get(api, "/imports/")[1]["results"]) == 1


def test_a_bad_file_gets_its_sentence(api):
    status, answer = upload(api, pagina=b"<html>")
    assert status == 400
    assert "página web" in answer["fields"]["files"][0]
    assert not ImportRun.objects.exists()


def test_roles_and_the_outsider(api, sur):
    service = make(1)[0].services.get()
    _, run = upload(api, clientes=json.dumps(sample_clients(provider="norte", size=2)).encode())
    for other in (Api(current_tenant(), Role.SUPPORT), Api(sur)):
        assert other("post", f"/services/{service.pk}/pause/", {}).status_code == 404
        assert other("post", f"/services/{service.pk}/end/", {}).status_code == 404
        assert other("post", f"/imports/{run['id']}/start/").status_code == 404
        assert get(other, f"/imports/{run['id']}/")[0] == 404
    assert ImportRun.objects.get().stage == ImportRun.Stage.CHECKED


def test_the_description_of_the_api_is_clean(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))
    assert "/api/v1/customers/" in (tmp_path / "schema.yml").read_text()
