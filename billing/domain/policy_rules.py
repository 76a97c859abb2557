"""What makes no sense in a policy, said in a sentence beside the field it belongs to.

The same rules hold for the provider's policy and for what a zone or a customer ends up with.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.domain.cut_days import regions_of
from billing.domain.ladder import BadNotices, clean_notices
from billing.domain.money import round_money
from billing.domain.policy_words import KIND_OF, LABELS
from billing.models import BillingPolicy, FeeKind
from tenants.current import current_tenant

HUNDRED = Decimal(100)
TOO_MUCH = Decimal("1e12")
RANGES = {
    "period_months": (1, 36),
    "pack_days": (1, 366),
    "issue_day": (1, 31),
    "pay_day": (1, 31),
    "cut_day": (1, 31),
    "issue_before": (0, 60),
    "due_after": (0, 60),
    "trial_days": (0, 366),
    "late_fee_after_days": (0, 365),
    "reconnect_fee_after_days": (0, 365),
    "cut_after_days": (0, 365),
    "cut_window_hours": (1, 23),
    "min_unpaid_invoices": (1, 24),
    "second_step_after_days": (0, 730),
    "max_items_per_day": (1, 1000),
    "promise_max_days": (0, 60),
    "promise_per_month": (0, 31),
    "promise_block_days": (0, 366),
}


class PolicyRefused(Exception):
    """The policy would make no sense; `errors` has a sentence for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def policy_errors(policy: BillingPolicy, currency: str) -> dict[str, str]:
    """The first sentence for each field of `policy` that makes no sense; amounts are in `currency`."""
    found: dict[str, str] = {}
    for name, sentence in _wrong(policy, currency):
        found.setdefault(name, sentence)
    return found


def _wrong(policy: BillingPolicy, currency: str) -> Iterator[tuple[str, str]]:
    for name, (least, most) in RANGES.items():
        if not least <= getattr(policy, name) <= most:
            said = {"what": LABELS[name], "least": least, "most": most}
            yield name, _("%(what)s: escriba un número de %(least)s a %(most)s.") % said
    if policy.max_cuts is not None and policy.max_cuts < 0:
        yield "max_cuts", _("Escriba cuántos cortes pasan sin aprobación, o déjelo vacío.")
    if policy.max_cuts_percent is not None and not 0 <= policy.max_cuts_percent <= HUNDRED:
        yield "max_cuts_percent", _("El porcentaje va de 0 a 100.")
    yield from _wrong_steps(policy)
    if not 0 <= policy.pause_percent <= HUNDRED:
        yield "pause_percent", _("El porcentaje va de 0 a 100.")
    if policy.min_debt < 0:
        yield "min_debt", _("La deuda mínima no puede ser negativa.")
    yield from _wrong_promises(policy)
    yield from _wrong_calendar(policy)
    yield from _wrong_fees(policy)
    yield from _wrong_reconnection(policy)
    for name in ("min_debt", *KIND_OF):
        amount = Decimal(getattr(policy, name))
        percent = name in KIND_OF and getattr(policy, KIND_OF[name]) == "percent"
        if amount >= TOO_MUCH:
            yield name, _("El monto es demasiado grande.")
        elif not percent and round_money(amount, currency) != amount:
            yield name, _("El monto tiene más decimales de los que usa %(currency)s.") % {"currency": currency}


def _wrong_steps(policy: BillingPolicy) -> Iterator[tuple[str, str]]:
    try:
        clean_notices(policy.notices)
    except BadNotices as error:
        yield "notices", str(error)
    none = BillingPolicy.SecondStep.NONE
    if policy.second_step != none and policy.second_step_after_days <= policy.cut_after_days:
        yield "second_step_after_days", _("El segundo paso va después del corte.")
    if policy.holidays_region and policy.holidays_region not in regions_of(current_tenant().country):
        yield "holidays_region", _("No se conoce esa región.")


def _wrong_promises(policy: BillingPolicy) -> Iterator[tuple[str, str]]:
    if not 0 <= policy.promise_min_percent <= HUNDRED:
        yield "promise_min_percent", _("El porcentaje va de 0 a 100.")
    if not set(policy.promise_by) <= set(BillingPolicy.Promiser.values):
        yield "promise_by", _("Elija entre el personal, el portal y el asistente.")


def _wrong_calendar(policy: BillingPolicy) -> Iterator[tuple[str, str]]:
    if policy.period_unit != BillingPolicy.Unit.DAYS:
        return
    said = {"pack": policy.pack_days}
    if policy.issue_before > policy.pack_days:
        yield "issue_before", _("Un paquete de %(pack)s días no se puede emitir antes que eso.") % said
    if policy.due_after > policy.pack_days:
        yield "due_after", _("Un paquete de %(pack)s días no puede vencer más tarde que eso.") % said


def _wrong_fees(policy: BillingPolicy) -> Iterator[tuple[str, str]]:
    for name in ("late_fee", "reconnect_fee"):
        kind, value = getattr(policy, f"{name}_kind"), getattr(policy, f"{name}_value")
        if value < 0:
            yield f"{name}_value", _("No puede ser negativo: un recargo no baja la deuda.")
        elif kind == FeeKind.PERCENT and value > HUNDRED:
            yield f"{name}_value", _("El porcentaje no puede pasar de 100.")
        elif kind != FeeKind.NONE and value == 0:
            yield f"{name}_value", _("Escriba cuánto, o elija que no haya.")


def _wrong_reconnection(policy: BillingPolicy) -> Iterator[tuple[str, str]]:
    value = policy.reconnect_value
    if policy.reconnect_when == BillingPolicy.Reconnect.PERCENT and not 0 < value <= HUNDRED:
        yield "reconnect_value", _("El porcentaje va de 1 a 100.")
    elif policy.reconnect_when == BillingPolicy.Reconnect.AMOUNT and value <= 0:
        yield "reconnect_value", _("Escriba el monto que basta para reconectar.")
    elif value < 0:
        yield "reconnect_value", _("No puede ser negativo.")
