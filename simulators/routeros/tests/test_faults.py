from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import librouteros
import pytest
import routeros_api

from simulators.routeros.server import RouterSimulator
from simulators.routeros.tests.conftest import opened
from simulators.routeros.tests.test_clients import dial_official, dial_other, eventually
from simulators.routeros.tls import anonymous, self_signed

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_hang_reads_and_never_answers(router: RouterSimulator) -> None:
    pool = dial_official(router)
    api = pool.get_api()
    pool.set_timeout(0.3)
    router.set_faults(hang=True)
    with pytest.raises(routeros_api.exceptions.RouterOsApiConnectionError):
        api.get_resource("/ppp/secret").get()


def test_reset_after_the_write_was_applied(router: RouterSimulator) -> None:
    router.fail_on("/ppp/secret/set", "reset")
    api = dial_other(router)
    with pytest.raises((OSError, librouteros.exceptions.ConnectionClosed)):
        tuple(api("/ppp/secret/set", **{".id": "*1", "disabled": "yes"}))
    assert "ana@red" in router.disabled_names()
    router.fail_on("/ppp/secret/set", "reset_before")
    with pytest.raises((OSError, librouteros.exceptions.ConnectionClosed)):
        tuple(dial_other(router)("/ppp/secret/set", **{".id": "*1", "disabled": "no"}))
    assert "ana@red" in router.disabled_names()


def test_refuse_and_power(router: RouterSimulator) -> None:
    router.set_faults(refuse=True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((router.host, router.port), timeout=1)
    assert "ana@red" in router.online_names(), "customers stay online while only the API is closed"
    router.clear_faults()
    dial_other(router)
    router.power(on=False)
    assert router.online_names() == set()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((router.host, router.port), timeout=1)
    router.power(on=True)
    assert eventually(lambda: router.online_names() == {"ana@red", "beto@red"})


def test_reboot_keeps_configuration_and_loses_the_rest(router: RouterSimulator) -> None:
    api = dial_other(router)
    lists = api.path("ip", "firewall", "address-list")
    lists.add(list="Moroso", address="10.0.0.1")
    lists.add(list="Aviso", address="10.0.0.2", timeout="2h")
    router.reboot()
    api = dial_other(router)
    assert [row["list"] for row in api.path("ip", "firewall", "address-list")] == ["Moroso"]
    assert router.disabled_names() == {"caro@red"}
    assert eventually(lambda: router.online_names() == {"ana@red", "beto@red"})


def test_trickle_beats_a_timeout_per_read(router: RouterSimulator) -> None:
    pool = dial_official(router)
    resource = pool.get_api().get_resource("/system/identity")
    pool.set_timeout(0.2)
    router.set_faults(trickle_ms=20)
    started = time.monotonic()
    assert resource.get()[0]["name"] == "MikroTik"
    assert time.monotonic() - started > 0.5


def test_fatal_and_traps_without_a_message(router: RouterSimulator) -> None:
    router.fail_on("/ppp/secret/print", "fatal", message="out of memory")
    with pytest.raises(librouteros.exceptions.FatalError, match="out of memory"):
        tuple(dial_other(router)("/ppp/secret/print"))
    router.fail_on("/ppp/secret/print", "trap_bare")
    with pytest.raises(KeyError):
        dial_official(router).get_api().get_resource("/ppp/secret").get()


def test_bytes_that_are_not_utf8(router: RouterSimulator) -> None:
    router.set_faults(latin1=True)
    row = dial_official(router).get_api().get_binary_resource("/ppp/secret").get()[0]
    assert row["comment"] == b"Ana Mu\xf1oz"


def test_too_many_sessions() -> None:
    with RouterSimulator(max_sessions=2) as router:
        first, second = dial_other(router), dial_other(router)
        with pytest.raises((OSError, librouteros.exceptions.ConnectionClosed)):
            dial_other(router)
        first.close()
        assert eventually(lambda: router.connection_count == 1)
        dial_other(router)
        second.close()


def test_tls_with_certificate_and_anonymous(tmp_path: Path) -> None:
    with RouterSimulator(tls=self_signed(tmp_path)) as router:
        pool = dial_official(router, use_ssl=True, ssl_verify=False)
        assert pool.get_api().get_resource("/system/identity").get()[0]["name"] == "MikroTik"
        with pytest.raises(ssl.SSLError):
            dial_official(router, use_ssl=True, ssl_verify=True).get_api()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ADH:@SECLEVEL=0")
    with RouterSimulator(tls=anonymous(tmp_path)) as router:
        assert dial_official(router, ssl_context=context).get_api().get_resource("/system/identity").get()


def test_technicians_and_two_radios(router: RouterSimulator) -> None:
    router.open_extra_session("ana@red")
    api = dial_other(router)
    assert len([row for row in api.path("ppp", "active") if row["name"] == "ana@red"]) == 2
    router.set_secret("ana@red", comment="a mano")
    router.remove_secret("beto@red")
    assert {row["name"] for row in api.path("ppp", "secret")} == {"ana@red", "caro@red"}
    router.power_cpe("ana@red", on=False)
    assert "ana@red" not in router.online_names()
    router.add_secret(name="nuevo@red", password="n")
    assert "nuevo@red" in router.online_names()


def _control(port: int, path: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data)
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return json.load(answer)


def test_as_a_process_with_a_control_port(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps([{"name": "ñandú@red", "password": "x", "remote-address": "10.1.1.1"}]))
    command = [sys.executable, "-m", "simulators.routeros", "--port", "0", "--control-port", "0"]
    with subprocess.Popen([*command, "--state", str(state)], stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = json.loads(process.stdout.readline())
            control = ready["control_port"]
            assert _control(control, "/state")["online"] == 1
            api = librouteros.connect("127.0.0.1", "enlace", "enlace", port=ready["port"], encoding="utf-8")
            opened.append(api)
            tuple(api("/ppp/secret/set", **{".id": "*1", "disabled": "yes", "password": "secreta"}))
            assert _control(control, "/secrets") == [{"name": "ñandú@red", "disabled": True, "online": True}]
            sentences = _control(control, "/sentences?match=/ppp")
            assert sentences[-1]["words"][0] == "/ppp/secret/set"
            assert "secreta" not in json.dumps(sentences)
            assert _control(control, "/cpe", {"name": "ñandú@red", "on": False}) == {"ok": True}
            assert _control(control, "/state")["online"] == 0
            _control(control, "/rules", {"match": "/system", "action": "trap", "message": "no"})
            with pytest.raises(librouteros.exceptions.TrapError):
                tuple(api("/system/identity/print"))
            _control(control, "/faults", {"refuse": True})
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", ready["port"]), timeout=1)
            _control(control, "/faults/clear", {})
            socket.create_connection(("127.0.0.1", ready["port"]), timeout=1).close()
        finally:
            process.terminate()
            assert process.wait(timeout=10) == 0
