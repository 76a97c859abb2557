"""The wire of the MikroTik driver: the kinds of encryption, what else may be behind a port, traps, bytes."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from network.drivers.base import Address, DriverError, Exchange, Key
from network.drivers.mikrotik.answers import trap_error
from network.drivers.mikrotik.connection import Connection, Sentence
from simulators.routeros.codec import encode_sentence
from simulators.routeros.server import RouterSimulator
from simulators.routeros.tls import anonymous, self_signed

PASSWORD = "muy-secreta-77"
PRINT = Sentence("/ppp/secret", "print", {".proplist": ".id,name,comment"})


def address_of(port: int, **changes: object) -> Address:
    given = {"host": "127.0.0.1", "username": "enlace", "password": PASSWORD, **changes}
    return Address(port=port, exceptions=frozenset({f"{given['host']}:{port}"}), **given)


@contextmanager
def connected(port: int, log: list[Exchange] | None = None, **changes: object) -> Iterator[Connection]:
    listener = log.append if log is not None else (lambda _exchange: None)
    connection = Connection.open(address_of(port, **changes), deadline_s=1, listener=listener)
    yield connection
    connection.close()


@contextmanager
def behind_the_port(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Something that is not a router, listening."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                answer(client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_a_known_fingerprint_is_held_to(tmp_path: Path) -> None:
    with RouterSimulator(password=PASSWORD, tls=self_signed(tmp_path)) as router:
        with connected(router.port, tls="pinned") as first:
            met = first.fingerprint
        assert len(met) == 64
        with connected(router.port, tls="pinned", fingerprint=met) as again:
            assert again.fingerprint == met
        with connected(router.port, tls="pinned", fingerprint=met.upper()):
            pass
        with (
            pytest.raises(DriverError, match="no es el conocido") as caught,
            connected(router.port, tls="pinned", fingerprint="ab" * 32),
        ):
            pass
        assert caught.value.permanent
        assert router.sentences("/login")[-1].words[0] == "/login"
        assert len(router.sentences("/login")) == 3, "the password is not sent to a stranger"


def test_a_certificate_must_be_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RouterSimulator(password=PASSWORD, tls=self_signed(tmp_path)) as router:
        with (
            pytest.raises(DriverError, match="no se pudo comprobar") as caught,
            connected(router.port, host="localhost", tls="certificate"),
        ):
            pass
        assert caught.value.permanent
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "router.pem"))
        with connected(router.port, host="localhost", tls="certificate") as connection:
            assert connection.ask([PRINT], deadline_s=1)[0].rows == []
        with pytest.raises(DriverError, match="no se pudo comprobar"), connected(router.port, tls="certificate"):
            pass  # the certificate is for localhost, not for 127.0.0.1


def test_a_router_without_certificate_only_when_allowed(tmp_path: Path) -> None:
    with RouterSimulator(password=PASSWORD, tls=anonymous(tmp_path)) as router:
        with connected(router.port, tls="anonymous") as connection:
            assert connection.fingerprint == ""
            assert connection.ask([PRINT], deadline_s=1)[0].is_complete
        for tls in ("pinned", "certificate"):
            with pytest.raises(DriverError, match="cifrar"), connected(router.port, tls=tls):
                pass
        assert len(router.sentences("/login")) == 1


def test_tls_on_a_plain_port_and_plain_on_a_tls_port(tmp_path: Path) -> None:
    with RouterSimulator(password=PASSWORD) as plain:
        for tls in ("pinned", "certificate", "anonymous"):
            with pytest.raises(DriverError, match="cifrar"), connected(plain.port, tls=tls):
                pass

    def alert(client: socket.socket) -> None:
        client.recv(100)
        client.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

    with (
        behind_the_port(alert) as port,
        pytest.raises(DriverError, match="espera una conexión cifrada"),
        connected(port),
    ):
        pass


def test_what_is_not_a_router_is_named() -> None:
    def web(client: socket.socket) -> None:
        client.recv(100)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" + b" " * 200)

    def hang_up(client: socket.socket) -> None:
        client.recv(1)

    def noise(client: socket.socket) -> None:
        client.recv(100)
        client.sendall(encode_sentence(["220 ftp.example ready"]))

    for answer, said in ((web, "servidor web"), (hang_up, "sesiones libres"), (noise, "no es la API")):
        with behind_the_port(answer) as port, pytest.raises(DriverError, match=said) as caught, connected(port):
            pass
        assert not caught.value.permanent

    with socket.create_server(("127.0.0.1", 0)) as silent:  # a web server that waits for a line
        with pytest.raises(DriverError, match=r"aceptó la conexión y no respondió a tiempo.*8728"):
            with connected(silent.getsockname()[1]):
                pass


def test_no_free_sessions() -> None:
    with RouterSimulator(password=PASSWORD, max_sessions=1) as router, connected(router.port):
        with pytest.raises(DriverError, match="sesiones libres"), connected(router.port):
            pass


def test_a_reset_before_the_connection_is_ours_says_the_same() -> None:
    with RouterSimulator(password=PASSWORD) as router, pytest.MonkeyPatch.context() as patched:

        def reset(*_arguments: object, **_more: object) -> socket.socket:
            raise ConnectionResetError

        patched.setattr(socket, "create_connection", reset)
        with pytest.raises(DriverError, match="sesiones libres"), connected(router.port):
            pass


def test_a_fatal_says_why_and_ends_it() -> None:
    with RouterSimulator(password=PASSWORD) as router, connected(router.port) as connection:
        router.fail_on("/ppp/secret/print", "fatal", message="session terminated on request")
        with pytest.raises(DriverError, match="cerró la sesión: session terminated on request") as caught:
            connection.ask([PRINT], deadline_s=1)
        assert not caught.value.permanent
        assert not connection.is_open


def test_traps_are_answers_whatever_is_in_them() -> None:
    with RouterSimulator(password=PASSWORD) as router, connected(router.port) as connection:
        router.fail_on("/ppp/secret/print", "trap_bare")
        router.fail_on("/ppp/active/print", "trap", message="señal perdida")
        router.set_faults(latin1=True)
        bare, odd = connection.ask([PRINT, Sentence("/ppp/active", "print")], deadline_s=1)
        assert (bare.trap, odd.trap) == ("", "señal perdida")
        bad = connection.ask([Sentence("/ppp/secret", "add", {"name": "x", "profile": "no-hay"})], deadline_s=1)[0]
        assert bad.category == "1"
        assert connection.ask([PRINT], deadline_s=1)[0].rows == []
    assert "sin explicación" in trap_error("").message


@pytest.mark.parametrize(
    ("message", "category", "permanent"),
    [
        ("not enough permissions (9)", "", True),
        ("no such command prefix", "0", True),
        ("unknown parameter rate", "1", True),
        ("no such item (4)", "0", False),
        ("invalid value for argument address", "1", True),
        ("input does not match any value of profile", "1", False),
        ("interrupted", "2", False),
        ("failure: something broke", "4", False),
        ("", "", False),
    ],
)
def test_which_traps_a_second_try_can_help(message: str, category: str, permanent: bool) -> None:
    assert trap_error(message, category).permanent is permanent


def test_values_survive_and_empty_ones_clear() -> None:
    with RouterSimulator(password=PASSWORD, secrets=[{"name": "ñandú", "password": "x", "comment": "antes"}]) as router:
        with connected(router.port) as connection:
            row = connection.ask([PRINT], deadline_s=1)[0].rows[0]
            assert row["name"] == "ñandú"
            change = {".id": row[".id"], "comment": "José Ñuñez = 50 €", "disabled": True, "limit-bytes-in": 7}
            assert connection.ask([Sentence("/ppp/secret", "set", change)], deadline_s=1)[0].trap is None
            found = Sentence("/ppp/secret", "print", {".proplist": "comment,disabled"}, (("name", "ñandú"),))
            assert connection.ask([found], deadline_s=1)[0].rows == [
                {"comment": "José Ñuñez = 50 €", "disabled": "true"}
            ]
            connection.ask([Sentence("/ppp/secret", "set", {".id": row[".id"], "comment": ""})], deadline_s=1)
        assert "=comment=" in router.writes()[-1].words
        assert not router.secret("ñandú").get("comment")


def test_long_words_and_many_rows() -> None:
    long = "x" * 40_000
    rows = [{"name": f"u{n}@red", "password": "x", "comment": long if n == 7 else ""} for n in range(500)]
    with RouterSimulator(password=PASSWORD, secrets=rows, cpes=False) as router, connected(router.port) as connection:
        got = connection.ask([PRINT], deadline_s=5)[0].rows
        assert len(got) == 500
        assert next(row for row in got if row["name"] == "u7@red")["comment"] == long


def test_nothing_secret_reaches_the_log() -> None:
    log: list[Exchange] = []
    given = secrets.token_hex(6)
    with RouterSimulator(password=PASSWORD) as router, connected(router.port, log) as connection:
        router.fail_on("/ppp/secret/add", "trap", message=f"failure: bad password {given}")
        add = Sentence("/ppp/secret", "add", {"name": "ana", "password": given}, account=Key("pppoe", "ana"))
        first, second = connection.ask([add, add], deadline_s=1)
        assert first.trap == f"failure: bad password {given}"
        assert second.ret
        everything = Sentence("/ppp/secret", "print", {})
        assert connection.ask([everything], deadline_s=1)[0].rows[0]["password"] == given
        router.fail_on("/ppp/secret/add", "reset")
        with pytest.raises(DriverError):
            connection.ask([add], deadline_s=1)
    assert len(log) == 4
    assert given not in repr(log)
    assert PASSWORD not in repr(log)
    assert "=password=•••" in log[0].sentence
