"""The script for a router's terminal, pasted into one: what it makes lets us in, and twice is once."""

from __future__ import annotations

import librouteros
import pytest

from network.domain.scripts import Preparation, script_for
from simulators.routeros.server import RouterSimulator

PASSWORD = 'difícil "$?\\ clave'
RULES = "/ip/firewall/filter"


@pytest.mark.parametrize("version", ["6.49.18", "7.20.2 (stable)"])
@pytest.mark.parametrize("tls", ["", "pinned", "anonymous"])
def test_the_script_makes_what_it_says_and_nothing_twice(version: str, tls: str) -> None:
    wanted = Preparation(
        "crm",
        PASSWORD,
        major=int(version[0]),
        tls=tls,
        comes_from="127.0.0.0/8",
        reads_passwords=False,
        cut_list="Moroso",
    )
    with RouterSimulator(version=version) as router:
        router.add_row(RULES, {"chain": "forward", "action": "fasttrack-connection"})
        router.paste(script_for(wanted))
        rules = [row for row in router.rows(RULES) if row["dynamic"] == "false"]
        assert [row["action"] for row in rules] == ["accept", "accept", "drop", "fasttrack-connection"]
        policies = next(row["policy"] for row in router.rows("/user/group") if row["name"] == "crm-api").split(",")
        assert {word for word in policies if not word.startswith("!")} == {"api", "read", "write", "test"}
        user = next(row for row in router.rows("/user") if row["name"] == "crm")
        assert (user["group"], user["address"]) == ("crm-api", "127.0.0.0/8")
        router.paste(script_for(wanted))
        assert [row for row in router.rows(RULES) if row["dynamic"] == "false"] == rules
        assert router.rows("/user").count(user) == 1
        client = librouteros.connect(router.host, "crm", PASSWORD, port=router.port, encoding="utf-8")
        assert list(client.path("system", "identity")) == [{"name": "MikroTik"}]
        client.close()


def test_a_name_cannot_bring_commands_along() -> None:
    wanted = Preparation('x" group=full; /user add name=intruso group=full password="x', "clave")
    with RouterSimulator() as router:
        router.paste(script_for(wanted))
        assert [row["name"] for row in router.rows("/user")] == ["enlace", wanted.username]
