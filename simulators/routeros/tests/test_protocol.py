"""The protocol, the same for both published clients: login, words, queries, traps, empty answers, many rows."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest

from simulators.routeros.server import RouterSimulator
from simulators.routeros.tests.clients import Broken, Client, Dial, Refused, eventually
from simulators.routeros.tests.conftest import SECRETS
from simulators.routeros.tls import anonymous, self_signed

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SECRET, ACTIVE = "/ppp/secret", "/ppp/active"


@pytest.mark.parametrize("version", ["6.42.12", "6.43", "6.49.18", "7.1beta4", "7.17.2", "7.18", "7.24rc1"])
def test_login_and_empty_answers_by_version(version: str, dial: Dial) -> None:
    with RouterSimulator(version=version) as router:
        client = dial(router, old=version == "6.42.12")
        assert client.ask(f"{SECRET}/print") == []
        assert client.ask("/system/resource/print")[0]["version"] == version


def test_who_may_sign_in(router: RouterSimulator, dial: Dial) -> None:
    router.add_account("sin-api", "x", rights={"read"})
    router.add_row("/user", {"name": "de-lejos", "group": "full", "password": "x", "address": "10.9.0.0/16"})
    for user, password in (("enlace", "no"), ("nadie", "enlace"), ("sin-api", "x"), ("de-lejos", "x")):
        with pytest.raises(Refused, match=r"invalid user name or password \(6\)"):
            dial(router, user=user, password=password)
    router.change_row("/user", "de-lejos", {"address": "127.0.0.0/8"})
    assert dial(router, user="de-lejos", password="x").ask("/system/identity/print")
    router.change_row("/user", "de-lejos", {"disabled": "yes"})
    with pytest.raises(Refused):
        dial(router, user="de-lejos", password="x")
    assert any("login failure for user nadie" in row["message"] for row in router.rows("/log"))


def test_both_read_the_same(api: Client) -> None:
    rows = api.ask(f"{SECRET}/print")
    assert [row["name"] for row in rows] == [row["name"] for row in SECRETS]
    assert rows[0]["comment"] == "Ana Muñoz"
    assert [row["disabled"] for row in rows] == ["false", "false", "true"]
    assert api.ask(f"{SECRET}/getall", proplist="name,comment")[1] == {"name": "beto@red"}


@pytest.mark.parametrize(
    ("queries", "names"),
    [
        (["?name=beto@red"], ["beto@red"]),
        (["?disabled=yes"], ["caro@red"]),
        (["?disabled=false", "?profile=plan-10", "?name=ana@red"], ["ana@red"]),
        (["?comment"], ["ana@red"]),
        (["?-comment"], ["beto@red", "caro@red"]),
        (["?name=ana@red", "?name=caro@red", "?#|"], ["ana@red", "caro@red"]),
        (["?name=ana@red", "?#!"], ["beto@red", "caro@red"]),
        (["?profile=plan-10", "?comment", "?#!", "?#&"], ["beto@red"]),
        (["?profile=plan-10", "?comment", "?#&!"], ["beto@red", "caro@red"]),
        (["?>name=b"], ["beto@red", "caro@red"]),
        (["?<name=b"], ["ana@red"]),
        (["?name=nadie"], []),
    ],
)
def test_queries(api: Client, queries: list[str], names: list[str]) -> None:
    assert [row["name"] for row in api.ask(f"{SECRET}/print", *queries, proplist="name")] == names
    api.ask(f"{SECRET}/print", *queries, count_only="")
    assert api.ret == str(len(names))


def test_add_set_unset_comment_enable_remove(api: Client, router: RouterSimulator) -> None:
    api.ask(f"{SECRET}/add", name="dora@red", password="x", comment="una=nota")
    first = api.ret
    assert router.secret("dora@red")["comment"] == "una=nota"
    api.ask(f"{SECRET}/set", id=first, disabled="yes", comment="Ñandú 🛰")
    assert api.ask(f"{SECRET}/print", "?name=dora@red")[0]["comment"] == "Ñandú 🛰"
    api.ask(f"{SECRET}/get", numbers=first, value_name="comment")
    assert api.ret == "Ñandú 🛰"
    api.ask(f"{SECRET}/unset", id=first, value_name="comment")
    assert "comment" not in router.secret("dora@red")
    api.ask(f"{SECRET}/comment", numbers="dora@red", comment="otra")
    api.ask(f"{SECRET}/set", numbers="dora@red", comment="")
    assert "comment" not in router.secret("dora@red"), "an empty comment is none"
    api.ask(f"{SECRET}/enable", numbers="dora@red")
    api.ask(f"{SECRET}/disable", id=f"ana@red,{first}")
    assert router.disabled_names() == {"ana@red", "caro@red", "dora@red"}
    api.ask(f"{SECRET}/remove", id=f"{first},caro@red")
    api.ask(f"{SECRET}/add", name="dora@red")
    assert int(api.ret[1:], 16) > int(first[1:], 16), "ids are never given again"
    with pytest.raises(Refused, match="no such item"):
        api.ask(f"{SECRET}/disable", id="beto@red,*FF")
    assert "beto@red" not in router.disabled_names(), "one missing item and nothing is done"


@pytest.mark.parametrize(
    ("command", "words", "message", "category"),
    [
        (f"{SECRET}/add", {"name": "ana@red"}, "failure: secret with the same name already exists", None),
        (f"{SECRET}/add", {"name": "z", "profile": "nope"}, "input does not match any value of profile", 1),
        (f"{SECRET}/add", {"name": "z", "color": "red"}, "unknown parameter color", 1),
        (f"{SECRET}/add", {"name": "z", "last_caller_id": "x"}, "unknown parameter last-caller-id", 1),
        (f"{SECRET}/set", {"id": "*FF", "disabled": "yes"}, "no such item (4)", 0),
        (f"{SECRET}/set", {"id": "*1", "disabled": "maybe"}, "input does not match any value of disabled", 1),
        (f"{SECRET}/set", {"id": "*1", "limit_bytes_in": "lots"}, "invalid value for argument limit-bytes-in", 1),
        (f"{SECRET}/print", {"color": "x"}, "unknown parameter color", 1),
        (f"{ACTIVE}/remove", {"id": "*FFFF"}, "no such item (4)", 0),
        (f"{ACTIVE}/add", {"name": "x"}, "no such command", 0),
        ("/ppp/nothing/print", {}, "no such command prefix", 0),
        (f"{SECRET}/dance", {}, "no such command", 0),
    ],
)
def test_both_hear_the_same_trap(
    api: Client, command: str, words: dict[str, str], message: str, category: int | None
) -> None:
    with pytest.raises(Refused) as refused:
        api.ask(command, **words)
    assert str(refused.value) == message
    if refused.value.category is not None:
        assert refused.value.category == category
    assert len(api.ask(f"{SECRET}/print")) == 3, "the connection goes on after a trap"


@pytest.mark.parametrize("size", [1, 0x7F, 0x80, 0x3FFF, 0x4000, 2_097_152])
def test_every_length_of_value_goes_there_and_back(api: Client, router: RouterSimulator, size: int) -> None:
    value = "ñ"[: size % 2] + "x" * (size - 2 * (size % 2)) if size > 2 else "x" * size
    assert len(value.encode()) == size
    api.ask(f"{SECRET}/set", id="*1", comment=value)
    assert router.secret("ana@red")["comment"] == value
    assert api.ask(f"{SECRET}/print", "?name=ana@red", proplist="comment") == [{"comment": value}]


def test_answers_in_small_pieces(api: Client, router: RouterSimulator) -> None:
    router.set_faults(trickle_ms=0.2)
    assert [row["name"] for row in api.ask(f"{SECRET}/print", proplist="name")] == [row["name"] for row in SECRETS]


def test_policies(router: RouterSimulator, dial: Dial) -> None:
    router.add_account("lector", "l", rights={"api", "read"})
    reader = dial(router, user="lector", password="l")
    assert "password" not in reader.ask(f"{SECRET}/print")[0]
    writes = {
        f"{SECRET}/set": {"id": "*1", "disabled": "yes"},
        "/ping": {"address": "8.8.8.8", "count": "1"},
        "/system/reboot": {},
    }
    for command, words in writes.items():
        with pytest.raises(Refused, match=r"not enough permissions \(9\)"):
            reader.ask(command, **words)
    router.add_account("escritor", "e", rights={"api", "read", "write", "test"})
    writer = dial(router, user="escritor", password="e")
    writer.ask(f"{SECRET}/set", id="*1", comment="x")
    assert len(writer.ask("/ping", address="8.8.8.8", count="3")) == 3
    with pytest.raises(Refused, match=r"not enough permissions \(9\)"):
        writer.ask("/user/add", name="intruso", group="full", password="x")
    admin = dial(router)
    assert admin.ask(f"{SECRET}/print")[0]["password"] == "clave1"
    admin.ask("/user/group/set", numbers="de-lector", policy="api,read,sensitive")
    assert "sensitive" in admin.ask("/user/group/print", "?name=de-lector")[0]["policy"].split(",")
    assert "password" in dial(router, user="lector", password="l").ask(f"{SECRET}/print")[0]
    assert "password" not in admin.ask("/user/print")[0], "a user's own password is never shown"


def test_tls_with_certificate_and_anonymous(tmp_path: Path, dial: Dial) -> None:
    blind = ssl.create_default_context()
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    with RouterSimulator(tls=self_signed(tmp_path)) as router:
        assert dial(router, tls=blind).ask("/system/identity/print") == [{"name": "MikroTik"}]
        with pytest.raises((ssl.SSLError, Broken)):
            dial(router, tls=ssl.create_default_context())
    strangers = ssl.create_default_context()
    strangers.check_hostname = False
    strangers.verify_mode = ssl.CERT_NONE
    strangers.maximum_version = ssl.TLSVersion.TLSv1_2
    strangers.set_ciphers("ADH:@SECLEVEL=0")
    with RouterSimulator(tls=anonymous(tmp_path)) as router:
        assert dial(router, tls=strangers).ask("/system/identity/print") == [{"name": "MikroTik"}]
        with pytest.raises((ssl.SSLError, Broken)):
            dial(router, tls=blind)


def test_ten_thousand_rows(dial: Dial) -> None:
    rows = [{"name": f"u{n:05d}@red", "password": "p", "profile": "plan"} for n in range(10_000)]
    with RouterSimulator(secrets=rows) as router:
        client = dial(router)
        started = time.monotonic()
        got = client.ask(f"{SECRET}/print", proplist=".id,name,disabled")
        assert len({row[".id"] for row in got}) == 10_000
        assert len(client.ask(f"{ACTIVE}/print", proplist="name,uptime")) == 10_000
        client.ask("/interface/print", "?type=pppoe-in", count_only="")
        assert client.ret == "10000"
        assert time.monotonic() - started < 20


def test_a_session_survives_disable_until_kicked(api: Client, router: RouterSimulator) -> None:
    api.ask(f"{SECRET}/set", id="ana@red", disabled="yes")
    session = api.ask(f"{ACTIVE}/print", "?name=ana@red")
    assert session, "disabling alone keeps the session up"
    assert session[0]["uptime"].endswith("s")
    api.ask(f"{ACTIVE}/remove", id=session[0][".id"])
    time.sleep(0.2)
    assert api.ask(f"{ACTIVE}/print", "?name=ana@red") == []
    api.ask(f"{SECRET}/set", id="ana@red", disabled="no")
    assert eventually(lambda: "ana@red" in router.online_names())
    names = [row["name"] for row in api.ask("/interface/print", "?type=pppoe-in")]
    assert sorted(names) == ["<pppoe-ana@red>", "<pppoe-beto@red>"]
    api.ask(f"{ACTIVE}/remove", numbers=api.ask(f"{ACTIVE}/print", "?name=ana@red")[0][".id"])
    assert eventually(lambda: "ana@red" in router.online_names()), "an enabled one comes back by itself"


def test_what_comes_and_goes_with_a_session(dial: Dial) -> None:
    profile = {"name": "corte", "rate-limit": "8k/8k", "address-list": "Moroso"}
    secrets = [{"name": "ana@red", "password": "x", "profile": "corte", "remote-address": "10.1.0.9"}]
    with RouterSimulator(rows={"/ppp/profile": [profile]}, secrets=[], redial_s=0.05) as router:
        for row in secrets:
            router.add_secret(**row)
        client = dial(router)
        entry = client.ask("/ip/firewall/address-list/print")[0]
        assert (entry["list"], entry["address"], entry["dynamic"]) == ("Moroso", "10.1.0.9", "true")
        queue = client.ask("/queue/simple/print")[0]
        assert (queue["name"], queue["max-limit"]) == ("<pppoe-ana@red>", "8000/8000")
        with pytest.raises(Refused, match="dynamic"):
            client.ask("/queue/simple/set", numbers="<pppoe-ana@red>", max_limit="1M/1M")
        with pytest.raises(Refused, match="dynamic"):
            client.ask("/queue/simple/remove", numbers="<pppoe-ana@red>")
        client.ask(f"{SECRET}/set", numbers="ana@red", profile="default")
        assert client.ask("/queue/simple/print"), "a running session keeps the plan it came with"
        client.ask(f"{ACTIVE}/remove", id=client.ask(f"{ACTIVE}/print")[0][".id"])
        assert eventually(lambda: router.online_names() == {"ana@red"})
        assert client.ask("/ip/firewall/address-list/print") == []
        assert client.ask("/queue/simple/print") == []
