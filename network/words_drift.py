"""How differences read: what we have, what the router has, and what can be done, as a technician would say it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network.domain.drifts import ADOPTABLE, AGREEABLE, EXPLICIT, Kind
from network.models import Access, Drift

_ICONS = {
    Kind.ENABLED: "wifi",
    Kind.CUT: "wifi-off",
    Kind.MISSING: "circle-x",
    Kind.UNKNOWN: "circle-question-mark",
    Kind.DUPLICATE: "copy",
    Kind.PLAN: "gauge",
    Kind.ORPHAN: "list-x",
    Kind.RULES_MISSING: "shield-off",
    Kind.RULES_BELOW: "arrow-down-up",
    Kind.NO_IP: "circle-off",
    Kind.IP: "network",
}


@dataclass(frozen=True)
class DriftRow:
    """A difference as the review list shows it. An empty label: that cannot be done."""

    drift: Drift
    name: str
    icon: str
    ours: str
    theirs: str
    why: str
    agree: str
    adopt: str


def drift_row(drift: Drift) -> DriftRow:
    """Return it."""
    kind = Kind(drift.kind)
    ours, theirs = _sides(drift)
    return DriftRow(
        drift,
        drift.key.partition(":")[2] or drift.key,
        _ICONS[kind],
        ours,
        theirs,
        why_of(drift),
        agree_label(drift) if kind in AGREEABLE else "",
        adopt_label(drift) if kind in ADOPTABLE or kind == Kind.UNKNOWN else "",
    )


def _sides(drift: Drift) -> tuple[str, str]:  # noqa: PLR0911 -- one for each kind
    match drift.kind:
        case Kind.ENABLED:
            return _("Retirado") if drift.ours == "gone" else _("Cortado"), _with_session(_("Habilitado"), drift)
        case Kind.CUT:
            how = {
                "list": _("En la lista de cortados"),
                "profile": _("Con el perfil de cortados"),
                "speed": _("Con la velocidad de un cortado"),
            }
            return _("Con servicio"), how.get(drift.theirs, _("Deshabilitado"))
        case Kind.MISSING:
            return _state(drift.ours), _("No existe")
        case Kind.UNKNOWN:
            text = _with_session(_("Habilitado"), drift)
            return _("Nadie"), f"{text} · {drift.theirs}" if drift.theirs else text
        case Kind.DUPLICATE:
            count = len(drift.detail.get("remove", ())) + len(drift.detail.get("disable", ()))
            also = ngettext("Además %(names)s", "Además %(names)s (%(count)s)", count)
            return drift.ours, also % {"names": drift.theirs, "count": count}
        case Kind.PLAN:
            return speed_text(drift.ours), speed_text(drift.theirs)
        case Kind.ORPHAN:
            comment = f" · {drift.theirs}" if drift.theirs else ""
            return _("Nadie cortado"), _("En «%(list)s»") % {"list": drift.detail.get("list", "")} + comment
        case Kind.RULES_MISSING:
            off = _("Hay, pero deshabilitadas: %(rule)s") % {"rule": drift.theirs}
            return _("Una regla que corte la lista"), off if drift.theirs else _("Ninguna")
        case Kind.RULES_BELOW:
            return _("Antes de fasttrack"), _("Después: %(rule)s") % {"rule": drift.theirs}
        case _:
            return drift.ours or _("Sin IP"), drift.theirs or _("Sin IP fija")


def _state(code: str) -> str:
    return str(dict(Access.Desired.choices).get(code, code)).capitalize()


def _with_session(text: str, drift: Drift) -> str:
    return _("%(text)s, en línea") % {"text": text} if drift.detail.get("online") else text


def speed_text(text: str) -> str:
    """`20480/5120` in kbit/s as people say it; a profile's name as it is."""
    down, slash, up = text.partition("/")
    if not (slash and down.isdigit() and up.isdigit()):
        return _("perfil %(name)s") % {"name": text} if text else ""
    return _("%(down)s / %(up)s Mbps") % {"down": _mbps(int(down)), "up": _mbps(int(up))}


def _mbps(kbps: int) -> str:
    return f"{kbps / 1000:.1f}".rstrip("0").rstrip(".").replace(".", ",")


def why_of(drift: Drift) -> str:
    """Return what probably happened, and what it means."""
    why = {
        Kind.ENABLED: _("Alguien lo habilitó a mano: navega aunque aquí está cortado."),
        Kind.CUT: _("Alguien lo cortó a mano: paga y no navega."),
        Kind.MISSING: _("Se borró o se renombró en el router: no se le puede cortar ni reconectar."),
        Kind.UNKNOWN: _("Está en el router y no es de ningún cliente: navega sin que se le cobre."),
        Kind.DUPLICATE: _("Hay más de uno con el mismo nombre: al cortar uno, entra con el otro."),
        Kind.PLAN: _("La velocidad del router no es la de su plan."),
        Kind.ORPHAN: _("Quedó en la lista y ya no es de ningún cliente cortado."),
        Kind.RULES_MISSING: _("Sin reglas, quien está en la lista navega igual."),
        Kind.RULES_BELOW: _("Lo que ya está conectado pasa por fasttrack antes de llegar al corte: sigue navegando."),
        Kind.NO_IP: _("Se corta por lista y no se sabe su IP: el corte no se puede hacer."),
        Kind.IP: _("Navega con otra IP que la anotada aquí."),
    }
    return str(why[Kind(drift.kind)])


def agree_label(drift: Drift) -> str:
    """Return what the button says that makes the router agree."""
    match drift.kind:
        case Kind.ENABLED:
            return _("Retirar") if drift.ours == "gone" else _("Cortar de nuevo")
        case Kind.UNKNOWN:
            return _("Quitar") if drift.detail.get("method") == "queue" else _("Deshabilitar")
        case Kind.DUPLICATE:
            return _("Dejar uno solo")
        case Kind.ORPHAN:
            return _("Sacar de la lista")
        case Kind.RULES_BELOW:
            return _("Subir las reglas")
        case _:
            labels = {
                Kind.CUT: _("Reconectar"),
                Kind.MISSING: _("Crear en el router"),
                Kind.PLAN: _("Poner la del plan"),
                Kind.RULES_MISSING: _("Instalar las reglas"),
                Kind.IP: _("Poner la de aquí"),
            }
            return str(labels.get(Kind(drift.kind), ""))


def adopt_label(drift: Drift) -> str:
    """Return what the button says that takes over what the router has; empty when there is nothing to take."""
    if drift.kind == Kind.ENABLED and drift.ours == "gone":
        return ""
    if drift.kind == Kind.NO_IP and not drift.theirs:
        return ""
    labels = {
        Kind.ENABLED: _("Dejarlo con servicio"),
        Kind.CUT: _("Dejarlo cortado"),
        Kind.UNKNOWN: _("Enlazar con un servicio"),
        Kind.PLAN: _("Dejar la del router"),
        Kind.NO_IP: _("Tomar la del router"),
        Kind.IP: _("Tomar la del router"),
    }
    return str(labels.get(Kind(drift.kind), ""))


def agree_effect(kind: str, count: int) -> str:
    """Return what making the router agree will do to `count` of a kind, in one sentence for the confirmation."""
    shown = {"n": count}
    match kind:
        case Kind.ENABLED:
            text = ngettext("Se corta en el router a %(n)s cliente.", "Se corta en el router a %(n)s clientes.", count)
        case Kind.CUT:
            text = ngettext("Se reconecta a %(n)s cliente.", "Se reconecta a %(n)s clientes.", count)
        case Kind.MISSING:
            text = ngettext("Se crea %(n)s usuario en el router.", "Se crean %(n)s usuarios en el router.", count)
        case Kind.UNKNOWN:
            text = ngettext(
                "Se deshabilita %(n)s usuario que no es de nadie y se cierra su sesión (una cola se quita).",
                "Se deshabilitan %(n)s usuarios que no son de nadie y se cierran sus sesiones (las colas se quitan).",
                count,
            )
        case Kind.DUPLICATE:
            text = ngettext(
                "De %(n)s nombre repetido queda uno: los demás se quitan, o se deshabilitan si cambian mayúsculas.",
                "De %(n)s nombres repetidos queda uno: los demás se quitan, o se deshabilitan si cambian mayúsculas.",
                count,
            )
        case Kind.PLAN:
            text = ngettext("Se pone a %(n)s cliente su plan.", "Se pone a %(n)s clientes su plan.", count)
        case Kind.ORPHAN:
            text = ngettext("Se saca %(n)s IP de la lista.", "Se sacan %(n)s IP de la lista.", count)
        case Kind.RULES_MISSING:
            text = _("Se agregan las reglas del corte antes de fasttrack; las que ya existen no se tocan.")
        case Kind.RULES_BELOW:
            text = _("Se mueven las reglas del corte antes de fasttrack.")
        case _:
            text = ngettext("Se cambia la IP de %(n)s usuario.", "Se cambia la IP de %(n)s usuarios.", count)
    return str(text) % shown


def adopt_effect(kind: str, count: int) -> str:
    """Return what taking over what the router has will do here."""
    shown = {"n": count}
    match kind:
        case Kind.ENABLED:
            text = ngettext(
                "Se levanta aquí el corte de %(n)s servicio.", "Se levanta aquí el corte de %(n)s servicios.", count
            )
        case Kind.CUT:
            text = ngettext(
                "%(n)s servicio queda cortado a mano, pague o no, hasta que alguien lo reconecte.",
                "%(n)s servicios quedan cortados a mano, paguen o no, hasta que alguien los reconecte.",
                count,
            )
        case Kind.PLAN:
            text = ngettext(
                "La velocidad de %(n)s servicio la pone el router: ya no se fija desde aquí.",
                "La velocidad de %(n)s servicios la pone el router: ya no se fija desde aquí.",
                count,
            )
        case _:
            text = ngettext("Se anota aquí la IP de %(n)s servicio.", "Se anota aquí la IP de %(n)s servicios.", count)
    return str(text) % shown


def is_explicit(kind: str) -> bool:
    """Whether agreeing writes on rows that are not ours."""
    return kind in EXPLICIT
