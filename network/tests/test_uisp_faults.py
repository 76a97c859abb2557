"""What goes wrong between us and a UISP: each says so in words, holds nobody up, and is never blindly repeated."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from network.drivers.base import OFF, DriverError
from network.tests.uisp_tools import TOKEN, Dialing, converge, everything_said, service, simulate, site
from simulators.routeros.tls import self_signed
from simulators.uisp import UispSimulator


@pytest.fixture
def uisp() -> Iterator[UispSimulator]:
    with simulate() as simulator:
        yield simulator


@pytest.fixture
def dial() -> Iterator[Dialing]:
    dialing = Dialing()
    yield dialing
    dialing.close()


@pytest.mark.parametrize(
    ("fault", "said", "permanent"),
    [
        ({"action": "html"}, "no es UISP", False),
        ({"action": "answer", "status": 404, "body": b"<html>nginx</html>"}, "no es UISP", False),
        ({"action": "answer", "status": 502, "body": b"<html>Bad Gateway</html>"}, "falló por dentro \\(502\\)", False),
        ({"action": "answer", "status": 503}, "falló por dentro \\(503\\)", False),
        ({"action": "answer", "status": 500, "body": b'{"message": "x"}'}, "falló por dentro \\(500\\)", False),
        ({"action": "answer", "status": 403, "body": b"{}"}, "faltan permisos", True),
        ({"action": "answer", "status": 400, "body": b'{"message": "no va"}'}, "no lo aceptó: no va", True),
        ({"action": "cut_short"}, "no es UISP", False),
        ({"action": "empty"}, "no es UISP", False),
        ({"action": "reset_before"}, "Se cortó la conexión", False),
        ({"action": "hang", "seconds": 3}, "no respondió a tiempo", False),
        ({"action": "redirect", "location": "http://127.0.0.1:9/"}, "manda a otra parte", True),
    ],
)
def test_a_reading_that_fails(uisp: UispSimulator, dial: Dialing, fault: dict, said: str, permanent: bool) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    session = dial.nms(uisp)
    uisp.fail_on("/sites", **fault)
    started = time.monotonic()
    with pytest.raises(DriverError, match=said) as caught:
        session.observe([site(ana.site_id)], deadline_s=0.7)
    assert time.monotonic() - started < 1.2
    assert caught.value.permanent == permanent
    with pytest.raises(DriverError):
        session.identify(deadline_s=1)
    assert dial.nms(uisp).observe(None, deadline_s=2).accounts, "it is only the session that ended"
    assert uisp.writes() == []


@pytest.mark.parametrize("action", ["hang", "trickle", "slow"])
def test_one_deadline_for_the_whole_call(uisp: UispSimulator, dial: Dialing, action: str) -> None:
    for n in range(8):
        uisp.world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}")
    session = dial.nms(uisp)
    uisp.fail_on("/sites", action, times=None, seconds=3)
    started = time.monotonic()
    with pytest.raises(DriverError, match="no respondió a tiempo"):
        session.observe([site(name) for name in uisp.world.sites], deadline_s=0.5)
    assert time.monotonic() - started < 1.2


def test_being_asked_to_wait_is_heeded_by_every_session(uisp: UispSimulator, dial: Dialing) -> None:
    session = dial.nms(uisp)
    uisp.fail_on("/sites", "answer", status=429, headers={"Retry-After": "1"})
    with pytest.raises(DriverError, match="pide esperar 1 s") as caught:
        session.observe(None, deadline_s=2)
    assert not caught.value.permanent
    asked = len(uisp.calls)
    with pytest.raises(DriverError, match="pide esperar"):
        dial.nms(uisp)
    assert len(uisp.calls) == asked, "nothing was sent"
    time.sleep(1.05)
    assert dial.nms(uisp).observe(None, deadline_s=2).complete


@pytest.mark.parametrize("action", ["reset", "hang_after", "empty", "cut_short", "trickle"])
@pytest.mark.parametrize("side", ["nms", "crm"])
def test_an_answer_that_got_lost_is_read_again_and_not_repeated(
    uisp: UispSimulator, dial: Dialing, action: str, side: str
) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    wanted = [site(ana.site_id, OFF) if side == "nms" else service(ana.id, OFF)]
    session = getattr(dial, side)(uisp)
    uisp.fail_on("/suspend", action, seconds=2)
    steps = session.steps(session.observe(wanted, deadline_s=2), wanted)
    if action == "empty":
        assert [outcome.error for outcome in session.perform(steps, deadline_s=0.5)] == [""], "no body is promised"
    elif (action, side) != ("cut_short", "crm"):  # there, half of nothing
        with pytest.raises(DriverError) as caught:
            session.perform(steps, deadline_s=0.5)
        assert not caught.value.permanent
    else:
        session.perform(steps, deadline_s=0.5)
    assert uisp.suspended_names() == {"Ana Muñoz"}
    assert converge(getattr(dial, side)(uisp), wanted) == []
    assert sum(call.endswith("/suspend") for call in uisp.writes()) == 1


def test_what_was_never_done_is_done_by_the_next_pass(uisp: UispSimulator, dial: Dialing) -> None:
    ana = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
    for fault in ({"action": "reset_before"}, {"action": "answer", "status": 503}):
        uisp.fail_on("/suspend", **fault)
        with pytest.raises(DriverError):
            converge(dial.nms(uisp), [site(ana.site_id, OFF)])
        assert uisp.suspended_names() == set()
    assert converge(dial.nms(uisp), [site(ana.site_id, OFF)]) == ["suspend"]


def test_one_site_that_fails_does_not_hold_up_the_others(uisp: UispSimulator, dial: Dialing) -> None:
    people = [uisp.world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}") for n in range(1, 5)]
    uisp.fail_on(f"{people[1].site_id}/suspend", "answer", status=500, body=b'{"message": "boom"}')
    uisp.fail_on(f"{people[2].site_id}/suspend", "answer", status=422, body=b'{"message": "No se puede."}')
    done = converge(dial.nms(uisp), [site(one.site_id, OFF) for one in people])
    assert [done[0], done[3]] == ["suspend", "suspend"]
    assert "falló por dentro" in done[1]
    assert "No se puede." in done[2]
    assert uisp.suspended_names() == {"Persona 1", "Persona 4"}


def test_an_abort_from_another_thread_wakes_the_caller(uisp: UispSimulator, dial: Dialing) -> None:
    for n in range(6):
        uisp.world.add_customer(f"Persona {n}")
    session = dial.nms(uisp)
    uisp.fail_on("/sites", "hang", times=None, seconds=5)
    threading.Timer(0.2, session.abort).start()
    started = time.monotonic()
    with pytest.raises(DriverError):
        session.observe([site(name) for name in uisp.world.sites], deadline_s=10)
    assert time.monotonic() - started < 2


def test_nobody_there_and_something_else_there(uisp: UispSimulator, dial: Dialing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(DriverError, match="rechazó la conexión") as caught:
        dial.nms(uisp, port=port)
    assert not caught.value.permanent
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            client.recv(65536)
            client.sendall(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
            while client.recv(65536):
                pass
            client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(DriverError, match="no es UISP"):
            dial.nms(uisp, port=server.getsockname()[1])
        thread.join()


def test_an_answer_without_end_is_broken_off(
    uisp: UispSimulator, dial: Dialing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("network.drivers.uisp.client._MOST_BYTES", 2000)
    session = dial.nms(uisp)
    uisp.fail_on("/sites", "answer", status=200, body=b"[" + b" " * 5000 + b"]")
    with pytest.raises(DriverError, match="Se cortó"):
        session.observe(None, deadline_s=2)


def test_a_certificate_of_its_own(tmp_path: Path, dial: Dialing, monkeypatch: pytest.MonkeyPatch) -> None:
    self_signed(tmp_path)
    file = tmp_path / "router.pem"
    print_ = hashlib.sha256(
        ssl.PEM_cert_to_DER_cert(file.read_text()[file.read_text().index("-----BEGIN CERT") :])
    ).hexdigest()
    with simulate(certificate=file) as uisp:
        with pytest.raises(DriverError, match="Ninguna autoridad avala") as caught:
            dial.nms(uisp, host="localhost", tls="certificate")
        assert caught.value.permanent
        assert print_[:4].upper() in caught.value.message.replace(":", "")
        assert uisp.calls == [], "the password stayed at home"
        session = dial.nms(uisp, tls="pinned", fingerprint=print_)
        assert session.identify(deadline_s=2).fingerprint == print_
        assert dial.nms(uisp, tls="pinned").identify(deadline_s=2).fingerprint == print_, (
            "known from the first contact on"
        )
        assert dial.nms(uisp, tls="anonymous").observe(None, deadline_s=2).complete
        asked = len(uisp.calls)
        with pytest.raises(DriverError, match="cambió") as caught:
            dial.nms(uisp, tls="pinned", fingerprint="0" * 64, username="otro")
        assert caught.value.permanent
        assert len(uisp.calls) == asked, "nothing was said to a stranger"
        with pytest.raises(DriverError):
            dial.nms(uisp, tls="", username="otra")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert dial.nms(uisp, host="localhost", tls="certificate").observe(None, deadline_s=2).complete
        with pytest.raises(DriverError, match="Ninguna autoridad"):
            dial.nms(uisp, host="127.0.0.1", tls="certificate", username="", password=TOKEN).observe(None, deadline_s=2)


def test_tls_on_a_plain_port(uisp: UispSimulator, dial: Dialing) -> None:
    with pytest.raises(DriverError, match="No se pudo cifrar") as caught:
        dial.nms(uisp, tls="pinned")
    assert not caught.value.permanent


def test_a_name_is_looked_up_once(uisp: UispSimulator, dial: Dialing, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = socket.getaddrinfo, []

    def turning(host: str, *more: object, **kept: object) -> object:
        if host != "uisp.example":
            return real(host, *more, **kept)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "192.0.2.1", *more, **kept)

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    assert dial.nms(uisp, host="uisp.example").observe(None, deadline_s=2).complete
    assert asked == ["uisp.example"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "::1"])
def test_our_own_house_is_no_uisp(uisp: UispSimulator, dial: Dialing, host: str) -> None:
    with pytest.raises(DriverError, match=r"no se permite|No se encuentra"):
        dial.nms(uisp, host=host, exceptions=frozenset())
    assert uisp.calls == []


def test_no_secret_is_in_what_a_failure_says(uisp: UispSimulator, dial: Dialing) -> None:
    session = dial.nms(uisp, username="", password=TOKEN)
    for action in ("reset", "cut_short", "html"):
        uisp.fail_on("/sites", action)
        with pytest.raises(DriverError) as caught:
            session.observe(None, deadline_s=2)
        assert TOKEN not in everything_said(caught.value) + repr(dial.log)
        assert caught.value.__context__ is caught.value.__cause__ is None
        session = dial.nms(uisp, username="", password=TOKEN)
