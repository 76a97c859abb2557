"""What was agreed for how long, and what leaving earlier costs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.cycle import ONE_DAY, add_months, day_in, month_start
from billing.domain.money import ZERO, BadAmount, check_amount, round_money
from billing.domain.service_facts import anchor_of
from billing.models import Contract
from customers.domain.services import ServiceRefused
from customers.models import Plan, Service
from events.domain import Actor, record
from tenants.current import current_tenant

MOST_TRIAL_DAYS = 366
MOST_MONTHS = 120
MONTH_DAYS = 30
HUNDRED = Decimal(100)


class TermsRefused(ServiceRefused):
    """What was asked cannot be agreed; the message is for people, nothing was written. `field` is what is wrong."""


def lock_service(service_id: int) -> Service:
    """The service with its plan and customer, locked until the transaction ends."""
    services = Service.objects.select_for_update(of=("self",), no_key=True).select_related("plan", "customer")
    return services.get(pk=service_id)


def check_positive(amount: Decimal, field: str) -> Decimal:
    """The same amount in the provider's currency; TermsRefused says on which field it is wrong."""
    try:
        return check_amount(amount, current_tenant().currency)
    except BadAmount as error:
        raise TermsRefused(str(error), field) from error


def check_percent(value: Decimal, field: str) -> Decimal:
    """The same percentage, if it is one with at most two decimals."""
    if not value.is_finite() or not 0 < value <= HUNDRED:
        raise TermsRefused(_("El porcentaje va de más de 0 a 100."), field)
    if value != value.quantize(Decimal("0.01")):
        raise TermsRefused(_("El porcentaje lleva como mucho dos decimales."), field)
    return value


def contract_of(service: Service) -> Contract:
    """The service's terms; an unsaved one that says nothing when it has none."""
    return Contract.objects.filter(service=service).first() or Contract(service=service, termination_value=ZERO)


@transaction.atomic
def agree_terms(
    *,
    service_id: int,
    starts_on: dt.date | None,
    trial_days: int | None,
    term_months: int,
    termination: str,
    termination_value: Decimal,
    actor: Actor,
    now: dt.datetime,
) -> Contract:
    """Write a service's terms. Raises TermsRefused.

    `starts_on` empty is the day of the installation, `trial_days` empty the policy's. `termination_value` is an
    amount, or a percentage of what is left of the term, as `termination` says.
    """
    service = lock_service(service_id)
    if service.status == Service.Status.CANCELLED:
        raise TermsRefused(_("El servicio está dado de baja: sus condiciones ya no cambian."))
    if trial_days is not None and not 0 <= trial_days <= MOST_TRIAL_DAYS:
        raise TermsRefused(_("La prueba va de 0 a %(most)s días.") % {"most": MOST_TRIAL_DAYS}, "trial_days")
    if not 0 <= term_months <= MOST_MONTHS:
        raise TermsRefused(_("El plazo va de 0 a %(most)s meses.") % {"most": MOST_MONTHS}, "term_months")
    if termination not in Contract.Termination.values:
        raise TermsRefused(_("Elija cómo se cobra la baja antes del plazo."), "termination")
    if termination != Contract.Termination.NONE and not term_months:
        raise TermsRefused(_("Para cobrar la baja anticipada diga de cuántos meses es el plazo."), "term_months")
    contract = contract_of(service)
    values = {
        "starts_on": starts_on,
        "trial_days": trial_days,
        "term_months": term_months,
        "termination": termination,
        "termination_value": _checked_value(termination, termination_value),
    }
    changes = {
        name: {"was": _plain(getattr(contract, name)), "is": _plain(value)}
        for name, value in values.items()
        if getattr(contract, name) != value
    }
    if changes or contract.pk is None:
        for name, value in values.items():
            setattr(contract, name, value)
        contract.save()
        record("contract.agreed", subject=service, actor=actor, at=now, service=service.code, changes=changes)
    return contract


def _checked_value(termination: str, value: Decimal) -> Decimal:
    if termination == Contract.Termination.AMOUNT:
        return check_positive(value, "termination_value")
    if termination == Contract.Termination.PERCENT:
        return check_percent(value, "termination_value")
    return ZERO


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def term_end(service: Service, contract: Contract) -> dt.date | None:
    """The last day of the minimum term; None without one."""
    if not contract.term_months:
        return None
    start = anchor_of(service, contract)
    return day_in(add_months(month_start(start), contract.term_months), start.day) - ONE_DAY


def termination_fee(service: Service, contract: Contract, *, last_day: dt.date) -> Decimal:
    """What leaving on `last_day` costs, rounded to the currency; zero once the term is over.

    A percentage is of what the months still to go would cost at today's price, counted by days of the term.
    """
    end = term_end(service, contract)
    if end is None or last_day >= end or contract.termination == Contract.Termination.NONE:
        return ZERO
    currency = current_tenant().currency
    if contract.termination == Contract.Termination.AMOUNT:
        return round_money(contract.termination_value, currency)
    whole = (end - anchor_of(service, contract)).days + 1
    left = min((end - last_day).days, whole)
    price = monthly_price(service.plan, service.price) * contract.term_months * left / whole
    return round_money(price * contract.termination_value / HUNDRED, currency)


def monthly_price(plan: Plan, price: Decimal | None) -> Decimal:
    """What a month costs at the line's own price, or the plan's; thirty days of a plan with a price per day."""
    amount = plan.price if price is None else price
    return amount * MONTH_DAYS if plan.price_unit == Plan.PriceUnit.DAY else amount
