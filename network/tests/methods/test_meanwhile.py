"""What happens in between: technicians, broken connections, rows that are twice there, users without rights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from network.drivers.base import OFF, ON, DriverError, Exchange, Key, Session, Setup, Wanted
from network.drivers.mikrotik.driver import MikroTik
from network.tests.methods.cases import (
    IDS,
    IP,
    LIST,
    MAC,
    PLAN,
    PROFILES,
    SECRET,
    VERSIONS,
    address_of,
    cases,
    converge,
    router_of,
    session_of,
    strangers,
)
from simulators.routeros.server import RouterSimulator

LATEST = VERSIONS[-1]
ANA = Wanted(Key("pppoe", "ana"), OFF, profile="plan20", signature="crm:1", comment="Ana")
PPPOE = {"/ppp/profile": PROFILES, "/ppp/secret": [SECRET]}
SETUP = Setup(kinds=frozenset({("pppoe", ""), ("list", "")}), speeds=True)


def stubborn(router: RouterSimulator, setup: Setup, wanted: list[Wanted]) -> None:
    """Passes as they are tried again: a new connection after each failure."""
    for _turn in range(12):
        try:
            with session_of(router, setup) as session:
                if converge(session, wanted).done:
                    return
        except DriverError as error:
            if error.permanent:
                raise
    raise AssertionError("it never got there")


@pytest.mark.parametrize("action", ["reset", "reset_before", "fatal", "trap", "trap_bare"])
@pytest.mark.parametrize("number", range(len(IDS)), ids=IDS)
def test_a_fault_at_any_sentence_is_got_over(number: int, action: str) -> None:
    case = cases(LATEST)[number]
    with router_of(LATEST, case.rows) as router:
        before = strangers(router)
        for after in range(6):
            wanted = case.want(OFF if after % 2 == 0 else ON, provision=True, **case.missing)
            router.fail_on("/", action, after=after + 1)  # the first is the login
            stubborn(router, case.setup, [wanted])
            router.clear_faults()
            assert case.is_cut(router) is (wanted.state == OFF)
            assert len(case.mine(router)) <= 1, "nothing is added twice"
            with session_of(router, case.setup) as session:
                assert converge(session, [wanted], whole=True).written == 0
        assert strangers(router) == before


@pytest.mark.parametrize("fault", [{"hang": True}, {"trickle_ms": 60}])
def test_a_router_that_does_not_answer_a_write(fault: dict[str, float]) -> None:
    with router_of(LATEST, PPPOE) as router, session_of(router, SETUP) as session:
        steps = session.steps(session.observe([ANA], deadline_s=3), [ANA])
        router.set_faults(**fault)
        with pytest.raises(DriverError, match="no respondió a tiempo"):
            session.perform(steps, deadline_s=0.4)
        router.clear_faults()
        stubborn(router, SETUP, [ANA])
        assert router.disabled_names() == {"ana"}


def test_a_router_that_restarts_in_between() -> None:
    listed = Wanted(Key("list", IP), OFF, signature="crm:2")
    with router_of(LATEST, PPPOE) as router:
        stubborn(router, SETUP, [ANA, listed])
        router.reboot()
        with session_of(router, SETUP) as session:
            assert converge(session, [ANA, listed], whole=True).written == 0, "a cut outlives a restart"


def test_a_list_entry_with_a_timeout_is_no_cut() -> None:
    rows = {LIST: [{"list": "cortados", "address": IP, "timeout": "1d", "comment": "visita"}]}
    listed = Wanted(Key("list", IP), OFF, signature="crm:2", comment="Ana")
    with router_of(LATEST, rows) as router, session_of(router, SETUP) as session:
        assert converge(session, [listed]).done
        entry = next(row for row in router.rows(LIST) if row["address"] == IP)
        assert "timeout" not in entry
        assert entry["comment"] == "Ana [crm:2]"


def test_a_technician_in_between() -> None:
    listed = Wanted(Key("list", IP), OFF, signature="crm:2")
    with router_of(LATEST, PPPOE) as router, session_of(router, SETUP) as session:
        both = [ANA, listed]
        steps = session.steps(session.observe(both, deadline_s=3), both)
        router.add_row(LIST, {"list": "cortados", "address": IP, "comment": "a mano"})
        router.remove_secret("ana")
        outcomes = {outcome.step.account: outcome for outcome in session.perform(steps, deadline_s=3)}
        assert outcomes[listed.key].error == "", "the entry is there: that was wanted"
        assert "no such item" in outcomes[ANA.key].error
        assert not outcomes[ANA.key].permanent
        assert converge(session, [listed]).written == 0
        assert converge(session, [ANA]).snapshot.accounts.get(ANA.key) is None
        router.add_secret(**{**SECRET, "disabled": "no"})
        assert converge(session, [ANA]).done
        router.set_secret("ana", disabled="no", profile="plan50", comment="lo toqué yo")
        assert converge(session, [replace(ANA, state=ON)]).done
        assert router.secret("ana")["profile"] == "plan20"
        assert router.secret("ana")["comment"] == "lo toqué yo [crm:1]"
        restored = converge(session, [replace(listed, state=ON)])
        assert restored.done
        assert router.rows(LIST)[0]["address"] == "10.9.9.9", "all entries go, also one made by hand"


def sentence_of(session: Session, wanted: Wanted) -> str:
    turn = converge(session, [wanted])
    return turn.errors[0] if turn.errors else ""


def test_what_is_twice_there_is_told_and_not_guessed() -> None:
    rows = {
        "/ppp/secret": [{**SECRET, "name": "ANA"}],
        "/ip/dhcp-server": [{"name": name, "interface": f"ether{n}"} for n, name in ((3, "lan"), (4, "patio"))],
        "/ip/dhcp-server/lease": [
            {"address": f"10.9.3.{n}", "mac-address": MAC, "server": name} for n, name in ((1, "lan"), (2, "patio"))
        ],
        "/ip/hotspot": [{"name": name, "interface": f"ether{n}"} for n, name in ((3, "sala"), (4, "bar"))],
        "/ip/hotspot/user": [{"name": "ana", "password": "x", "server": server} for server in ("sala", "bar")],
        "/ip/hotspot/ip-binding": [{"mac-address": MAC, "type": kind} for kind in ("bypassed", "blocked")],
    }
    kinds = frozenset({("pppoe", ""), ("dhcp", ""), ("hotspot", ""), ("binding", "")})
    with router_of(LATEST, rows) as router, session_of(router, Setup(kinds=kinds)) as session:
        assert "solo difiere en mayúsculas" in sentence_of(session, replace(ANA, provision=True, profile=""))
        assert "Hay 2 concesiones DHCP" in sentence_of(session, Wanted(Key("dhcp", MAC), OFF))
        assert "Hay 2 usuarios de hotspot" in sentence_of(session, Wanted(Key("hotspot", "ana"), OFF))
        assert "Hay 2 entradas de hotspot" in sentence_of(session, Wanted(Key("binding", MAC), OFF))
        assert router.writes() == []
        assert converge(session, [Wanted(Key("dhcp", MAC), OFF, server="patio")]).done
        assert converge(session, [Wanted(Key("hotspot", "ana"), OFF, server="bar")]).done
        blocked = [row["address"] for row in router.rows("/ip/dhcp-server/lease") if row.get("block-access") == "true"]
        assert blocked == ["10.9.3.2"]


def test_what_cannot_work_is_said_in_words() -> None:
    rows = {
        **PPPOE,
        "/ip/arp": [{"address": IP, "mac-address": MAC, "interface": "ether4"}],
        "/ppp/secret": [{**SECRET, "remote-address": ""}],
    }
    with router_of(LATEST, rows) as router, session_of(router, SETUP) as session:
        said = {
            sentence_of(session, Wanted(Key("arp", IP), OFF)): "ether4 tiene arp=enabled",
            sentence_of(session, replace(ANA, cut_by="list")): "No tiene IP fija",
            sentence_of(session, replace(ANA, cut_by="speed")): "no se puede cortar así",
            sentence_of(session, replace(ANA, state=ON, profile="no-hay")): "El perfil «no-hay» no existe",
            sentence_of(session, Wanted(Key("uisp_site", "x"), OFF)): "no tiene accesos de este tipo",
            sentence_of(session, Wanted(Key("queue", "q"), ON, provision=True, speed=PLAN)): "Falta la IP",
            sentence_of(session, Wanted(Key("arp", "10.9.0.7"), ON, provision=True)): "Faltan la MAC y la interfaz",
            sentence_of(session, Wanted(Key("pcq", IP), OFF)): "no tiene lista en este router",
        }
        for sentence, part in said.items():
            assert part in sentence
        assert router.writes() == []


def test_a_user_without_rights() -> None:
    with router_of(LATEST, PPPOE) as router:
        router.add_account("lector", "l", rights={"api", "read"})
        router.add_account("nadie", "n", rights={"read"})
        address = replace(address_of(router, SETUP), username="lector", password="l")
        session = MikroTik().open(address, deadline_s=3, listener=lambda _exchange: None)
        for wanted in (ANA, Wanted(Key("list", IP), OFF)):
            assert "faltan permisos" in sentence_of(session, wanted)
        session.close()
        with pytest.raises(DriverError, match="permiso «api»") as caught:
            MikroTik().open(
                replace(address, username="nadie", password="n"),
                deadline_s=3,
                listener=lambda _exchange: None,
            )
        assert caught.value.permanent


def test_an_old_router_lacks_menus_and_that_is_no_error() -> None:
    kinds = frozenset({("user_manager", ""), ("arp", "")})
    with router_of(VERSIONS[0], {}) as router, session_of(router, Setup(kinds=kinds)) as session:
        assert session.observe(None, deadline_s=3).complete
        asked = router.received_count
        assert session.observe(None, deadline_s=3).complete
        again = router.sentences(after=asked)
        assert not [one for one in again if one.words[0].startswith("/user-manager")], "asked once, known since"
        assert session.survey(deadline_s=3).found


def test_passwords_written_and_read_are_in_no_log() -> None:
    log: list[Exchange] = []
    new = replace(ANA, state=ON, provision=True, password="otra-clave-9")
    with router_of(LATEST, PPPOE) as router, session_of(router, SETUP, log) as session:
        assert converge(session, [new]).done
        assert router.secret("ana")["password"] == "otra-clave-9"
        assert converge(session, [new]).written == 0
        missing = replace(new, key=Key("pppoe", "eva"))
        assert converge(session, [missing]).done
        assert router.secret("eva")["password"] == "otra-clave-9"
        found = {row.key.name: row.password for row in session.survey(deadline_s=3, secrets=True).found}
        assert found["eva"] == "otra-clave-9"
    assert "otra-clave-9" not in repr(log)
    assert "clave" not in repr([exchange.reply for exchange in log])
    assert any("=password=•••" in exchange.sentence for exchange in log)


def test_names_from_an_old_windows_are_found() -> None:
    odd = "muñoz".encode("latin-1").decode("utf-8", "surrogateescape")
    rows = {"/ppp/secret": [{"name": odd, "password": "x"}]}
    wanted = Wanted(Key("pppoe", "muñoz"), OFF)
    with router_of(LATEST, rows) as router, session_of(router, SETUP) as session:
        assert converge(session, [wanted]).done
        assert next(row for row in router.rows("/ppp/secret") if row["name"] == odd)["disabled"] == "true"
        assert converge(session, [wanted], whole=True).written == 0


def test_fasttrack_and_the_order_of_rules_are_told() -> None:
    rules = [
        {"chain": "forward", "action": "fasttrack-connection", "connection-state": "established,related"},
        {"chain": "forward", "action": "drop", "src-address-list": "cortados", "comment": "corte"},
        {"chain": "input", "action": "accept"},
    ]
    with router_of(LATEST, {"/ip/firewall/filter": rules}) as router, session_of(router, SETUP) as session:
        del router
        told = [(rule.chain, rule.place, rule.action, rule.source_list) for rule in session.survey(deadline_s=3).rules]
        assert told == [
            ("forward", 0, "fasttrack-connection", ""),
            ("forward", 1, "drop", "cortados"),
            ("input", 0, "accept", ""),
        ]
