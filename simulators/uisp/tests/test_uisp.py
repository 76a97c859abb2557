"""The simulated UISP answers as its published description says."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulators.routeros.tls import self_signed
from simulators.uisp import UispSimulator
from simulators.uisp.crm import BASE as CRM
from simulators.uisp.nms import BASE as NMS

TOKEN, WRITE, READ = "t" * 32, "w" * 32, "r" * 32


@pytest.fixture
def uisp() -> Iterator[UispSimulator]:
    with UispSimulator(token=TOKEN, write_key=WRITE, read_key=READ) as simulator:
        yield simulator


def nms(
    uisp: UispSimulator, path: str, *, verb: str = "GET", token: str = TOKEN, body: object = None
) -> requests.Response:
    url = f"http://127.0.0.1:{uisp.port}{NMS}{path}"
    return requests.request(verb, url, json=body, headers={"x-auth-token": token}, timeout=5)


def crm(
    uisp: UispSimulator, path: str, *, verb: str = "GET", key: str = WRITE, body: object = None
) -> requests.Response:
    url = f"http://127.0.0.1:{uisp.port}{CRM}{path}"
    return requests.request(verb, url, json=body, headers={"X-Auth-App-Key": key} if key else {}, timeout=5)


def test_signing_in(uisp: UispSimulator) -> None:
    uisp.nms.users["doble"] = ("clave", "admin", True)
    assert nms(uisp, "/nms/version", token="").json()["version"]
    refused = nms(uisp, "/user/login", verb="POST", body={"username": "enlace", "password": "otra"})
    assert (refused.status_code, refused.json()["statusCode"], refused.json()["error"]) == (401, 401, "Unauthorized")
    second = nms(uisp, "/user/login", verb="POST", body={"username": "doble", "password": "clave"})
    assert second.status_code == 201
    assert "x-auth-token" not in second.headers
    signed = nms(uisp, "/user/login", verb="POST", body={"username": "enlace", "password": "enlace"})
    token = signed.headers["x-auth-token"]
    assert nms(uisp, "/sites", token=token).json() == []
    assert nms(uisp, "/user/logout", verb="POST", token=token).status_code == 200
    assert nms(uisp, "/sites", token=token).status_code == 401


def test_suspending_a_site_blocks_the_addresses_of_its_devices(uisp: UispSimulator) -> None:
    uisp.world.add_tower("Cerro")
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1/24", mac="aa:bb:cc:00:00:01")
    beto = uisp.world.add_customer("Beto Díaz", ip="10.1.0.2/24")
    uisp.world.add_device(ana.site_id, name="Router", mac="", ip="10.1.0.9", online=False)
    uisp.world.add_device(ana.site_id, name="Gestión", mac="", ip="10.1.0.10", management=True)
    uisp.world.add_device(ana.site_id, name="Fuera", mac="", ip="8.8.8.8")
    done = nms(uisp, f"/sites/{ana.site_id}/suspend", verb="POST")
    assert done.json()["identification"]["suspended"] is True
    assert nms(uisp, "/devices/ips?suspended=true").json() == ["10.1.0.1", "10.1.0.9"]
    assert nms(uisp, f"/devices/ips?suspended=true&siteId={beto.site_id}").json() == []
    assert nms(uisp, "/devices/ips?suspended=true&management=true").json() == ["10.1.0.1", "10.1.0.10", "10.1.0.9"]
    assert not uisp.world.reaches_internet("10.1.0.1")
    assert uisp.world.reaches_internet("10.1.0.2")
    uisp.world.has_gateway = False
    assert uisp.world.reaches_internet("10.1.0.1"), "without a gateway nothing happens on the wire"
    uisp.world.has_gateway = True
    nms(uisp, f"/sites/{ana.site_id}/unsuspend", verb="POST")
    assert nms(uisp, "/devices/ips?suspended=true").json() == []
    assert uisp.writes() == [f"POST {NMS}/sites/{ana.site_id}/{verb}" for verb in ("suspend", "unsuspend")]


def test_sites_and_devices_are_found(uisp: UispSimulator) -> None:
    tower = uisp.world.add_tower("Cerro")
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1/24", mac="aa:bb:cc:00:00:01")
    beto = uisp.world.add_customer("Beto Díaz", ip="10.1.0.2/24", online=False)

    def ids(query: str) -> list[str]:
        return [site["id"] for site in nms(uisp, f"/sites?{query}").json()]

    assert ids("type=site") == [tower.id]
    assert ids("type=endpoint") == [ana.site_id, beto.site_id]
    assert ids(f"id={beto.site_id}&id={tower.id}") == [tower.id, beto.site_id]
    assert ids("ip=10.1.0.2") == [beto.site_id]
    assert ids("type=endpoint&ucrm=false") == []
    assert nms(uisp, "/sites?ucrm=true").status_code == 400
    site = nms(uisp, f"/sites/{ana.site_id}?ucrmDetails=true").json()
    assert site["ucrm"]["service"] | {"id": str(ana.id), "status": 1} == site["ucrm"]["service"]
    assert site["description"]["ipAddresses"] == ["10.1.0.1"]
    assert nms(uisp, f"/sites/{tower.id}").json()["identification"]["suspended"] is None
    assert nms(uisp, "/sites/nada").status_code == 404
    device = nms(uisp, f"/devices?siteId={beto.site_id}").json()[0]
    assert (device["overview"]["status"], device["overview"]["uptime"]) == ("disconnected", None)
    assert nms(uisp, "/outages?count=10&page=1").json()["pagination"]["total"] == 1
    assert nms(uisp, "/outages").status_code == 400


def test_speeds(uisp: UispSimulator) -> None:
    ana = uisp.world.add_customer("Ana", ip="10.1.0.1", plan=uisp.world.add_plan("50", 50, 10))
    path = f"/sites/{ana.site_id}/qos"
    told = nms(uisp, path).json()
    assert (told["enabled"], told["downloadSpeed"], told["uploadSpeed"]) == (True, 50_000_000, 10_000_000)
    assert nms(uisp, path, verb="PUT", body={"enabled": True}).status_code == 400
    nms(uisp, path, verb="PUT", body={**told, "downloadSpeed": 8_000_000})
    assert nms(uisp, path).json()["downloadSpeed"] == 8_000_000
    fast = uisp.world.add_plan("100", 100, 20)
    changed = crm(uisp, f"/clients/services/{ana.id}", verb="PATCH", body={"servicePlanPeriodId": fast.period_ids[0]})
    assert (changed.json()["servicePlanId"], changed.json()["downloadSpeed"]) == (fast.id, 100)
    assert nms(uisp, path).json()["downloadSpeed"] == 100_000_000, "the CRM pushes its speed"
    override = f"/clients/services/{ana.id}/traffic-shaping-override"
    crm(uisp, override, verb="PATCH", body={"downloadSpeedOverride": 5, "uploadSpeedOverride": None})
    assert nms(uisp, path).json()["downloadSpeed"] == 5_000_000
    assert nms(uisp, path).json()["uploadSpeed"] is None
    crm(uisp, override, verb="DELETE")
    assert nms(uisp, path).json()["downloadSpeed"] == 100_000_000
    wrong = crm(uisp, f"/clients/services/{ana.id}", verb="PATCH", body={"servicePlanPeriodId": 1})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["servicePlanPeriodId"])


def test_keys_of_the_crm(uisp: UispSimulator) -> None:
    ana = uisp.world.add_customer("Ana", ip="10.1.0.1")
    assert crm(uisp, "/clients", key="").status_code == 401
    assert crm(uisp, "/clients", key="otra").json() == {"code": 401, "message": "User authentication failed."}
    assert crm(uisp, "/clients", key=READ).status_code == 200
    assert crm(uisp, f"/clients/services/{ana.id}/suspend", verb="PATCH", key=READ).status_code == 403
    assert crm(uisp, "/clients/services/5").json() == {"code": 404, "message": "Object is not found."}
    assert uisp.suspended_names() == set()


def test_suspending_by_the_crm(uisp: UispSimulator) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    path = f"/clients/services/{ana.id}"
    wrong = crm(uisp, f"{path}/suspend", verb="PATCH", body={"suspensionReasonId": 77})
    assert wrong.json()["code"] == 422
    assert "suspensionReasonId" in wrong.json()["errors"]
    made = crm(uisp, "/service-suspension-reasons", verb="POST", body={"name": "Falta de pago"})
    assert made.status_code == 201
    done = crm(uisp, f"{path}/suspend", verb="PATCH", body={"suspensionReasonId": made.json()["id"]})
    assert (done.status_code, done.content) == (200, b"")
    told = crm(uisp, path).json()
    assert (told["status"], told["suspensionReasonId"]) == (3, made.json()["id"])
    assert told["suspensionPeriods"][0]["endDate"] is None
    assert told["suspensionPeriods"][0]["startDate"].endswith("+0000")
    assert nms(uisp, "/devices/ips?suspended=true").json() == ["10.1.0.1"]
    assert crm(uisp, f"{path}/suspend", verb="PATCH", body={"suspensionReasonId": 1}).status_code == 422
    assert crm(uisp, f"{path}/cancel-suspend", verb="PATCH").content == b""
    assert crm(uisp, f"{path}/cancel-suspend", verb="PATCH").status_code == 422
    assert crm(uisp, path).json()["status"] == 1
    assert nms(uisp, "/devices/ips?suspended=true").json() == []
    assert crm(uisp, f"{path}/end", verb="PATCH").json()["status"] == 2


def test_pages_binding_and_change_requests(uisp: UispSimulator) -> None:
    services = [uisp.world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}") for n in range(1, 6)]
    assert [one["id"] for one in crm(uisp, "/clients/services?limit=2&offset=2").json()] == [
        s.id for s in services[2:4]
    ]
    assert crm(uisp, "/clients/services?limit=2&offset=9").json() == []
    assert len(crm(uisp, f"/clients/services?clientId={services[0].client_id}").json()) == 1
    assert crm(uisp, "/clients/services?statuses[]=3").json() == []
    assert len(crm(uisp, "/clients?query=persona 3").json()) == 1
    first = f"/clients/services/{services[0].id}/unmsclientsite"
    taken = crm(uisp, f"{first}/bind", verb="PATCH", body={"unmsClientSiteId": services[1].site_id})
    assert taken.status_code == 422
    site = services[0].site_id
    assert crm(uisp, f"{first}/unbind", verb="PATCH").json()["unmsClientSiteId"] is None
    assert crm(uisp, f"{first}/bind", verb="PATCH", body={"unmsClientSiteId": site}).json()["unmsClientSiteId"] == site
    fast = uisp.world.add_plan("100", 100, 20)
    body = {"serviceId": services[0].id, "targetServicePlanPeriodId": fast.period_ids[0]}
    made = crm(uisp, "/service-change-requests", verb="POST", body=body)
    assert made.status_code == 201
    assert crm(uisp, f"/service-change-requests/{made.json()['id']}/accept", verb="PATCH").status_code == 200
    assert crm(uisp, "/clients/services?statuses[]=6").json()[0]["servicePlanId"] == fast.id


def test_faults(uisp: UispSimulator) -> None:
    ana = uisp.world.add_customer("Ana", ip="10.1.0.1")
    uisp.fail_on("/sites", "html")
    assert nms(uisp, "/sites").headers["content-type"].startswith("text/html")
    uisp.fail_on("/sites", "answer", status=429, headers={"Retry-After": "7"})
    limited = nms(uisp, "/sites")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    uisp.fail_on("/suspend", "reset_before")
    with pytest.raises(requests.ConnectionError):
        nms(uisp, f"/sites/{ana.site_id}/suspend", verb="POST")
    assert uisp.suspended_names() == set()
    uisp.fail_on("/suspend", "reset")
    with pytest.raises(requests.ConnectionError):
        nms(uisp, f"/sites/{ana.site_id}/suspend", verb="POST")
    assert uisp.suspended_names() == {"Ana"}, "done, and nobody was told"
    uisp.fail_on("/unsuspend", "empty")
    assert nms(uisp, f"/sites/{ana.site_id}/unsuspend", verb="POST").content == b""
    uisp.fail_on("/nms/version", "trickle")
    started = time.monotonic()
    with pytest.raises(requests.RequestException), requests.Session() as session:
        session.get(f"http://127.0.0.1:{uisp.port}{NMS}/nms/version", timeout=0.04)
    assert time.monotonic() - started < 2
    uisp.fail_on("/sites", "cut_short")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        nms(uisp, "/sites").json()
    with pytest.raises(ValueError, match="unknown action"):
        uisp.fail_on("/sites", "nada")
    page = requests.get(f"http://127.0.0.1:{uisp.port}/login", timeout=5)
    assert page.headers["content-type"].startswith("text/html")
    assert nms(uisp, "/no/such").status_code == 404


def test_tls_with_its_own_certificate(tmp_path: Path) -> None:
    self_signed(tmp_path)
    with UispSimulator(certificate=tmp_path / "router.pem") as uisp:
        url = f"https://localhost:{uisp.port}{NMS}/nms/version"
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url, timeout=5)
        assert requests.get(url, timeout=5, verify=str(tmp_path / "router.pem")).status_code == 200


def test_as_a_process(tmp_path: Path) -> None:
    state = {
        "plans": [{"name": "50", "download": 50, "upload": 10}],
        "towers": ["Cerro"],
        "customers": [{"name": "Ana Muñoz", "ip": "10.1.0.1", "plan": "50", "suspended": True, "site_id": "s-1"}],
    }
    file = tmp_path / "uisp.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    command = [sys.executable, "-m", "simulators.uisp", "--port=0", f"--state={file}", f"--token={TOKEN}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        url = f"http://127.0.0.1:{port}{NMS}/devices/ips?suspended=true"
        assert requests.get(url, headers={"x-auth-token": TOKEN}, timeout=5).json() == ["10.1.0.1"]
        process.terminate()
        assert process.wait(timeout=10) == 0
