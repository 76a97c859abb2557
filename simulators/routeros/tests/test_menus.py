"""The menus providers cut with, the same for both clients: what they take, print, refuse, and lose at a restart."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.routeros.server import RouterSimulator
from simulators.routeros.tests.clients import Client, Dial, Refused, eventually

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

LEASE, LIST, QUEUE = "/ip/dhcp-server/lease", "/ip/firewall/address-list", "/queue/simple"
USER, ACTIVE, COOKIE = "/ip/hotspot/user", "/ip/hotspot/active", "/ip/hotspot/cookie"
BINDING, HOST, FILTER, ARP = "/ip/hotspot/ip-binding", "/ip/hotspot/host", "/ip/firewall/filter", "/ip/arp"
MAC, OTHER = "AA:BB:CC:00:00:01", "AA:BB:CC:00:00:09"

ROWS: dict[str, list[dict[str, Any]]] = {
    "/ip/pool": [{"name": "casas", "ranges": "10.20.0.2-10.20.0.9"}],
    "/ip/dhcp-server": [{"name": "lan", "interface": "ether2", "address-pool": "casas", "lease-time": "1h"}],
    LEASE: [{"address": "10.20.0.50", "mac-address": MAC, "server": "lan", "comment": "Ana"}],
    "/ip/hotspot/user/profile": [{"name": "1-dia", "rate-limit": "2M/4M", "address-list": "hs"}],
    USER: [{"name": "h1", "password": "p", "profile": "1-dia"}],
    ARP: [{"address": "10.30.0.2", "mac-address": MAC, "interface": "ether3"}],
}


def make(version: str = "7.20.2 (stable)") -> RouterSimulator:
    return RouterSimulator(rows=ROWS, version=version, redial_s=0.05, boot_s=0.05, cpes=False)


@pytest.fixture
def isp() -> Iterator[RouterSimulator]:
    with make() as simulator:
        yield simulator


@pytest.fixture
def api(dial: Dial, isp: RouterSimulator) -> Client:
    return dial(isp)


TRAPS: list[tuple[str, dict[str, str], str]] = [
    (f"{LIST}/add", {"list": "L", "address": "10.0.0.300"}, "invalid value for argument address"),
    (f"{LIST}/add", {"address": "10.0.0.3"}, "missing value(s) of argument(s) list"),
    (
        f"{LEASE}/add",
        {"address": "10.20.0.50", "mac_address": "AA:BB:CC:00:00:09", "server": "lan"},
        "failure: already",
    ),
    (f"{LEASE}/add", {"address": "10.20.0.51", "mac_address": "zz"}, "invalid value for argument mac-address"),
    (f"{LEASE}/add", {"address": "10.20.0.51", "mac_address": MAC, "server": "x"}, "input does not match any value of"),
    (f"{LEASE}/set", {"id": "*1", "status": "bound"}, "unknown parameter status"),
    (f"{USER}/add", {"name": "h1"}, "failure: already have user with this name for this server"),
    (f"{USER}/add", {"name": "h2", "profile": "no"}, "input does not match any value of profile"),
    (f"{USER}/remove", {"numbers": "default-trial"}, "failure: cannot remove default or dynamic entry"),
    (f"{BINDING}/add", {"mac_address": MAC, "type": "forbidden"}, "input does not match any value of type"),
    (f"{ARP}/add", {"address": "10.30.0.2", "mac_address": MAC, "interface": "ether3"}, "failure: already have such"),
    (f"{ARP}/add", {"address": "10.30.0.3", "mac_address": MAC, "interface": "ether9"}, "input does not match any"),
    (f"{ARP}/add", {"address": "10.30.0.3", "interface": "ether3"}, "missing value(s) of argument(s) mac-address"),
    (f"{QUEUE}/add", {"name": "q", "target": "10.0.0.1", "max_limit": "fast"}, "invalid value for argument max-limit"),
    (f"{QUEUE}/add", {"name": "q", "target": "10.0.0.1", "priority": "9/9"}, "invalid value for argument priority"),
    (f"{QUEUE}/add", {"name": "q", "parent": "none-such"}, "input does not match any value of parent"),
    (f"{QUEUE}/add", {"name": "q", "max_limit": "9M/9M", "burst_limit": "8M/8M"}, "failure: burst-limit less than"),
    ("/queue/tree/add", {"name": "t"}, "missing value(s) of argument(s) parent"),
    ("/queue/tree/add", {"name": "t", "parent": "global", "queue": "x"}, "input does not match any value of queue"),
    ("/queue/type/add", {"name": "t", "kind": "magic"}, "input does not match any value of kind"),
    (f"{FILTER}/add", {"chain": "forward", "action": "explode"}, "input does not match any value of action"),
    (f"{FILTER}/add", {"chain": "forward", "in_interface": "eth9"}, "input does not match any value of in-interface"),
    (f"{FILTER}/add", {"action": "drop"}, "missing value(s) of argument(s) chain"),
    (f"{FILTER}/add", {"chain": "forward", "place_before": "*99"}, "no such item (4)"),
    ("/interface/ethernet/set", {"numbers": "ether1", "arp": "maybe"}, "input does not match any value of arp"),
    ("/ip/service/add", {"name": "gopher"}, "no such command"),
    ("/system/identity/add", {"name": "x"}, "no such command"),
    ("/ping", {"address": "router.example", "count": "1"}, "invalid value for argument address"),
    ("/tool/user-manager/user/print", {}, "no such command prefix"),
    ("/user-manager/user/add", {"name": "u", "group": "x"}, "input does not match any value of group"),
]


@pytest.mark.parametrize(("command", "words", "message"), TRAPS, ids=[f"{trap[0]}-{n}" for n, trap in enumerate(TRAPS)])
def test_traps(api: Client, isp: RouterSimulator, command: str, words: dict[str, str], message: str) -> None:
    path = command.rpartition("/")[0]
    before = isp.rows(path) if path in {LIST, LEASE, USER, ARP, QUEUE, FILTER} else None
    with pytest.raises(Refused) as refused:
        api.ask(command, **words)
    assert str(refused.value).startswith(message)
    assert before is None or isp.rows(path) == before, "a refused command changes nothing"


def test_address_list(api: Client, isp: RouterSimulator, dial: Dial) -> None:
    for address in ("10.0.0.1", "10.0.1.7/24", "10.0.2.1-10.0.2.9", "sitio.example"):
        api.ask(f"{LIST}/add", list="Moroso", address=address)
    api.ask(f"{LIST}/add", list="Aviso", address="10.0.0.1/32", timeout="2h")
    with pytest.raises(Refused, match="failure: already have such entry"):
        api.ask(f"{LIST}/add", list="Moroso", address="10.0.0.1")
    rows = api.ask(f"{LIST}/print", "?list=Moroso", proplist="address,dynamic")
    assert [row["address"] for row in rows] == ["10.0.0.1", "10.0.1.0/24", "10.0.2.1-10.0.2.9", "sitio.example"]
    notice = api.ask(f"{LIST}/print", "?list=Aviso")[0]
    assert (notice["address"], notice["dynamic"]) == ("10.0.0.1", "true")
    assert notice["timeout"] in {"2h", "1h59m59s"}
    api.ask(f"{LIST}/add", list="Corto", address="10.0.0.5", timeout="00:00:01")
    assert eventually(lambda: not any(row["list"] == "Corto" for row in isp.rows(LIST)))
    isp.reboot()
    assert {row["list"] for row in dial(isp).ask(f"{LIST}/print")} == {"Moroso"}


def test_leases(api: Client, isp: RouterSimulator) -> None:
    assert api.ask(f"{LEASE}/print")[0]["status"] == "waiting"
    assert isp.bind_lease(MAC, "lan", host_name="casa-ana")
    api.ask(f"{LEASE}/set", id="*1", address_lists="Moroso,Aviso", rate_limit="1M/2M")
    lease = api.ask(f"{LEASE}/print", f"?mac-address={MAC}")[0]
    assert (lease["status"], lease["active-address"], lease["host-name"]) == ("bound", "10.20.0.50", "casa-ana")
    assert {row["list"] for row in api.ask(f"{LIST}/print", "?address=10.20.0.50")} == {"Moroso", "Aviso"}
    assert isp.rows(QUEUE)[0]["max-limit"] == "1000000/2000000"
    api.ask(f"{LEASE}/set", id="*1", address_lists="", block_access="yes")
    api.ask(f"{LEASE}/unset", id="*1", value_name="rate-limit")
    assert api.ask(f"{LIST}/print") == []
    assert isp.rows(QUEUE) == []
    row = api.ask(f"{LEASE}/print")[0]
    assert (row["blocked"], row["status"]) == ("true", "bound"), "blocked takes hold when the client renews"
    assert isp.bind_lease(MAC, "lan") is None
    assert api.ask(f"{LEASE}/print")[0]["status"] == "waiting"
    api.ask(f"{LEASE}/set", id="*1", block_access="no")
    assert isp.bind_lease(MAC, "lan")


def test_dynamic_leases(api: Client, isp: RouterSimulator, dial: Dial) -> None:
    assert isp.bind_lease("aa:bb:cc:00:00:02", "lan")["address"] == "10.20.0.2"
    found = api.ask(f"{LEASE}/print", "?dynamic=yes")[0]
    assert found["mac-address"] == "AA:BB:CC:00:00:02"
    with pytest.raises(Refused, match="dynamic"):
        api.ask(f"{LEASE}/set", id=found[".id"], rate_limit="1M/1M")
    api.ask(f"{LEASE}/make-static", id=found[".id"])
    api.ask(f"{LEASE}/set", id=found[".id"], rate_limit="1M/1M", comment="hecho fijo")
    assert isp.bind_lease("aa:bb:cc:00:00:03", "lan")["address"] == "10.20.0.3"
    isp.reboot()
    assert {row["mac-address"] for row in dial(isp).ask(f"{LEASE}/print")} == {MAC, "AA:BB:CC:00:00:02"}


def test_hotspot(api: Client, isp: RouterSimulator) -> None:
    assert isp.open_hotspot_session("h1", MAC)
    session = api.ask(f"{ACTIVE}/print", "?user=h1")[0]
    assert session["mac-address"] == MAC
    assert isp.rows(QUEUE)[0]["name"] == "<hotspot-h1>"
    assert not isp.open_hotspot_session("h1", "AA:BB:CC:00:00:02"), "shared-users is 1"
    api.ask(f"{USER}/set", numbers="h1", disabled="yes")
    assert api.ask(f"{ACTIVE}/print", "?user=h1"), "a disabled user's session stays"
    api.ask(f"{ACTIVE}/remove", id=session[".id"])
    assert api.ask(f"{ACTIVE}/print") == []
    assert isp.rows(QUEUE) == []
    assert isp.rows(LIST) == []
    api.ask(f"{USER}/set", numbers="h1", disabled="no")
    assert api.ask(f"{COOKIE}/print", "?user=h1")
    assert isp.open_hotspot_session("h1", MAC)
    api.ask(f"{ACTIVE}/remove", id=api.ask(f"{ACTIVE}/print")[0][".id"])
    assert eventually(lambda: bool(isp.rows(ACTIVE))), "with a cookie it logs in by itself"
    for path in (COOKIE, ACTIVE):
        api.ask(f"{path}/remove", id=api.ask(f"{path}/print")[0][".id"])
    assert not eventually(lambda: bool(isp.rows(ACTIVE)), 0.3)


def test_a_binding_holds_for_hosts_that_come_after_it(api: Client, isp: RouterSimulator) -> None:
    assert isp.open_hotspot_session("h1", MAC)
    api.ask(f"{BINDING}/add", mac_address=MAC.lower(), type="blocked", comment="corte")
    assert api.ask(f"{BINDING}/print")[0]["blocked"] == "true"
    assert api.ask(f"{ACTIVE}/print"), "who is in stays in"
    api.ask(f"{HOST}/remove", id=api.ask(f"{HOST}/print", f"?mac-address={MAC}")[0][".id"])
    assert api.ask(f"{ACTIVE}/print") == []
    assert not isp.open_hotspot_session("h1", MAC)
    assert api.ask(f"{HOST}/print")[0]["blocked"] == "true"
    api.ask(f"{BINDING}/set", id="*1", type="bypassed")
    api.ask(f"{HOST}/remove", id=api.ask(f"{HOST}/print")[0][".id"])
    isp.open_hotspot_session("h1", MAC)
    assert api.ask(f"{HOST}/print")[0]["bypassed"] == "true"


def test_arp_and_interfaces(api: Client, isp: RouterSimulator) -> None:
    api.ask("/interface/ethernet/set", numbers="ether3", arp="reply-only")
    assert api.ask("/interface/ethernet/print", "?name=ether3")[0]["arp"] == "reply-only"
    api.ask(f"{ARP}/set", id="*1", disabled="yes")
    assert isp.rows(ARP)[0]["disabled"] == "true"
    api.ask("/interface/bridge/add", name="puente")
    assert api.ask("/interface/print", "?name=puente")[0]["type"] == "bridge"
    api.ask(f"{ARP}/add", address="10.40.0.2", mac_address=MAC, interface="puente")
    api.ask("/interface/bridge/set", numbers="puente", name="clientes")
    assert isp.rows(ARP)[1]["interface"] == "clientes", "what refers to a row follows its name"
    api.ask("/ip/address/add", address="10.40.0.1/24", interface="clientes")
    assert api.ask("/ip/address/print")[0]["network"] == "10.40.0.0"
    first = api.ask("/interface/print", "?name=ether1", stats="")[0]
    assert eventually(
        lambda: int(api.ask("/interface/print", "?name=ether1", stats="")[0]["rx-byte"]) > int(first["rx-byte"])
    )


@pytest.mark.parametrize(("version", "limit"), [("7.20.2", "10000000/2000000"), ("6.49.18", "10M/2M")])
def test_queues_read_back_normalised(version: str, limit: str, dial: Dial) -> None:
    with make(version) as isp:
        client = dial(isp)
        for number, sent in enumerate(("10M/2M", "10000000/2000000", "10000k/2M")):
            client.ask(f"{QUEUE}/add", name=f"q{number}", target="10.0.0.9", max_limit=sent, burst_time="8/8s")
            row = client.ask(f"{QUEUE}/print", f"?name=q{number}")[0]
            assert (row["max-limit"], row["target"], row["burst-time"]) == (limit, "10.0.0.9/32", "8s/8s")
        assert row["priority"] == "8/8"
        client.ask(f"{QUEUE}/move", numbers="q2", destination="q0")
        assert [row["name"] for row in client.ask(f"{QUEUE}/print")] == ["q2", "q0", "q1"]
        client.ask("/queue/type/add", name="pcq-10", kind="pcq", pcq_rate="10M", pcq_classifier="dst-address")
        client.ask("/queue/tree/add", name="bajada", parent="global", packet_mark="p10", queue="pcq-10")
        client.ask("/queue/tree/add", name="hija", parent="bajada", max_limit="5M")
        assert len(client.ask("/queue/tree/print", "?parent=bajada")) == 1


def test_rules_have_an_order(api: Client) -> None:
    api.ask(f"{FILTER}/add", chain="forward", action="fasttrack-connection", connection_state="established, related")
    fasttrack = api.ret
    dummy = api.ask(f"{FILTER}/print")[0]
    assert (dummy["dynamic"], dummy["comment"]) == ("true", "special dummy rule to show fasttrack counters")
    assert api.ask("/ip/firewall/mangle/print")[0]["dynamic"] == "true"
    api.ask(f"{FILTER}/add", chain="forward", action="drop", src_address_list="Moroso")
    drop = api.ret
    api.ask(f"{FILTER}/add", chain="forward", action="accept", protocol="udp", dst_port="53", place_before=drop)
    dns = api.ret
    order = [row[".id"] for row in api.ask(f"{FILTER}/print", "?dynamic=no")]
    assert order == [fasttrack, dns, drop]
    api.ask(f"{FILTER}/move", numbers=f"{dns},{drop}", destination=fasttrack)
    assert [row[".id"] for row in api.ask(f"{FILTER}/print", "?dynamic=no")] == [dns, drop, fasttrack]
    api.ask(f"{FILTER}/disable", numbers=fasttrack)
    assert api.ask(f"{FILTER}/print", "?dynamic=yes") == []
    api.ask("/ip/firewall/nat/add", chain="dstnat", action="dst-nat", to_addresses="10.0.0.1", to_ports="8080")
    assert api.ask("/ip/firewall/nat/print", "?action=dst-nat", proplist="to-ports") == [{"to-ports": "8080"}]


def test_user_manager_of_version_7(api: Client, isp: RouterSimulator) -> None:
    um = "/user-manager"
    api.ask(f"{um}/set", enabled="yes", use_profiles="yes")
    assert api.ask(f"{um}/print")[0]["use-profiles"] == "true"
    api.ask(f"{um}/user/add", name="u1", password="p")
    for name, validity in (("1-dia", "1d"), ("1-semana", "7d")):
        api.ask(f"{um}/profile/add", name=name, validity=validity)
    assert [row["validity"] for row in api.ask(f"{um}/profile/print")] == ["1d", "1w"]
    assert not isp.open_user_manager_session("u1"), "without a profile nobody gets in"
    for profile in ("1-dia", "1-semana"):
        api.ask(f"{um}/user-profile/add", user="u1", profile=profile)
    states = api.ask(f"{um}/user-profile/print", "?user=u1")
    assert [row["state"] for row in states] == ["running active", "running"]
    with pytest.raises(Refused, match="no such command"):
        api.ask(f"{um}/user-profile/set", id="*1", profile="1-semana")
    api.ask(f"{um}/user-profile/activate-user-profile", numbers=states[1][".id"])
    assert [row["state"] for row in api.ask(f"{um}/user-profile/print")] == ["running", "running active"]
    isp.change_row(f"{um}/user-profile", "*1", {"state": "used"})
    with pytest.raises(Refused, match="used"):
        api.ask(f"{um}/user-profile/activate-user-profile", numbers="*1")
    assert isp.open_user_manager_session("u1")
    session = api.ask(f"{um}/session/print", "?user=u1", "?active=yes")[0]
    api.ask(f"{um}/session/close-session", numbers=session[".id"])
    assert api.ask(f"{um}/session/print", "?user=u1", "?active=yes") == []
    assert api.ask(f"{um}/session/print")[0]["terminate-cause"] == "admin-reset"
    api.ask(f"{um}/user/set", numbers="u1", disabled="yes")
    assert not isp.open_user_manager_session("u1")


def test_user_manager_of_version_6(dial: Dial) -> None:
    with make("6.49.18") as isp:
        client, um = dial(isp), "/tool/user-manager"
        with pytest.raises(Refused, match="no such command prefix"):
            client.ask("/user-manager/user/print")
        client.ask(f"{um}/profile/add", name="1-dia", owner="admin", validity="1d", starts_at="now")
        client.ask(f"{um}/user/add", customer="admin", username="u1", password="p")
        with pytest.raises(Refused, match="profile"):
            client.ask(f"{um}/user/create-and-activate-profile", customer="admin", numbers="u1", profile="x")
        client.ask(f"{um}/user/create-and-activate-profile", customer="admin", numbers="u1", profile="1-dia")
        assert client.ask(f"{um}/user/print", "?username=u1")[0]["actual-profile"] == "1-dia"
        assert isp.open_user_manager_session("u1")
        client.ask(f"{um}/session/close-session", numbers=client.ask(f"{um}/session/print", "?user=u1")[0][".id"])
        assert client.ask(f"{um}/session/print", "?active=yes") == []
        client.ask(f"{um}/user/set", numbers="u1", disabled="yes")
        assert not isp.open_user_manager_session("u1")
        assert client.ask(f"{um}/user/print", "?disabled=yes", proplist="username") == [{"username": "u1"}]


def test_the_router_itself(api: Client, isp: RouterSimulator) -> None:
    api.ask("/system/identity/set", name="Torre Ñuñoa")
    assert api.ask("/system/identity/print") == [{"name": "Torre Ñuñoa"}]
    assert api.ask("/system/routerboard/print")[0]["current-firmware"] == "7.20.2"
    assert api.ask("/system/clock/print")[0]["date"].count("-") == 2
    assert api.ask("/ip/service/print", "?name=api")[0]["max-sessions"] == "20"
    assert [row["received"] for row in api.ask("/ping", address="8.8.8.8", count="3")] == ["1", "2", "3"]
    assert api.ask("/ping", address="10.99.0.1", count="1")[0]["status"] == "timeout"
    assert api.ask("/interface/monitor-traffic", interface="ether1", once="")[0]["name"] == "ether1"
    api.ask("/tool/netwatch/add", host="10.0.0.1", comment="torre")
    assert api.ask("/user/active/print")[0]["via"] == "api"
    assert any("logged in" in row["message"] for row in api.ask("/log/print"))
    api.ask("/certificate/add", name="api", common_name="router")
    api.ask("/ip/service/set", numbers="api-ssl", certificate="api")
    with pytest.raises(Refused, match="certificate"):
        api.ask("/ip/service/set", numbers="api-ssl", certificate="otro")


@pytest.mark.parametrize(
    ("version", "there", "absent"),
    [
        ("6.43.2", ["/tool/user-manager/user", "/caps-man/registration-table"], ["/user-manager", "/interface/wifi"]),
        ("7.1", ["/user-manager/user", "/interface/wifiwave2"], ["/tool/user-manager/user", "/interface/wifi"]),
        ("7.13.5", ["/interface/wifi/registration-table"], ["/interface/wifiwave2", "/tool/user-manager/user"]),
    ],
)
def test_menus_by_version(version: str, there: list[str], absent: list[str], dial: Dial) -> None:
    with make(version) as isp:
        client = dial(isp)
        for path in there:
            assert client.ask(f"{path}/print") is not None
        for path in absent:
            with pytest.raises(Refused, match="no such command prefix"):
                client.ask(f"{path}/print")
        assert "max-sessions" not in client.ask("/ip/service/print", "?name=api")[0]


def test_a_row_made_by_hand_takes_the_place_of_a_dynamic_one(dial: Dial) -> None:
    row = {"address": "10.1.1.2", "mac-address": MAC, "interface": "ether1", "dynamic": True}
    with RouterSimulator(rows={ARP: [row]}) as isp:
        client = dial(isp)
        assert client.ask(f"{ARP}/print")[0]["dynamic"] == "true"
        with pytest.raises(Refused, match="dynamic"):
            client.ask(f"{ARP}/set", id="*1", disabled="yes")
        client.ask(f"{ARP}/add", address="10.1.1.2", mac_address=MAC, interface="ether1")
        assert [row["dynamic"] for row in client.ask(f"{ARP}/print")] == ["false"]


def test_connections_are_seen_and_cut(dial: Dial) -> None:
    rows = [{"protocol": "tcp", "src-address": "10.0.0.9:4433", "dst-address": "8.8.8.8:443", "fasttrack": True}]
    with RouterSimulator(rows={"/ip/firewall/connection": rows}) as isp:
        client = dial(isp)
        found = client.ask("/ip/firewall/connection/print", "?src-address=10.0.0.9:4433")
        assert found[0]["fasttrack"] == "true"
        client.ask("/ip/firewall/connection/remove", id=found[0][".id"])
        assert client.ask("/ip/firewall/connection/print") == []


def test_a_disabled_service_takes_no_connection(api: Client, isp: RouterSimulator, dial: Dial) -> None:
    api.ask("/ip/service/disable", numbers="api")
    assert eventually(lambda: not _reaches(isp))
    assert api.ask("/system/identity/print"), "an open connection stays"
    api.ask("/ip/service/enable", numbers="api")
    assert eventually(lambda: _reaches(isp))
    assert dial(isp).ask("/system/identity/print")


def _reaches(isp: RouterSimulator) -> bool:
    try:
        socket.create_connection((isp.host, isp.port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def test_clocks(api: Client, isp: RouterSimulator) -> None:
    assert api.ask("/system/ntp/client/print")[0]["status"] == "stopped"
    api.ask("/system/ntp/client/set", enabled="yes", servers="pool.ntp.org")
    assert api.ask("/system/ntp/client/print")[0]["status"] == "synchronized"
    isp.change_row("/system/clock", "", {"date": "1970-01-02", "time": "00:00:05"})
    assert api.ask("/system/clock/print", proplist="date,time") == [{"date": "1970-01-02", "time": "00:00:05"}]


def test_what_was_there_is_changed_by_a_state(dial: Dial) -> None:
    rows = {
        "/ppp/profile": [{"name": "default", "rate-limit": "1M/1M"}],
        "/interface/ethernet": [{"name": "ether2", "comment": "clientes"}],
        "/ip/service": [{"name": "www", "disabled": True}],
        "/system/ntp/client": [{"enabled": True}],
    }
    with RouterSimulator(rows=rows) as isp:
        client = dial(isp)
        assert client.ask("/ppp/profile/print", "?name=default", proplist="rate-limit") == [{"rate-limit": "1M/1M"}]
        assert client.ask("/interface/print", "?name=ether2")[0]["comment"] == "clientes"
        assert client.ask("/ip/service/print", "?disabled=yes", "?name=www")
        assert client.ask("/system/ntp/client/print")[0]["enabled"] == "true"
