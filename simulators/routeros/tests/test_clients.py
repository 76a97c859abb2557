"""The two published clients, unchanged, against the simulator."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import librouteros
import pytest
import routeros_api
from librouteros.login import plain, token
from librouteros.query import Key, Or

from simulators.routeros.server import RouterSimulator
from simulators.routeros.tests.conftest import SECRETS, opened

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def eventually(check: Callable[[], bool], seconds: float = 3.0) -> bool:
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def dial_official(router: RouterSimulator, **more: Any) -> routeros_api.RouterOsApiPool:
    given = {"username": "enlace", "password": "enlace", "plaintext_login": True, **more}
    pool = routeros_api.RouterOsApiPool(router.host, port=router.port, **given)
    opened.append(pool)
    return pool


def dial_other(router: RouterSimulator, **more: Any) -> librouteros.Api:
    given = {"username": "enlace", "password": "enlace", "encoding": "utf-8", **more}
    api = librouteros.connect(router.host, port=router.port, timeout=5, **given)
    opened.append(api)
    return api


@pytest.fixture
def pool(router: RouterSimulator) -> routeros_api.RouterOsApiPool:
    return dial_official(router)


@pytest.fixture
def other(router: RouterSimulator) -> librouteros.Api:
    return dial_other(router)


def test_both_read_the_same_secrets(pool: routeros_api.RouterOsApiPool, other: librouteros.Api) -> None:
    official = pool.get_api().get_resource("/ppp/secret").get()
    assert [row["name"] for row in official] == [row["name"] for row in SECRETS]
    assert official[0]["comment"] == "Ana Muñoz"
    assert official[0]["disabled"] == "false"
    assert official[2]["disabled"] == "true"
    rows = list(other.path("ppp", "secret"))
    assert [row["name"] for row in rows] == [row["name"] for row in official]
    assert rows[0][".id"] == official[0]["id"]
    assert rows[2]["disabled"] is True


def test_proplist_and_queries(pool: routeros_api.RouterOsApiPool, other: librouteros.Api) -> None:
    secrets = pool.get_api().get_binary_resource("/ppp/secret")
    rows = secrets.call("print", {"proplist": b".id,name"}, {"name": b"beto@red"})
    assert [dict(row) for row in rows] == [{"id": b"*2", "name": b"beto@red"}]
    name, disabled = Key("name"), Key("disabled")
    assert [row["name"] for row in other.path("ppp", "secret").select(name).where(disabled == True)] == [  # noqa: E712
        "caro@red"
    ]
    chosen = other.path("ppp", "secret").select(name).where(Or(name == "ana@red", name == "caro@red"))
    assert [row["name"] for row in chosen] == ["ana@red", "caro@red"]


def test_count_only(pool: routeros_api.RouterOsApiPool) -> None:
    answer = pool.get_api().get_binary_resource("/ppp/secret").call("print", {"count-only": b""})
    assert answer.done_message["ret"] == b"3"


def test_add_set_unset_remove(pool: routeros_api.RouterOsApiPool, router: RouterSimulator) -> None:
    secrets = pool.get_api().get_resource("/ppp/secret")
    first = secrets.add(name="dora@red", password="x", comment="nota").done_message["ret"]
    secrets.set(id=first, disabled="yes", comment="otra=cosa")
    assert router.secret("dora@red")["disabled"] == "true"
    assert router.secret("dora@red")["comment"] == "otra=cosa"
    secrets.call("unset", {"id": first, "value-name": "comment"})
    assert "comment" not in router.secret("dora@red")
    secrets.call("enable", {"numbers": "dora@red"})
    assert router.secret("dora@red")["disabled"] == "false"
    secrets.call("disable", {"id": "ana@red,beto@red"})
    assert {"ana@red", "beto@red"} <= router.disabled_names()
    secrets.remove(id=first)
    again = secrets.add(name="dora@red").done_message["ret"]
    assert int(again[1:], 16) > int(first[1:], 16)


@pytest.mark.parametrize(
    ("path", "verb", "words", "message"),
    [
        ("/ppp/secret", "add", {"name": "ana@red"}, "failure: secret with the same name already exists"),
        ("/ppp/secret", "add", {"name": "z", "profile": "nope"}, "input does not match any value of profile"),
        ("/ppp/secret", "add", {"name": "z", "color": "red"}, "unknown parameter color"),
        ("/ppp/secret", "set", {".id": "*FF", "disabled": "yes"}, "no such item (4)"),
        (
            "/ppp/secret",
            "set",
            {".id": "*1", "disabled": "maybe"},
            "input does not match any value of disabled",
        ),
        ("/ppp/active", "remove", {".id": "*FFFF"}, "no such item (4)"),
        ("/ppp/nothing", "print", {}, "no such command prefix"),
        ("/ppp/secret", "dance", {}, "no such command"),
    ],
)
def test_both_hear_the_same_trap(  # noqa: PLR0917 - the cases
    pool: routeros_api.RouterOsApiPool,
    other: librouteros.Api,
    path: str,
    verb: str,
    words: dict,
    message: str,
) -> None:
    resource = pool.get_api().get_binary_resource(path)
    arguments = {name.removeprefix("."): value.encode() for name, value in words.items()}
    with pytest.raises(routeros_api.exceptions.RouterOsApiCommunicationError) as official:
        resource.call(verb, arguments)
    assert official.value.original_message.decode() == message
    with pytest.raises(librouteros.exceptions.TrapError) as theirs:
        tuple(other(f"{path}/{verb}", **words))
    assert str(theirs.value) == message
    # The connection goes on after a trap.
    assert len(pool.get_api().get_resource("/ppp/secret").get()) == 3


def test_duplicate_address_list_entry(other: librouteros.Api) -> None:
    lists = other.path("ip", "firewall", "address-list")
    lists.add(list="Moroso", address="10.0.0.1")
    with pytest.raises(librouteros.exceptions.TrapError, match="already have such entry"):
        lists.add(list="Moroso", address="10.0.0.1")


def test_a_session_survives_disable_until_kicked_and_dials_again(
    pool: routeros_api.RouterOsApiPool, router: RouterSimulator
) -> None:
    api = pool.get_api()
    secrets, active = api.get_resource("/ppp/secret"), api.get_resource("/ppp/active")
    secrets.set(id="ana@red", disabled="yes")
    session = active.get(name="ana@red")
    assert session, "disabling alone keeps the session up"
    active.remove(id=session[0]["id"])
    time.sleep(0.2)
    assert active.get(name="ana@red") == []
    secrets.set(id="ana@red", disabled="no")
    assert eventually(lambda: "ana@red" in router.online_names())
    assert [row["name"] for row in api.get_resource("/interface").get(type="pppoe-in")] == [
        "<pppoe-beto@red>",
        "<pppoe-ana@red>",
    ]


def test_an_enabled_kicked_session_comes_back_by_itself(other: librouteros.Api, router: RouterSimulator) -> None:
    row = next(row for row in other.path("ppp", "active") if row["name"] == "beto@red")
    assert row["address"] == "10.13.0.7"
    other.path("ppp", "active").remove(row[".id"])
    assert eventually(lambda: "beto@red" in router.online_names())
    assert any(session[".id"] != row[".id"] for session in other.path("ppp", "active"))


@pytest.mark.parametrize("version", ["6.42.12", "6.49.18", "7.17.2", "7.18", "7.20.2 (stable)"])
def test_login_and_empty_answers_by_version(version: str) -> None:
    with RouterSimulator(version=version) as router:
        old = version == "6.42.12"
        pool = dial_official(router, plaintext_login=not old)
        assert pool.get_api().get_resource("/ppp/secret").get() == []
        other = dial_other(router, login_method=token if old else plain)
        assert list(other.path("ppp", "secret")) == []
        assert next(iter(other.path("system", "resource")))["version"] == version


def test_wrong_password_and_commands_before_login(router: RouterSimulator) -> None:
    with pytest.raises(routeros_api.exceptions.RouterOsApiCommunicationError, match="invalid user name or password"):
        dial_official(router, password="no").get_api()
    with pytest.raises(librouteros.exceptions.TrapError, match="invalid user name or password"):
        dial_other(router, password="no")
    with pytest.raises(librouteros.exceptions.FatalError, match="not logged in"):
        dial_other(router, login_method=lambda api, *_: tuple(api("/ppp/secret/print")))


def test_a_user_without_rights(router: RouterSimulator) -> None:
    router.add_account("lector", "l", rights={"api", "read"})
    api = dial_other(router, username="lector", password="l")
    assert "password" not in next(iter(api.path("ppp", "secret")))
    with pytest.raises(librouteros.exceptions.TrapError, match=r"not enough permissions \(9\)"):
        tuple(api("/ppp/secret/set", **{".id": "*1", "disabled": "yes"}))
    assert router.disabled_names() == {"caro@red"}


def test_pipelined_tagged_calls_answer_each_to_its_own(router: RouterSimulator) -> None:
    router.set_faults(latency_ms=20)
    secrets = dial_official(router).get_api().get_binary_resource("/ppp/secret")
    started = time.monotonic()
    promises = [secrets.call_async("set", {"id": b"*1", "comment": str(n).encode()}) for n in range(40)]
    bad = secrets.call_async("set", {"id": b"*99"})
    last = secrets.call_async("print", {}, {"name": b"ana@red"})
    for promise in promises:
        promise.get()
    with pytest.raises(routeros_api.exceptions.RouterOsApiCommunicationError):
        bad.get()
    assert last.get()[0]["comment"] == b"39"
    assert time.monotonic() - started < 20 * 0.02, "the delay is from arrival, not one after the other"


def test_ten_thousand_secrets() -> None:
    rows = [{"name": f"u{n:05d}@red", "password": "p", "profile": "plan"} for n in range(10_000)]
    with RouterSimulator(secrets=rows) as router:
        started = time.monotonic()
        got = (
            dial_official(router)
            .get_api()
            .get_binary_resource("/ppp/secret")
            .call("print", {"proplist": b".id,name,disabled"})
        )
        assert len(got) == 10_000
        active = list(dial_other(router).path("ppp", "active").select(Key("name")))
        assert len(active) == 10_000
        assert time.monotonic() - started < 20


def test_listen_tells_changes_until_cancelled(router: RouterSimulator) -> None:
    api = dial_other(router)
    api.protocol.writeSentence("/ppp/active/listen", ".tag=7")
    changer = dial_other(router)
    session = next(row for row in changer.path("ppp", "active") if row["name"] == "ana@red")
    changer.path("ppp", "active").remove(session[".id"])
    assert api.protocol.readSentence() == ("!re", (".tag=7", f"=.id={session['.id']}", "=.dead=yes"))
    reply, words = api.protocol.readSentence()
    assert reply == "!re"
    assert "=name=ana@red" in words
    api.protocol.writeSentence("/cancel", "=tag=7", ".tag=8")
    assert api.protocol.readSentence() == ("!trap", (".tag=7", "=category=2", "=message=interrupted"))
    assert api.protocol.readSentence() == ("!done", (".tag=7",))
    assert api.protocol.readSentence() == ("!done", (".tag=8",))
