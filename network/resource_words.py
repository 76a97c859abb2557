"""What a router says of its load and memory, as small figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from network.models import Router
from network.words import uptime_text

_TIGHT = 85  # percent from which a person should look


@dataclass(frozen=True)
class Gauge:
    """A share that is in use: its words, and whether that is much."""

    label: str
    icon: str
    percent: int
    note: str

    @property
    def share(self) -> str:
        """How much of it is in use: «91 %»."""
        return f"{self.percent} %"

    @property
    def is_tight(self) -> bool:
        """Whether it is nearly used up."""
        return self.percent >= _TIGHT


def resource_figures(router: Router, now: datetime) -> dict[str, Any]:
    """Return the gauges and facts of what the router last said of itself."""
    told = {str(name): str(value) for name, value in (router.resource or {}).items()}
    gauges = [gauge for gauge in (_load(told), _memory(told), _disk(told)) if gauge]
    temperature = _number(told.get("temperature"))
    facts = [
        (_("Encendido hace"), uptime_text(router.uptime) or router.uptime),
        (_("Equipo"), router.board),
        (_("Versión"), router.version.replace(" (stable)", "")),
        (_("Arquitectura"), told.get("architecture-name", "")),
        (_("Temperatura"), f"{temperature:g} °C" if temperature is not None else ""),
    ]
    fresh = router.last_seen_at is not None and (now - router.last_seen_at).total_seconds() < 20
    return {"gauges": gauges, "now_facts": [fact for fact in facts if fact[1]], "fresh": fresh, "now": now}


def _load(told: dict[str, str]) -> Gauge | None:
    load = _number(told.get("cpu-load", told.get("cpu")))
    if load is None:
        return None
    count = _number(told.get("cpu-count"))
    note = _("%(count)s núcleos") % {"count": int(count)} if count and count > 1 else told.get("cpu-frequency", "")
    if note.isdigit():
        note = f"{note} MHz"
    return Gauge(_("CPU"), "cpu", round(load), note)


def _memory(told: dict[str, str]) -> Gauge | None:
    used = _used(told, "memory")
    if used is not None:
        return Gauge(_("Memoria"), "memory-stick", *used)
    ram = _number(told.get("ram"))
    return Gauge(_("Memoria"), "memory-stick", round(ram), "") if ram is not None else None


def _disk(told: dict[str, str]) -> Gauge | None:
    used = _used(told, "hdd-space")
    return Gauge(_("Disco"), "hard-drive", *used) if used is not None else None


def _used(told: dict[str, str], what: str) -> tuple[int, str] | None:
    """How much of it is used, and how much there is: (percent, «128 de 256 MB»)."""
    free, total = _number(told.get(f"free-{what}")), _number(told.get(f"total-{what}"))
    if free is None or not total:
        return None
    used = total - free
    words = _("%(used)s de %(total)s") % {"used": _size(used), "total": _size(total)}
    return round(used * 100 / total), words


def _size(count: float) -> str:
    return f"{count / 2**30:.3g} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"


def _number(text: str | None) -> float | None:
    try:
        return float(str(text).removesuffix("%"))
    except ValueError:
        return None
