"""How the rules of a cut and the steps on them read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from network.domain.rules import FirewallRule, Verdict
from network.models import Chore


@dataclass(frozen=True)
class RuleRow:
    """A rule as the page shows it, in its place."""

    rule: FirewallRule
    text: str
    mark: str = ""  # cuts, below, passes
    is_off: bool = False


@dataclass(frozen=True)
class ChoreRow:
    """A step: what it is, and how it went (done, failed, waiting)."""

    chore: Chore
    text: str
    state: str


def rule_rows(rules: Sequence[FirewallRule], verdict: Verdict, cut_list: str) -> list[RuleRow]:
    """Return the rules of `cut_list` and those that let running connections pass, in their order."""
    cutting, below = {r.ref for r in verdict.cutting}, {r.ref for r in verdict.below}
    rows = []
    for rule in rules:
        named = cut_list in {rule.source_list.lstrip("!"), rule.destination_list.lstrip("!")}
        passes = verdict.passer is not None and (rule.menu, rule.ref) == (verdict.passer.menu, verdict.passer.ref)
        if named or passes:
            mark = "below" if rule.ref in below and named else "cuts" if rule.ref in cutting and named else ""
            rows.append(RuleRow(rule, _rule_text(rule), "passes" if passes else mark, not rule.enabled))
    return rows


def _rule_text(rule: FirewallRule) -> str:
    parts = [rule.action]
    parts += [f"{name}={rule.properties[name]}" for name in ("protocol", "dst-port") if rule.properties.get(name)]
    if rule.source_list:
        parts.append(f"src-address-list={rule.source_list}")
    if rule.destination_list:
        parts.append(f"dst-address-list={rule.destination_list}")
    if rule.properties.get("connection-state"):
        parts.append(f"connection-state={rule.properties['connection-state']}")
    return " ".join(parts)


def chore_rows(chores: Iterable[Chore]) -> list[ChoreRow]:
    """Return steps as the page shows them."""
    return [ChoreRow(chore, chore_text(chore), _state(chore)) for chore in chores]


def _state(chore: Chore) -> str:
    if chore.done_at is None:
        return "waiting"
    return "failed" if chore.error else "done"


def chore_text(chore: Chore) -> str:
    """Say what a step is."""
    detail = chore.detail
    shown = {
        "n": len(detail.get("rows", ())),
        "source": detail.get("source", ""),
        "target": detail.get("target", ""),
        "rule": (detail.get("values") or {}).get("comment", ""),
        "address": detail.get("address", ""),
    }
    texts = {
        "remove": _("Quitar %(n)s filas que no son de nadie"),
        "disable": _("Deshabilitar %(n)s que no son de nadie"),
        "entry": _("Permitir %(address)s a quien está cortado"),
        "rule": _("Poner la regla «%(rule)s» antes de fasttrack"),
        "raise": _("Subir %(n)s reglas antes de fasttrack"),
        "copy_list": _("Copiar las direcciones de «%(source)s» a «%(target)s»"),
        "clone_rule": _("Poner junto a una regla de «%(source)s» su igual para «%(target)s»"),
        "verify_list": _("Revisar que «%(target)s» corta igual, y mandar ahí los cortes"),
        "retire_rules": _("Deshabilitar las reglas de «%(source)s»"),
    }
    return str(texts.get(chore.kind, chore.kind)) % shown
