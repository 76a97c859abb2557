"""Scripts as people paste them into a terminal."""

from __future__ import annotations

import socket

import pytest

from simulators.routeros.console import ScriptError
from simulators.routeros.server import RouterSimulator
from simulators.routeros.tests.clients import Dial
from simulators.routeros.traps import Trap

SCRIPT = r"""
# a user that may do what is needed
:if ([:len [/user group find name="api"]] = 0) do={ /user group add name="api" policy=api,read,write } else={ /user group set [/user group find name="api"] policy=api,read,write }
/user add name=crm group=api \
    password="con \"comillas\", \$ y ñ"
/ip service set [find name=api !dynamic] address="127.0.0.0/8" port=8728; /system identity set name="Torre 1"
/ip firewall filter add chain=forward action=fasttrack-connection connection-state=established,related
:if ([:len [/ip firewall filter find comment="corte"]] = 0) do={ /ip firewall filter add chain=forward src-address-list="Moroso" action=drop comment="corte" }
{ :local others [/ip firewall filter find where chain=forward dynamic=no !(comment~"^corte")]; :if ([:len $others] > 0) do={ /ip firewall filter move [/ip firewall filter find where chain=forward comment~"^corte"] destination=[:pick $others 0] } }
"""  # noqa: E501 - as it is pasted


def test_a_script_prepares_a_router_and_twice_is_once(router: RouterSimulator, dial: Dial) -> None:
    held = dial(router)
    router.paste(SCRIPT)
    client = dial(router, user="crm", password='con "comillas", $ y ñ')
    assert client.ask("/system/identity/print") == [{"name": "Torre 1"}]
    rules = [row["action"] for row in router.rows("/ip/firewall/filter") if row["dynamic"] == "false"]
    assert rules == ["drop", "fasttrack-connection"]
    groups = router.rows("/user/group")
    once = ("/user add", "password=", "fasttrack")
    router.paste("\n".join(line for line in SCRIPT.splitlines() if not any(word in line for word in once)))
    assert router.rows("/user/group") == groups
    assert [row["action"] for row in router.rows("/ip/firewall/filter") if row["dynamic"] == "false"] == rules
    with pytest.raises(Trap, match="same name"):
        router.paste("/user add name=crm group=api password=x")
    assert held.ask("/system/identity/print")


@pytest.mark.parametrize(
    "script",
    [
        "/ip nothing add name=x",
        "/ip pool frobnicate",
        "/user add name=[/user print]",
        '/user add name="$quien" group=full',
        "/user add name=$quien group=full",
        ":foreach i in=[find] do={ }",
        ":if ([:len [/user find]] = 0) do={ /user add name=x",
        ":if (1 ~ 2) do={ }",
        "/user set admin admin extra",
        '/user add name="sin fin',
    ],
)
def test_what_it_does_not_understand_it_refuses(router: RouterSimulator, script: str) -> None:
    before = router.rows("/user")
    with pytest.raises((ScriptError, ValueError, Trap)):
        router.paste(script)
    assert router.rows("/user") == before


def test_a_late_version_lists_connections_among_its_services() -> None:
    for version, count in (("7.20.2", 2), ("7.16", 1)):
        with RouterSimulator(version=version) as router:
            sock = socket.create_connection((router.host, router.port))
            shown = [row for row in router.rows("/ip/service") if row["name"] == "api"]
            while len(shown) < count:
                shown = [row for row in router.rows("/ip/service") if row["name"] == "api"]
            assert len(shown) == count
            assert "dynamic" not in shown[0]
            sock.close()
