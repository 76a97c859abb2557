"""The firewall rules behind a cut by address list: whether they cut, what is missing, and how to move house. Pure.

A list cuts when an enabled rule keeps off whoever is in it: a drop or reject in `forward` (also in a chain that a rule
for the list jumps to, or before all in `raw`), or a redirect of all traffic to the router's proxy, as WispHub makes it.
What only sends port 80 to a page is a notice. A rule in the filter must stand above fasttrack and above whatever
accepts established connections: packets of a connection that runs never reach what comes after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from network.domain.terminal import quoted
from network.drivers.base import Deed, Listed, Rule

# A rule as pages show it, who know no drivers.
FirewallRule = Rule
FILTER, NAT = "/ip/firewall/filter", "/ip/firewall/nat"
# What marks a rule as ours, in its comment.
SIGNATURE = "crm:corte"
MISSING, BELOW, GOOD = "missing", "below", "good"
_KEEPS_OFF = frozenset({"drop", "reject", "tarpit"})
_REDIRECTS = frozenset({"redirect", "dst-nat"})
_SHOWN = ("protocol", "dst-port", "connection-state", "jump-target", "to-addresses", "to-ports", "in-interface-list")


@dataclass(frozen=True)
class Verdict:
    """Whether a list cuts. `cutting` are the rules that do, `below` those of them that come too late."""

    state: str
    cutting: tuple[Rule, ...] = ()
    below: tuple[Rule, ...] = ()
    # Rules that would cut if they were not disabled.
    disabled: tuple[Rule, ...] = ()
    # The first rule of the filter that lets running connections pass.
    passer: Rule | None = None


def check_rules(rules: Iterable[Rule], cut_list: str) -> Verdict:
    """Say whether whoever is in `cut_list` is kept off."""
    rules = list(rules)
    cutting = [rule for rule in rules if rule.enabled and _cuts(rule, rules, cut_list)]
    disabled = [rule for rule in rules if not rule.enabled and _cuts(rule, rules, cut_list)]
    passer = next((r for r in in_order(rules, "filter", "forward") if _lets_pass(r, cut_list)), None)
    below = [
        rule
        for rule in cutting
        if passer is not None and rule.menu == "filter" and rule.chain == "forward" and rule.place > passer.place
    ]
    if not cutting:
        state = MISSING
    elif len(below) == len(cutting):
        state = BELOW
    else:
        state = GOOD
    return Verdict(state, tuple(cutting), tuple(below), tuple(disabled), passer)


def in_order(rules: Iterable[Rule], menu: str, chain: str) -> list[Rule]:
    """Return the rules of a chain from first to last."""
    return sorted((rule for rule in rules if rule.menu == menu and rule.chain == chain), key=lambda rule: rule.place)


def _cuts(rule: Rule, rules: Sequence[Rule], cut_list: str) -> bool:
    if cut_list not in {rule.source_list, rule.destination_list}:
        return False
    if rule.menu == "raw" and rule.chain == "prerouting":
        return rule.action == "drop"
    if rule.menu == "filter" and rule.chain == "forward":
        target = rule.properties.get("jump-target", "")
        jumps = rule.action == "jump" and any(
            one.enabled and one.action in _KEEPS_OFF for one in in_order(rules, "filter", target)
        )
        return jumps or rule.action in _KEEPS_OFF
    if rule.menu == "nat" and rule.chain == "dstnat":
        # `dst-port=!8291` is all but one port; `dst-port=80` is the notice alone.
        port = rule.properties.get("dst-port", "")
        tcp = rule.properties.get("protocol", "tcp") in {"tcp", "6"}
        return rule.action in _REDIRECTS and tcp and (not port or port.startswith("!"))
    return False


def _lets_pass(rule: Rule, cut_list: str) -> bool:
    """Whether it takes packets of running connections of whoever is in the list, so that nothing after it sees them."""
    if not rule.enabled or f"!{cut_list}" in {rule.source_list, rule.destination_list}:
        return False
    if rule.action == "fasttrack-connection":
        return not rule.source_list or rule.source_list == cut_list
    narrow = rule.source_list or rule.destination_list
    return rule.action == "accept" and not narrow and "established" in rule.properties.get("connection-state", "")


@dataclass(frozen=True)
class ListState:
    """An address list as a person chooses among them."""

    name: str
    entries: int
    held: int
    state: str
    # The page of the cut lives with the old vendor: the rules send its customers there.
    is_redirected: bool = False
    # There are rules for it, and they are switched off: those in it browse while they seem cut.
    is_switched_off: bool = False


def describe_lists(*, listed: Iterable[Listed], rules: Sequence[Rule], held: frozenset[str]) -> list[ListState]:
    """Return the lists of a router, those that cut first, then by how many are in them. `held` are cut here, by IP."""
    entries: dict[str, list[Listed]] = {}
    for entry in listed:
        entries.setdefault(entry.list, []).append(entry)
    named = {name for rule in rules for name in (rule.source_list, rule.destination_list)}
    for name in named:
        if name and not name.startswith("!") and check_rules(rules, name).cutting:
            entries.setdefault(name, [])
    found = [_describe(name, rows, rules, held) for name, rows in entries.items()]
    return sorted(found, key=lambda one: (one.state == MISSING, -one.entries, one.name))


def _describe(name: str, rows: Sequence[Listed], rules: Sequence[Rule], held: frozenset[str]) -> ListState:
    verdict = check_rules(rules, name)
    return ListState(
        name,
        len(rows),
        sum(row.address in held for row in rows),
        verdict.state,
        is_redirected=any(rule.menu == "nat" for rule in verdict.cutting),
        is_switched_off=verdict.state == MISSING and bool(verdict.disabled),
    )


# Keeping what was read


def keep_rules(rules: Iterable[Rule], *, most: int = 300) -> list[dict[str, Any]]:
    """Return the rules that matter for a cut as plain data: those of lists, and those that let others pass first."""
    matter = [rule for rule in rules if _matters(rule)]
    return [
        {**asdict(rule), "properties": {name: rule.properties[name] for name in _SHOWN if rule.properties.get(name)}}
        for rule in matter[:most]
    ]


def _matters(rule: Rule) -> bool:
    named = rule.source_list or rule.destination_list or SIGNATURE in rule.comment
    return bool(named) or _lets_pass(rule, "") or rule.action in {"jump", *_KEEPS_OFF}


def kept_rules(rows: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """Return them as they were."""
    return [Rule(**row) for row in rows]


# Putting rules in place


def wanted_rules(*, cut_list: str, allowed_list: str, page: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (menu, properties) of what a cut by list takes: names still answered, what is allowed, nothing else.

    With a `page` (an IP) plain web pages are answered by it; what is encrypted cannot be.
    """
    of_list = {"src-address-list": cut_list}
    if page:
        yield (
            NAT,
            {
                "chain": "dstnat",
                "action": "dst-nat",
                "protocol": "tcp",
                "dst-port": "80",
                **of_list,
                "to-addresses": page,
                "to-ports": "80",
                "comment": f"{SIGNATURE} {cut_list} pagina",
            },
        )
    forward = {"chain": "forward", **of_list}
    yield (
        FILTER,
        {
            **forward,
            "action": "accept",
            "protocol": "udp",
            "dst-port": "53",
            "comment": f"{SIGNATURE} {cut_list} dns",
        },
    )
    yield (
        FILTER,
        {
            **forward,
            "action": "accept",
            "dst-address-list": allowed_list,
            "comment": f"{SIGNATURE} {cut_list} permitidos",
        },
    )
    yield FILTER, {**forward, "action": "drop", "comment": f"{SIGNATURE} {cut_list} corte"}


def installing(*, cut_list: str, allowed_list: str = "cortados-permitidos", page: str = "") -> list[Deed]:
    """Return what puts our rules in their place; done twice it changes nothing."""
    allowed = [Deed("entry", {"list": allowed_list, "address": page, "comment": f"{SIGNATURE} pagina"})] if page else []
    rules = wanted_rules(cut_list=cut_list, allowed_list=allowed_list, page=page)
    return [*allowed, *(Deed("rule", {"menu": menu, "values": values, "list": cut_list}) for menu, values in rules)]


def script(*, cut_list: str, allowed_list: str = "cortados-permitidos") -> str:
    """Return the same as lines to paste into the router's terminal. Each looks first whether it is there.

    Raises ValueError for a list's name with control characters.
    """
    lines = []
    for menu, values in wanted_rules(cut_list=cut_list, allowed_list=allowed_list):
        path = _spoken(menu)
        words = " ".join(f"{name}={quoted(value)}" for name, value in values.items())
        lines.append(f":if ([:len [{path} find comment={quoted(values['comment'])}]] = 0) do={{ {path} add {words} }}")
    path = _spoken(FILTER)
    # Above everything else, each after the one before it; one block, since what a line keeps for the next would be
    # forgotten at the prompt.
    ours = f'comment~"^{SIGNATURE} {cut_list}"'
    lines.append(
        f"{{ :local others [{path} find where chain=forward dynamic=no !({ours})]; :if ([:len $others] > 0) do={{ "
        f"{path} move [{path} find where chain=forward {ours}] destination=[:pick $others 0] }} }}"
    )
    return "\n".join(lines)


def _spoken(menu: str) -> str:
    """A menu as the terminal names it: `/ip firewall filter`."""
    return f"/{menu.strip('/').replace('/', ' ')}"


def raising(verdict: Verdict) -> list[Deed]:
    """Return what moves the rules that come too late above what lets running connections pass."""
    rows = [_named(rule) for rule in sorted(verdict.below, key=lambda rule: rule.place)]
    return [Deed("raise", {"menu": FILTER, "rows": rows})] if rows else []


# Moving house


def migrating(*, rules: Sequence[Rule], source: str, target: str) -> list[Deed]:
    """Return the steps from one list to another, so that at no moment whoever is cut is let through.

    Everyone is in both lists and both are obeyed before new cuts go to the new one; only then, and after looking once
    more for whoever was added meanwhile, are the old rules switched off. Nothing of the old list is removed. If they
    cannot be, cuts go to the old list again: with both obeyed and one kept, who pays would stay off by the other.
    Every step done already is passed over, so that it can be asked again after a failure.
    """
    mine = [
        rule
        for rule in rules
        if rule.enabled and source in {rule.source_list.lstrip("!"), rule.destination_list.lstrip("!")}
    ]
    pair = {"source": source, "target": target}
    named = [_named(rule) for rule in mine]
    back = {"cut_list": source, "renew": True}
    return [
        Deed("copy_list", pair),
        *(Deed("clone_rule", {**pair, **row}) for row in named),
        Deed("verify_list", {**pair, "rows": named, "then": {"cut_list": target}}),
        Deed("retire_rules", {**pair, "rows": named, "then": {"renew": True}, "otherwise": back}),
    ]


def _named(rule: Rule) -> dict[str, Any]:
    """What names a rule, and what it must still say to be the one that was meant."""
    match = {
        "chain": rule.chain,
        "action": rule.action,
        "src-address-list": rule.source_list,
        "dst-address-list": rule.destination_list,
    }
    return {
        "menu": f"/ip/firewall/{rule.menu}",
        "ref": rule.ref,
        "match": {name: value for name, value in match.items() if value},
    }
