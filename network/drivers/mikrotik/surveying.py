"""Everything that matters on a router in one set of bulk prints: for drift, rules and imports."""

from __future__ import annotations

from collections.abc import Mapping

from network.drivers.base import Key, Listed, Rule, Speed, Survey
from network.drivers.mikrotik.methods import METHODS
from network.drivers.mikrotik.methods.base import View, is_on
from network.drivers.mikrotik.methods.entries import ENTRIES, PROPERTIES
from network.drivers.mikrotik.methods.profiles import HOTSPOT, PPP
from network.drivers.mikrotik.rates import parse_rate_limit
from network.drivers.mikrotik.tables import Read

_MENUS = ("filter", "nat", "mangle")
_RULE = (
    *(".id", "chain", "action", "disabled", "dynamic", "comment", "src-address-list", "dst-address-list"),
    *("src-address", "dst-address", "protocol", "dst-port", "connection-state", "in-interface", "in-interface-list"),
    *("out-interface", "to-addresses", "to-ports", "new-packet-mark", "new-connection-mark", "passthrough"),
    *("jump-target", "reject-with"),
)


def survey_reads(*, secrets: bool) -> list[Read]:
    """What is printed, once each."""
    reads = [Read(ENTRIES, PROPERTIES)]
    reads += [Read(f"/ip/firewall/{menu}", _RULE) for menu in _MENUS]
    for method in METHODS.values():
        reads += method.survey(secrets=secrets)
    return reads


def survey_of(view: View) -> Survey:
    """Return what those prints say."""
    found = tuple(one for method in METHODS.values() for one in method.found(view))
    return Survey(found, _listed(view), _rules(view), _profiles(view))


def _listed(view: View) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            row["list"],
            row["address"],
            row[".id"],
            comment=row.get("comment", ""),
            enabled=not is_on(row, "disabled"),
            is_dynamic=is_on(row, "dynamic"),
        )
        for row in view.tables.rows(ENTRIES)
        if "list" in row and "address" in row
    )


def _rules(view: View) -> tuple[Rule, ...]:
    rules = []
    for menu in _MENUS:
        places: dict[str, int] = {}
        for row in view.tables.rows(f"/ip/firewall/{menu}"):
            if is_on(row, "dynamic"):
                continue  # the counters of fasttrack, which stand first and do nothing
            chain = row.get("chain", "")
            place = places.get(chain, 0)
            places[chain] = place + 1
            rules.append(
                Rule(
                    menu,
                    chain,
                    place,
                    row[".id"],
                    row.get("action", "accept"),
                    not is_on(row, "disabled"),
                    source_list=row.get("src-address-list", ""),
                    destination_list=row.get("dst-address-list", ""),
                    comment=row.get("comment", ""),
                    properties={name: value for name, value in row.items() if name != ".id"},
                )
            )
    return tuple(rules)


def _profiles(view: View) -> Mapping[Key, Speed | None]:
    return {
        Key(kind, row["name"]): parse_rate_limit(row.get("rate-limit", ""))
        for kind, profiles in (("pppoe", PPP), ("hotspot", HOTSPOT))
        for row in view.tables.rows(profiles.menu)
    }
