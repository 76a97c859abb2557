"""What goes wrong on the way, as both clients meet it."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest

from simulators.routeros.codec import encode_sentence
from simulators.routeros.server import RouterSimulator
from simulators.routeros.tests.clients import Broken, Client, Dial, Refused, eventually
from simulators.routeros.tls import self_signed

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SECRET, ACTIVE = "/ppp/secret", "/ppp/active"


def plain(router: RouterSimulator, *, signed_in: bool = True) -> socket.socket:
    """A bare socket, for what no client would do."""
    sock = socket.create_connection((router.host, router.port), timeout=3)
    if signed_in:
        sock.sendall(encode_sentence(["/login", "=name=enlace", "=password=enlace"]))
        assert sock.recv(100) == encode_sentence(["!done"])
    return sock


@pytest.mark.parametrize("fault", [{"hang": True}, {"half_open": True}])
def test_a_router_that_takes_sentences_and_never_answers(router: RouterSimulator, fault: dict[str, bool]) -> None:
    sock = plain(router)
    router.set_faults(**fault)
    sock.settimeout(0.3)
    sock.sendall(encode_sentence([f"{SECRET}/print"]))
    with pytest.raises(TimeoutError):
        sock.recv(1)
    sock.close()


def test_half_open_takes_connections_and_nothing_else(router: RouterSimulator, tmp_path: Path, dial: Dial) -> None:
    router.set_faults(half_open=True)
    waiting = [plain(router, signed_in=False) for _ in range(5)]
    assert router.connection_count == 0
    waiting[0].sendall(encode_sentence(["/login", "=name=enlace", "=password=enlace"]))
    waiting[0].settimeout(0.2)
    with pytest.raises(TimeoutError):
        waiting[0].recv(1)
    assert router.online_names() == {"ana@red", "beto@red"}, "customers notice nothing"
    router.clear_faults()
    for sock in waiting:
        sock.close()
    assert dial(router).ask("/system/identity/print")
    with RouterSimulator(tls=self_signed(tmp_path)) as other:
        other.set_faults(half_open=True)
        sock = socket.create_connection((other.host, other.port), timeout=0.3)
        with pytest.raises(TimeoutError):
            ssl.create_default_context().wrap_socket(sock, server_hostname="localhost")
        sock.close()


def test_reset_after_and_before_the_write(router: RouterSimulator, dial: Dial) -> None:
    router.fail_on(f"{SECRET}/set", "reset")
    with pytest.raises(Broken):
        dial(router).ask(f"{SECRET}/set", id="*1", disabled="yes")
    assert "ana@red" in router.disabled_names(), "it was applied"
    router.fail_on(f"{SECRET}/set", "reset_before")
    with pytest.raises(Broken):
        dial(router).ask(f"{SECRET}/set", id="*1", disabled="no")
    assert "ana@red" in router.disabled_names(), "it was not"


def test_refuse_and_power(router: RouterSimulator, dial: Dial) -> None:
    router.set_faults(refuse=True)
    with pytest.raises(ConnectionRefusedError):
        plain(router)
    assert router.online_names() == {"ana@red", "beto@red"}, "customers stay online while only the API is closed"
    router.clear_faults()
    assert dial(router)
    router.power(on=False)
    assert router.online_names() == set()
    with pytest.raises(ConnectionRefusedError):
        plain(router)
    router.power(on=True)
    assert eventually(lambda: router.online_names() == {"ana@red", "beto@red"})


def test_reboot_by_command(router: RouterSimulator, dial: Dial) -> None:
    client = dial(router)
    sessions = {row["session-id"] for row in client.ask(f"{ACTIVE}/print")}
    client.ask(f"{SECRET}/set", id="*1", comment="queda")
    client.ask("/system/reboot")
    assert eventually(lambda: router.online_names() == set())
    with pytest.raises(Broken):
        client.ask(f"{SECRET}/print")
    assert eventually(lambda: router.online_names() == {"ana@red", "beto@red"})
    after = dial(router)
    assert after.ask(f"{SECRET}/print")[0]["comment"] == "queda"
    assert not sessions & {row["session-id"] for row in after.ask(f"{ACTIVE}/print")}
    assert after.ask("/system/resource/print")[0]["uptime"] in {"0s", "1s", "2s"}


def test_trickle_beats_a_timeout_per_read(router: RouterSimulator) -> None:
    sock = plain(router)
    router.set_faults(trickle_ms=15)
    started = time.monotonic()
    sock.sendall(encode_sentence(["/system/identity/print"]))
    expected = encode_sentence(["!re", "=name=MikroTik"]) + encode_sentence(["!done"])
    sock.settimeout(0.3)
    got = b""
    while len(got) < len(expected):
        got += sock.recv(100)
    assert got == expected
    assert time.monotonic() - started > 0.3
    sock.close()


def test_latency_counts_from_the_arrival_of_each_sentence(router: RouterSimulator) -> None:
    router.set_faults(latency_ms=60)
    sock = plain(router)
    started = time.monotonic()
    sock.sendall(b"".join(encode_sentence(["/system/identity/print", f".tag={n}"]) for n in range(50)))
    got = b""
    while got.count(b"!done") < 50:
        got += sock.recv(65536)
    assert 0.06 <= time.monotonic() - started < 1.0
    sock.close()


def test_fatal(router: RouterSimulator, dial: Dial) -> None:
    router.fail_on(f"{SECRET}/print", "fatal", message="out of memory")
    with pytest.raises(Broken):
        dial(router).ask(f"{SECRET}/print")
    assert dial(router).ask(f"{SECRET}/print")
    sock = plain(router, signed_in=False)
    sock.sendall(encode_sentence([f"{SECRET}/print"]))
    assert sock.recv(100) == encode_sentence(["!fatal", "not logged in"])
    assert sock.recv(100) == b""
    sock.close()


@pytest.mark.parametrize("action", ["truncate", "fatal_midway"])
def test_half_a_print(router: RouterSimulator, dial: Dial, action: str) -> None:
    router.fail_on(f"{SECRET}/print", action)
    with pytest.raises(Broken):
        dial(router).ask(f"{SECRET}/print")


def test_half_a_print_that_looks_whole(router: RouterSimulator, api: Client) -> None:
    router.fail_on(f"{SECRET}/print", "short")
    assert len(api.ask(f"{SECRET}/print")) == 1
    api.ask(f"{SECRET}/print", count_only="")
    assert api.ret == "3"


def test_a_stalled_print_leaves_the_rest_of_the_connection(router: RouterSimulator) -> None:
    sock = plain(router)
    router.fail_on(f"{SECRET}/print", "stall")
    sock.sendall(encode_sentence([f"{SECRET}/print", ".tag=1"]) + encode_sentence(["/system/identity/print", ".tag=2"]))
    got = b""
    while b"!done" not in got:
        got += sock.recv(65536)
    assert b"ana@red" in got
    assert got.endswith(encode_sentence(["!done", ".tag=2"]))
    sock.close()


def test_a_slow_menu_does_not_hold_the_others(router: RouterSimulator) -> None:
    sock = plain(router)
    router.fail_on(ACTIVE, "slow", delay_ms=150, times=None)
    sock.sendall(encode_sentence([f"{ACTIVE}/print", ".tag=1"]) + encode_sentence(["/system/identity/print", ".tag=2"]))
    got = sock.recv(65536)
    assert got.endswith(encode_sentence(["!done", ".tag=2"]))
    while encode_sentence(["!done", ".tag=1"]) not in got:
        got += sock.recv(65536)
    assert got.index(b".tag=2") < got.index(b".tag=1")
    sock.close()


def test_a_kick_that_takes_its_time(router: RouterSimulator, api: Client) -> None:
    router.set_faults(kick_delay_ms=150)
    api.ask(f"{SECRET}/set", numbers="ana@red", disabled="yes")
    session = api.ask(f"{ACTIVE}/print", "?name=ana@red")[0]
    api.ask(f"{ACTIVE}/remove", id=session[".id"])
    assert api.ask(f"{ACTIVE}/print", "?name=ana@red"), "answered, and still there"
    assert eventually(lambda: router.online_names() == {"beto@red"})


def test_traps_of_every_kind(router: RouterSimulator, api: Client) -> None:
    router.fail_on(f"{SECRET}/set", "trap", message="failure: busy", after=1)
    api.ask(f"{SECRET}/set", id="*1", comment="una")
    with pytest.raises(Refused, match="failure: busy"):
        api.ask(f"{SECRET}/set", id="*1", comment="dos")
    api.ask(f"{SECRET}/set", id="*1", comment="tres")
    router.fail_on(f"{SECRET}/print", "trap_bare")
    with pytest.raises(Broken):  # neither client is ready for a trap without a message
        api.ask(f"{SECRET}/print")
    with pytest.raises(ValueError, match="unknown action"):
        router.fail_on("/", "explode")
    with pytest.raises(ValueError, match="unknown fault"):
        router.set_faults(mood=1)


def test_bytes_that_are_not_utf8(router: RouterSimulator) -> None:
    router.set_faults(latin1=True)
    sock = plain(router)
    sock.sendall(encode_sentence([f"{SECRET}/print", "=.proplist=comment", "?name=ana@red"]))
    assert b"=comment=Ana Mu\xf1oz" in sock.recv(1000)
    router.clear_faults()
    latin = b"=comment=Pe\xf1a".decode("utf-8", "surrogateescape")
    sock.sendall(encode_sentence([f"{SECRET}/set", "=.id=*1", latin]))
    assert sock.recv(1000) == encode_sentence(["!done"])
    sock.sendall(encode_sentence([f"{SECRET}/print", "=.proplist=comment", "?name=ana@red"]))
    assert b"=comment=Pe\xf1a" in sock.recv(1000), "what came in goes out"
    sock.close()


def test_what_is_not_the_api_is_hung_up_on(router: RouterSimulator) -> None:
    sock = plain(router, signed_in=False)
    sock.sendall(b"\xff\xff")
    with pytest.raises(ConnectionResetError):
        sock.recv(10)
    sock.close()
    sock = plain(router, signed_in=False)
    sock.sendall(encode_sentence(["/login", "=name=x", "=password=y"]) * 20)
    got = b""
    while not got.endswith(encode_sentence(["!fatal", "too many commands before login"])):
        got += sock.recv(4096)
    sock.close()


def test_another_language_is_told_so_at_once(router: RouterSimulator) -> None:
    context = ssl.create_default_context()
    for _ in range(20):
        sock = socket.create_connection((router.host, router.port), timeout=3)
        with pytest.raises(ssl.SSLError, match="WRONG_VERSION"):
            context.wrap_socket(sock, server_hostname="localhost")
        sock.close()
    sock = plain(router, signed_in=False)
    sock.sendall(b"GET / HTTP/1.1\r\nHost: router.example.org\r\nAccept: text/html,application/xhtml+xml\r\n\r\n")
    assert sock.recv(100) == encode_sentence(["!fatal", "not logged in"])
    sock.close()


def test_too_many_sessions(dial: Dial) -> None:
    with RouterSimulator(max_sessions=2) as router:
        first, second = dial(router), dial(router)
        with pytest.raises(Broken):
            dial(router)
        first.close()
        assert eventually(lambda: router.connection_count == 1)
        second.ask("/ip/service/set", numbers="api", max_sessions="1")
        with pytest.raises(Broken):
            dial(router)
        second.ask("/ip/service/set", numbers="api", max_sessions="3")
        assert dial(router).ask("/system/identity/print")
