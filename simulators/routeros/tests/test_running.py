"""Several commands at once, and simulators as processes: one router, a fleet, their control ports."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import routeros_api

from simulators.routeros.codec import SentenceReader, encode_sentence
from simulators.routeros.engine import Config
from simulators.routeros.fleet import Fleet, read_fleet, read_state
from simulators.routeros.server import RouterSimulator
from simulators.routeros.tests.clients import Dial, Other, Refused, eventually
from simulators.routeros.tests.conftest import SECRETS, opened


class Wire:
    """A bare connection, to see the order of what comes."""

    def __init__(self, router: RouterSimulator) -> None:
        self._sock = socket.create_connection((router.host, router.port), timeout=5)
        self._reader = SentenceReader()
        self._heard: list[list[str]] = []
        opened.append(self)
        self.send("/login", "=name=enlace", "=password=enlace")
        assert self.hear() == ["!done"]

    def send(self, *words: str) -> None:
        self.send_together(words)

    def send_together(self, *sentences: Sequence[str]) -> None:
        self._sock.sendall(b"".join(map(encode_sentence, sentences)))

    def hear(self) -> list[str]:
        while not self._heard:
            self._heard.extend(self._reader.feed(self._sock.recv(65536)))
        return self._heard.pop(0)

    def close(self) -> None:
        self._sock.close()


def test_listen_tells_changes_until_cancelled(router: RouterSimulator) -> None:
    wire = Wire(router)
    wire.send("/ppp/active/listen", ".tag=7")
    session = next(row for row in router.rows("/ppp/active") if row["name"] == "ana@red")
    router.remove_row("/ppp/active", session[".id"])
    assert wire.hear() == ["!re", ".tag=7", f"=.id={session['.id']}", "=.dead=yes"]
    again = wire.hear()
    assert again[:2] == ["!re", ".tag=7"]
    assert "=name=ana@red" in again
    wire.send("/system/identity/print", ".tag=8")
    assert wire.hear() == ["!re", ".tag=8", "=name=MikroTik"]
    assert wire.hear() == ["!done", ".tag=8"]
    wire.send("/cancel", "=tag=7", ".tag=9")
    assert wire.hear() == ["!trap", ".tag=7", "=category=2", "=message=interrupted"]
    assert wire.hear() == ["!done", ".tag=7"]
    assert wire.hear() == ["!done", ".tag=9"]


def test_an_endless_ping_is_cancelled(router: RouterSimulator) -> None:
    wire = Wire(router)
    wire.send("/ping", "=address=8.8.8.8", ".tag=1")
    assert wire.hear()[:2] == ["!re", ".tag=1"]
    wire.send("/cancel", ".tag=2")
    heard = wire.hear()
    while heard[0] == "!re":
        heard = wire.hear()
    assert heard == ["!trap", ".tag=1", "=category=2", "=message=interrupted"]


def test_a_long_print_lets_other_answers_through(router: RouterSimulator) -> None:
    for number in range(1000):
        router.add_row("/ip/firewall/address-list", {"list": "L", "address": f"10.{number // 250}.{number % 250}.1"})
    wire = Wire(router)
    wire.send_together(["/ip/firewall/address-list/print", ".tag=1"], ["/ppp/secret/set", "=.id=*FF", ".tag=2"])
    order = []
    while order[-1:] != [("!done", ".tag=1")]:
        heard = wire.hear()
        order.append((heard[0], heard[1]))
    assert order.index(("!trap", ".tag=2")) < 1000, "tagged, and not after the thousandth row"
    assert order.count(("!re", ".tag=1")) == 1000


def test_pipelined_calls_of_routeros_api(router: RouterSimulator) -> None:
    router.set_faults(latency_ms=20)
    pool = routeros_api.RouterOsApiPool(router.host, "enlace", "enlace", port=router.port, plaintext_login=True)
    secrets = pool.get_api().get_binary_resource("/ppp/secret")
    started = time.monotonic()
    promises = [secrets.call_async("set", {"id": b"*1", "comment": str(n).encode()}) for n in range(40)]
    bad = secrets.call_async("set", {"id": b"*99"})
    last = secrets.call_async("print", {}, {"name": b"ana@red"})
    for promise in promises:
        promise.get()
    with pytest.raises(routeros_api.exceptions.RouterOsApiCommunicationError):
        bad.get()
    assert last.get()[0]["comment"] == b"39"
    assert time.monotonic() - started < 40 * 0.02, "the delay is from arrival, not one after the other"
    pool.disconnect()


def test_technicians_and_two_radios(router: RouterSimulator, dial: Dial) -> None:
    router.open_extra_session("ana@red")
    client = dial(router)
    assert len(client.ask("/ppp/active/print", "?name=ana@red")) == 2
    names = {row["name"] for row in client.ask("/interface/print", "?type=pppoe-in")}
    assert {"<pppoe-ana@red>", "<pppoe-ana@red-1>"} <= names
    router.set_secret("ana@red", comment="a mano")
    router.remove_secret("beto@red")
    assert {row["name"] for row in client.ask("/ppp/secret/print")} == {"ana@red", "caro@red"}
    assert "beto@red" in router.online_names(), "a session survives its secret"
    router.power_cpe("ana@red", on=False)
    assert "ana@red" not in router.online_names()
    router.add_secret(name="nuevo@red", password="n")
    assert "nuevo@red" in router.online_names()
    with pytest.raises(KeyError):
        router.change_row("/ppp/secret", "nadie", {"comment": "x"})


def test_equipment_comes_and_goes() -> None:
    lease = {"address": "10.1.1.2", "mac-address": "AA:BB:CC:00:00:07", "server": "lan"}
    user = {"name": "h", "mac-address": "AA:BB:CC:00:00:08"}
    rows = {"/ip/dhcp-server/lease": [lease], "/ip/hotspot/user": [user]}
    with RouterSimulator(secrets=SECRETS, rows=rows, redial_s=0.01, churn_s=0.01) as router:
        before = {row["session-id"] for row in router.rows("/ppp/active")}
        assert eventually(lambda: len(router.online_names()) < 2)
        assert eventually(lambda: not before & {row["session-id"] for row in router.rows("/ppp/active")})
        assert eventually(lambda: router.rows("/ip/dhcp-server/lease")[0]["status"] == "waiting")
        assert eventually(lambda: router.rows("/ip/dhcp-server/lease")[0]["status"] == "bound")
        assert eventually(lambda: not router.rows("/ip/hotspot/active"))
        assert eventually(lambda: bool(router.rows("/ip/hotspot/active")))
        assert router.disabled_names() == {"caro@red"}


# As processes


@contextmanager
def process(*arguments: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "simulators.routeros", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield json.loads(running.stdout.readline())
        finally:
            running.terminate()
            assert running.wait(timeout=10) == 0


def ask(port: int, path: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data)
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return json.load(answer)


class Place:
    """Where a process listens, for the clients."""

    host = "127.0.0.1"

    def __init__(self, port: int) -> None:
        self.port = port


def test_as_a_process_with_a_control_port(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps([{"name": "ñandú@red", "password": "x", "remote-address": "10.1.1.1"}]))
    with process("--port", "0", "--control-port", "0", "--state", str(state)) as ready:
        control = ready["control_port"]
        assert ask(control, "/state")["online"] == 1
        api = Other(Place(ready["port"]))
        opened.append(api)
        api.ask("/ppp/secret/set", id="*1", disabled="yes", password="secreta")
        assert ask(control, "/secrets") == [{"name": "ñandú@red", "disabled": True, "online": True}]
        sentences = ask(control, "/sentences?match=/ppp")
        assert sentences[-1]["words"][0] == "/ppp/secret/set"
        assert "secreta" not in json.dumps(sentences)
        assert "secreta" not in json.dumps(ask(control, "/rows?path=/ppp/secret"))
        assert ask(control, "/cpe", {"name": "ñandú@red", "on": False}) == {"ok": True}
        assert ask(control, "/state")["online"] == 0
        ask(control, "/rules", {"match": "/system", "action": "trap", "message": "no"})
        with pytest.raises(Refused):
            api.ask("/system/identity/print")
        values = {"list": "Moroso", "address": "10.1.1.1"}
        assert ask(control, "/rows", {"path": "/ip/firewall/address-list", "values": values}) == {"id": "*1"}
        change = {"path": "/ip/firewall/address-list", "ref": "*1", "values": {"comment": "a mano"}}
        ask(control, "/rows/change", change)
        assert api.ask("/ip/firewall/address-list/print")[0]["comment"] == "a mano"
        ask(control, "/rows/remove", {"path": "/ip/firewall/address-list", "ref": "*1"})
        assert ask(control, "/rows?path=/ip/firewall/address-list") == []
        assert ask(control, "/leases", {"mac": "AA:BB:CC:00:00:01"}) == {"bound": False}
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(control, "/rows/remove", {"path": "/ip/firewall/address-list", "ref": "*1"})
        with pytest.raises(urllib.error.HTTPError, match="404"):
            ask(control, "/nothing")
        ask(control, "/faults", {"refuse": True})
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", ready["port"]), timeout=1)
        ask(control, "/faults/clear", {})
        socket.create_connection(("127.0.0.1", ready["port"]), timeout=1).close()


def test_a_fleet_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "sur.json").write_text(
        json.dumps({"/ip/arp": [{"address": "10.0.0.2", "mac-address": "AA:BB:CC:00:00:01", "interface": "lan"}]})
    )
    routers = [
        {"identity": "Torre Norte", "port": 0, "state": [{"name": "ana", "password": "x"}], "latency_ms": 5},
        {"identity": "Sur", "state": "sur.json", "version": "6.49.18", "user": "otro", "password": "clave"},
        {"identity": "Cifrado", "tls": "certificate"},
    ]
    (tmp_path / "fleet.json").write_text(json.dumps(routers))
    with process("--fleet", str(tmp_path / "fleet.json")) as ready:
        control = ready["control_port"]
        ports = {router["identity"]: router["port"] for router in ready["routers"]}
        assert ask(control, "/routers") == ready["routers"]
        assert ask(control, "/routers/Torre%20Norte/state")["online"] == 1
        assert ask(control, "/routers/Sur/rows?path=/ip/arp")[0]["interface"] == "lan"
        south = Other(Place(ports["Sur"]), user="otro", password="clave")
        opened.append(south)
        assert south.ask("/system/identity/print") == [{"name": "Sur"}]
        assert south.ask("/system/resource/print")[0]["version"] == "6.49.18"
        ask(control, "/routers/*/faults", {"reject_logins": True})
        with pytest.raises(Refused):
            Other(Place(ports["Torre Norte"]))
        assert {name: one["connections"] for name, one in ask(control, "/routers/*/state").items()}["Sur"] == 1
        ask(control, "/routers/Sur/power", {"on": False})
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", ports["Sur"]), timeout=1)
        for path in ("/state", "/routers/Oeste/state", "/routers/Sur/nothing"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                ask(control, path)


def test_a_fleet_in_this_process() -> None:
    configs = [Config(identity=f"R{n}", secrets=SECRETS) for n in range(10)]
    with Fleet(configs) as fleet:
        assert len({fleet[name].port for name in fleet}) == 10
        fleet["R3"].set_secret("ana@red", disabled="yes")
        assert "ana@red" in fleet["R3"].disabled_names()
        assert "ana@red" not in fleet["R4"].disabled_names()
    with pytest.raises(ValueError, match="same identity"):
        Fleet([Config(), Config()])


def test_files_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("3")
    with pytest.raises(TypeError):
        read_state(file)
    with pytest.raises(TypeError):
        read_fleet(file)
    file.write_text(json.dumps([{"identity": "x", "tls": "magic"}]))
    with pytest.raises(ValueError, match="magic"):
        read_fleet(file)
    none_of_it = RouterSimulator(version="6.49", rows={"/user-manager/user": []})
    with pytest.raises(KeyError, match="/user-manager"):
        none_of_it.start()
