"""The MikroTik driver on the wire, against a router that misbehaves."""

from __future__ import annotations

import secrets
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from network.drivers.base import OFF, ON, Address, DriverError, Exchange, Key, Session, Wanted
from network.drivers.mikrotik.driver import MikroTik
from network.drivers.mikrotik.times import seconds_of
from simulators.routeros.server import RouterSimulator
from simulators.routeros.tls import self_signed

SECRETS = [
    {"name": "ana@red", "password": "clave1", "comment": "Ana Muñoz"},
    {"name": "beto@red", "password": "clave2", "remote-address": "10.13.0.7"},
    {"name": "caro@red", "password": "clave3", "disabled": True},
]
PASSWORD = "muy-secreta-77"


@pytest.fixture
def router() -> Iterator[RouterSimulator]:
    with RouterSimulator(secrets=SECRETS, password=PASSWORD, redial_s=0.05, boot_s=0.05) as simulator:
        yield simulator


def local(port: int, **given: Any) -> Address:
    return Address("127.0.0.1", port, exceptions=frozenset({f"127.0.0.1:{port}"}), **given)


def address_of(router: RouterSimulator, **changes: object) -> Address:
    given = {"username": "enlace", "password": PASSWORD, **changes}
    return local(router.port, **given)


_open: list[Session] = []


@pytest.fixture(autouse=True)
def _sessions_closed() -> Iterator[None]:
    yield
    while _open:
        _open.pop().close()


def want(**states: bool) -> list[Wanted]:
    return [Wanted(Key("pppoe", f"{name}@red"), ON if on else OFF) for name, on in states.items()]


def dial(router: RouterSimulator, log: list[Exchange] | None = None, **changes: object) -> Session:
    listener = log.append if log is not None else (lambda _exchange: None)
    _open.append(MikroTik().open(address_of(router, **changes), deadline_s=3, listener=listener))
    return _open[-1]


def everything_said(error: BaseException) -> str:
    """All that a log or an error reporter could print of an exception, its causes and contexts included."""
    said = "".join(traceback.format_exception(error))
    return f"{said} {error!r} {error.__cause__!r} {error.__context__!r}"


def test_identify_and_bulk_read(router: RouterSimulator) -> None:
    session = dial(router)
    identity = session.identify(deadline_s=2)
    assert (identity.identity, identity.version) == ("MikroTik", "7.20.2 (stable)")
    assert 0 < identity.latency_ms < 40, "Nagle and delayed acknowledgements would take 44 ms"
    snapshot = session.observe(None, deadline_s=2)
    assert snapshot.complete
    assert {key.name: account.enabled for key, account in snapshot.accounts.items()} == {
        "ana@red": True,
        "beto@red": True,
        "caro@red": False,
    }
    assert [live.address for live in snapshot.accounts[Key("pppoe", "beto@red")].lives] == ["10.13.0.7"]
    assert router.received_count == 5


def test_cut_writes_only_differences_and_kicks_every_session(router: RouterSimulator) -> None:
    router.open_extra_session("ana@red")
    session = dial(router)
    wanted = want(ana=False, caro=False, beto=True, nadie=False)
    steps = session.steps(session.observe(wanted, deadline_s=2), wanted)
    assert [(step.account.name, step.kind) for step in steps] == [
        ("ana@red", "disable"),
        ("ana@red", "kick"),
        ("ana@red", "kick"),
    ]
    assert [outcome.error for outcome in session.perform(steps, deadline_s=2)] == ["", "", ""]
    after = session.observe(wanted, deadline_s=2)
    assert session.steps(after, wanted) == []
    assert router.disabled_names() == {"ana@red", "caro@red"}
    assert router.online_names() == {"beto@red"}
    assert len(router.writes()) == 3


def test_a_session_already_gone_counts_as_kicked(router: RouterSimulator) -> None:
    session = dial(router)
    steps = session.steps(session.observe(want(ana=False), deadline_s=2), want(ana=False))
    router.power_cpe("ana@red", on=False)
    assert [outcome.error for outcome in session.perform(steps, deadline_s=2)] == ["", ""]
    assert session.identify(deadline_s=2), "a trap is an answer: the connection goes on"


def test_a_secret_that_vanished_is_told(router: RouterSimulator) -> None:
    session = dial(router)
    steps = session.steps(session.observe(want(ana=False), deadline_s=2), want(ana=False))
    router.remove_secret("ana@red")
    outcomes = session.perform(steps, deadline_s=2)
    assert "no such item" in outcomes[0].error


def test_wrong_password_is_permanent_and_never_told(router: RouterSimulator) -> None:
    wrong = secrets.token_hex(8)  # made here: a traceback quotes its source line
    with pytest.raises(DriverError) as caught:
        dial(router, password=wrong)
    assert caught.value.permanent
    assert "usuario o la contraseña" in caught.value.message
    said = everything_said(caught.value)
    assert wrong not in said
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert PASSWORD not in repr(address_of(router))


def test_missing_permission_is_permanent(router: RouterSimulator) -> None:
    router.add_account("lector", "l", rights={"api", "read"})
    session = dial(router, username="lector", password="l")
    steps = session.steps(session.observe(want(ana=False), deadline_s=2), want(ana=False))
    outcome = session.perform(steps, deadline_s=2)[0]
    assert outcome.permanent
    assert "permisos" in outcome.error


def test_nobody_there(router: RouterSimulator) -> None:
    router.set_faults(refuse=True)
    with pytest.raises(DriverError, match="rechazó la conexión") as caught:
        dial(router)
    assert not caught.value.permanent
    with pytest.raises(DriverError, match="No se encuentra «no-existe"):
        MikroTik().open(Address("no-existe.invalid", 8728, "u", "p"), deadline_s=2, listener=lambda _e: None)


def test_a_web_server_behind_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            client.recv(100)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 4000)
            client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(DriverError):
            MikroTik().open(
                local(server.getsockname()[1], username="u", password=PASSWORD),
                deadline_s=1,
                listener=lambda _e: None,
            )
        thread.join()


@pytest.mark.parametrize("fault", [{"hang": True}, {"trickle_ms": 40}])
def test_one_deadline_for_the_whole_call(router: RouterSimulator, fault: dict) -> None:
    session = dial(router)
    router.set_faults(**fault)
    started = time.monotonic()
    with pytest.raises(DriverError, match="no respondió a tiempo"):
        session.observe(None, deadline_s=0.4)
    assert time.monotonic() - started < 0.8
    with pytest.raises(DriverError):
        session.identify(deadline_s=1)


def test_an_abort_from_another_thread_wakes_the_caller(router: RouterSimulator) -> None:
    session = dial(router)
    router.set_faults(hang=True)
    threading.Timer(0.2, session.abort).start()
    started = time.monotonic()
    with pytest.raises(DriverError):
        session.identify(deadline_s=10)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("action", ["fatal", "trap_bare", "reset_before"])
def test_what_breaks_the_stream_ends_the_connection(router: RouterSimulator, action: str) -> None:
    session = dial(router)
    router.fail_on("/ppp/secret/print", action)
    with pytest.raises(DriverError):
        session.observe(None, deadline_s=1)
    with pytest.raises(DriverError):
        session.identify(deadline_s=1)
    assert dial(router).observe(None, deadline_s=2).accounts


def test_bytes_that_are_not_utf8_and_tls(tmp_path: Path) -> None:
    rows = [{"name": "muñoz@red", "password": "x"}]
    with RouterSimulator(secrets=rows, password=PASSWORD, tls=self_signed(tmp_path)) as router:
        router.set_faults(latin1=True)
        assert [key.name for key in dial(router, tls="pinned").observe(None, deadline_s=2).accounts] == ["muñoz@red"]
        with pytest.raises(DriverError):
            MikroTik().open(address_of(router), deadline_s=0.5, listener=lambda _e: None)
    with RouterSimulator(password=PASSWORD) as plain, pytest.raises(DriverError, match="cifrar"):
        dial(plain, tls="pinned")


def test_old_routers_with_a_challenge_are_reached() -> None:
    with RouterSimulator(version="6.42.12", password=PASSWORD, secrets=SECRETS) as router:
        assert len(dial(router).observe(None, deadline_s=2).accounts) == 3


def test_every_exchange_is_logged_without_secrets(router: RouterSimulator) -> None:
    log: list[Exchange] = []
    session = dial(router, log)
    steps = session.steps(session.observe(want(ana=False), deadline_s=2), want(ana=False))
    session.perform(steps, deadline_s=2)
    assert [exchange.sentence.split(" ")[0] for exchange in log] == [
        "/ppp/secret/print",
        "/ppp/active/print",
        "/ppp/secret/set",
        "/ppp/active/remove",
    ]
    assert all(exchange.ok and exchange.account == Key("pppoe", "ana@red") for exchange in log)
    assert [exchange.is_write for exchange in log] == [False, False, True, True]
    assert "clave1" not in repr(log)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1w2d3h4m5s", 788645), ("5s", 5), ("2d03:04:05", 183845), ("00:01:00", 60), ("1w1d00:00:01", 691201), ("", 0)],
)
def test_uptimes(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds
