"""What the fields of a policy are called, and how their values are said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext

from billing.domain.cut_days import regions_of
from billing.models import BillingPolicy
from billing.models.fields import AmountField
from tenants.current import current_tenant
from tenants.formats import format_money

LABELS = {
    "cycle": later("Tipo de cobro"),
    "period_unit": later("Cuándo empieza cada período"),
    "period_months": later("Meses por período"),
    "pack_days": later("Días por paquete"),
    "issue_day": later("Día de emisión"),
    "pay_day": later("Día de pago"),
    "cut_day": later("Día de vencimiento"),
    "issue_before": later("Se emite días antes"),
    "due_after": later("Vence días después"),
    "issue_hour": later("Hora de emisión"),
    "auto_issue_from": later("Se emite por sí solo desde"),
    "trial_days": later("Días de prueba sin costo"),
    "first_period": later("Primer período incompleto"),
    "plan_change": later("Cambio de plan a medio período"),
    "downgrade_when": later("Si baja de plan"),
    "while_suspended": later("Mientras está cortado"),
    "pause_percent": later("Porcentaje del precio en pausa"),
    "pause_returns": later("Al pausar se devuelven los días ya cobrados"),
    "cancel_returns": later("Al dar de baja se devuelven los días ya cobrados"),
    "late_fee_kind": later("Recargo por pagar tarde"),
    "late_fee_value": later("Monto o porcentaje del recargo"),
    "late_fee_after_days": later("Días después de vencer"),
    "late_fee_taxed": later("El recargo lleva impuestos"),
    "reconnect_fee_kind": later("Cobro por reconexión"),
    "reconnect_fee_value": later("Monto o porcentaje de la reconexión"),
    "reconnect_fee_after_days": later("Sólo si estuvo cortado días"),
    "reconnect_fee_taxed": later("La reconexión lleva impuestos"),
    "cut_after_days": later("Días de gracia"),
    "cut_hour": later("Hora del corte"),
    "cut_window_hours": later("Horas para cortar"),
    "min_debt": later("Deuda mínima para cortar"),
    "max_cuts": later("Cortes por noche sin aprobación"),
    "reconnect_when": later("Cuándo se reconecta"),
    "reconnect_value": later("Porcentaje o monto para reconectar"),
    "notices": later("Avisos"),
    "cut_from": later("El corte se cuenta"),
    "min_unpaid_invoices": later("Facturas vencidas para cortar"),
    "never_cut": later("Nunca cortar"),
    "second_step": later("Si sigue sin pagar"),
    "second_step_after_days": later("Días hasta el segundo paso"),
    "quiet_from": later("Sin mensajes desde"),
    "quiet_until": later("Sin mensajes hasta"),
    "spare_weekends": later("No cortar en fin de semana"),
    "spare_holidays": later("No cortar en feriados"),
    "spare_eves": later("No cortar la víspera"),
    "holidays_region": later("Región de los feriados"),
    "partial_restarts": later("Un pago parcial empieza la cuenta de nuevo"),
    "max_cuts_percent": later("Porcentaje de clientes por noche sin aprobación"),
    "promise_by": later("Quién puede dar una promesa de pago"),
    "promise_max_days": later("Días que dura una promesa"),
    "promise_hour": later("Hora en que vence una promesa"),
    "promise_per_month": later("Promesas por mes"),
    "promise_min_percent": later("Porcentaje que se paga antes"),
    "promise_block_days": later("Días sin promesas tras una incumplida"),
    "tax_name": later("Nombre del impuesto"),
    "series_prefix": later("Serie de facturas"),
    "max_items_per_day": later("Cargos por servicio en un día"),
}

# An amount when its kind says so, a percentage otherwise.
KIND_OF = {
    "late_fee_value": "late_fee_kind",
    "reconnect_fee_value": "reconnect_fee_kind",
    "reconnect_value": "reconnect_when",
}


def say_value(name: str, policy: BillingPolicy) -> str:
    """A policy's value as people read it: "3", "sí", "19:00", "$50.00", "10 %", "Prepago…"."""
    value: Any = getattr(policy, name)
    field = BillingPolicy._meta.get_field(name)  # noqa: SLF001 -- Django documents _meta
    if value is None:
        return _("sin límite") if name in {"max_cuts", "max_cuts_percent"} else _("no")
    if getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))  # type: ignore[union-attr]
    if isinstance(field, AmountField):
        percent = name in KIND_OF and getattr(policy, KIND_OF[name]) == "percent"
        return _say_percent(value) if percent else format_money(value, current_tenant().currency)
    return _WORDS.get(name, _say_plain)(value)


def say_notice(notice: dict[str, Any]) -> str:
    """A notice as people say it: "3 días antes de vencer, 09:00"."""
    days, pay = notice["days"], notice["from"] == "pay"
    if days == 0:
        day = _("el día de pago") if pay else _("el día que vence")
    elif days < 0:
        count = ngettext("%(days)s día", "%(days)s días", -days) % {"days": -days}
        day = (_("%(count)s antes del día de pago") if pay else _("%(count)s antes de vencer")) % {"count": count}
    else:
        count = ngettext("%(days)s día", "%(days)s días", days) % {"days": days}
        day = (_("%(count)s después del día de pago") if pay else _("%(count)s después de vencer")) % {"count": count}
    return f"{day}, {notice['hour']}"


def _say_plain(value: Any) -> str:
    match value:
        case bool():
            return _("sí") if value else _("no")
        case list():
            return ", ".join(str(one) for one in value) or _("ninguno")
        case dt.time():
            return f"{value:%H:%M}"
        case _:
            return str(value)


def _say_percent(value: Decimal) -> str:
    text = f"{Decimal(value):f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


# Values that are not said as others of their kind.
_WORDS: dict[str, Callable[[Any], str]] = {
    "notices": lambda notices: "; ".join(say_notice(notice) for notice in notices) or _("ninguno"),
    "holidays_region": lambda code: regions_of(current_tenant().country).get(code, code) or _("todo el país"),
    "pause_percent": _say_percent,
    "max_cuts_percent": _say_percent,
    "promise_min_percent": _say_percent,
    "promise_by": lambda who: (
        ", ".join(str(label) for code, label in BillingPolicy.Promiser.choices if code in who) or _("nadie")
    ),
}
