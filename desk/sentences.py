"""How the desk's own events read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from desk.imports.sources.registry import SOURCES
from events.models import Event
from events.sentences import register


def _source(event: Event) -> str:
    source = SOURCES.get(event.facts.get("source", ""))
    return str(source.label) if source else _("otro sistema")


register(
    "customer.imported",
    kind="account",
    icon="file-down",
    sentence=lambda e: (
        _("%(who)s lo trajo de %(source)s (%(plans)s).")
        % {"who": e.actor_label, "source": _source(e), "plans": ", ".join(e.facts.get("plans", []))}
    ),
)
register(
    "import.checked",
    kind="account",
    icon="file-search",
    sentence=lambda e: _("%(who)s revisó una importación.") % {"who": e.actor_label},
)
register(
    "import.started",
    kind="account",
    icon="file-input",
    sentence=lambda e: _("%(who)s empezó una importación.") % {"who": e.actor_label},
)
register(
    "import.done",
    kind="account",
    icon="file-check",
    sentence=lambda e: (
        _("La importación de %(who)s terminó: %(count)s clientes nuevos.")
        % {"who": e.actor_label, "count": e.facts.get("customers_new", 0)}
    ),
)
register(
    "import.discarded",
    kind="account",
    icon="file-x",
    sentence=lambda e: _("%(who)s descartó una importación.") % {"who": e.actor_label},
)
register(
    "brand.changed",
    kind="account",
    icon="palette",
    sentence=lambda e: _("%(who)s cambió la marca.") % {"who": e.actor_label},
)
