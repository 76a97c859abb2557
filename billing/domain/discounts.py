"""Less to pay of a service's plan: for some periods, until a date, or until somebody ends it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.contracts import TermsRefused, check_percent, check_positive, lock_service
from billing.domain.extras import check_stretch
from billing.models import Charge, Discount
from customers.models import Service
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today

MOST_PERIODS = 120


@transaction.atomic
def add_discount(
    *,
    service_id: int,
    kind: str,
    value: Decimal,
    description: str,
    actor: Actor,
    now: dt.datetime,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    periods: int | None = None,
) -> Discount:
    """Agree a discount on the plan. `value` is an amount a period, or a percentage. Raises TermsRefused.

    `starts_on` empty is today; it ends after `ends_on` or that many `periods`, whichever comes first, if either.
    """
    service, today = lock_service(service_id), tenant_today(now)
    starts_on = starts_on or today
    if service.status == Service.Status.CANCELLED:
        raise TermsRefused(_("El servicio está dado de baja: ya no se le descuenta nada."))
    if kind not in Discount.Kind.values:
        raise TermsRefused(_("Elija si se descuenta un monto o un porcentaje."), "kind")
    if not description.strip():
        raise TermsRefused(_("Escriba por qué se descuenta, como saldrá en la factura."), "description")
    check = check_percent if kind == Discount.Kind.PERCENT else check_positive
    check(value, "value")
    if periods is not None and not 1 <= periods <= MOST_PERIODS:
        raise TermsRefused(_("Los períodos van de 1 a %(most)s.") % {"most": MOST_PERIODS}, "periods")
    check_stretch(starts_on, ends_on, today)
    discount = Discount.objects.create(
        service=service,
        kind=kind,
        value=value,
        description=description.strip()[:120],
        starts_on=starts_on,
        ends_on=ends_on,
        periods=periods,
        created_by=actor.label,
        created_at=now,
    )
    _tell("discount.added", discount, service, actor, now)
    return discount


@transaction.atomic
def end_discount(*, discount_id: int, actor: Actor, now: dt.datetime, ends_on: dt.date | None = None) -> Discount:
    """Give a discount its last day; without one, take it away from now on. What it took off already stays off.

    Raises TermsRefused when it is over, or for a day before it begins.
    """
    rows = Discount.objects.select_for_update(of=("self",), no_key=True).select_related("service")
    discount = rows.get(pk=discount_id)
    if discount.cancelled_at:
        raise TermsRefused(_("Este descuento ya se había quitado."))
    if ends_on is None:
        discount.cancelled_at, discount.cancelled_by = now, actor.label
    elif ends_on < discount.starts_on:
        raise TermsRefused(_("Ese día es anterior a su comienzo: quítelo ahora si no debe contar."), "ends_on")
    else:
        discount.ends_on = ends_on
    discount.save(update_fields=["ends_on", "cancelled_at", "cancelled_by"])
    _tell("discount.ended", discount, discount.service, actor, now, ends_on=ends_on.isoformat() if ends_on else "")
    return discount


def periods_used(discount: Discount) -> int:
    """On how many invoices it took something off."""
    charges = Charge.objects.filter(kind=Charge.Kind.DISCOUNT, source=discount.pk, reversed_at=None)
    return charges.values("line__invoice").distinct().count()


def _tell(what: str, discount: Discount, service: Service, actor: Actor, now: dt.datetime, **facts: Any) -> None:
    record(
        what,
        subject=service,
        actor=actor,
        at=now,
        service=service.code,
        discount=discount.pk,
        kind=discount.kind,
        value=str(discount.value),
        description=discount.description,
        currency=current_tenant().currency,
        **facts,
    )
