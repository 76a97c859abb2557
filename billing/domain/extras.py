"""Charges beside the plan: once (an installation, a visit, a fee) or with every period (TV, a fixed address)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from billing.domain.contracts import TermsRefused, check_positive, lock_service
from billing.domain.cycle import ONE_DAY
from billing.domain.giving_back import amount_of, give_back_days, plan_give_back, policy_of_service, rule_of
from billing.domain.locks import lock_for_correction
from billing.models import Charge, CreditNote, Extra
from customers.models import Service
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today

FAR = dt.timedelta(days=366)


@transaction.atomic
def add_extra(
    *,
    service_id: int,
    kind: str,
    description: str,
    amount: Decimal,
    actor: Actor,
    now: dt.datetime,
    category: str = Extra.Category.OTHER,
    taxed: bool = True,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
) -> Extra:
    """Agree a charge beside the plan: the next run charges it. `amount` is of one time, or of one month.

    `starts_on` empty is today, `ends_on` (of a recurring one) its last day. Raises TermsRefused.
    """
    service, today = lock_service(service_id), tenant_today(now)
    once = kind == Extra.Kind.ONCE
    starts_on = starts_on or today
    if kind not in Extra.Kind.values or category not in Extra.Category.values:
        raise TermsRefused(_("Elija si se cobra una vez o cada período, y por qué concepto."), "kind")
    if service.status == Service.Status.CANCELLED and not once:
        raise TermsRefused(_("El servicio está dado de baja: sólo admite cargos de una vez."), "kind")
    if not description.strip():
        raise TermsRefused(_("Escriba qué se cobra, como saldrá en la factura."), "description")
    check_positive(amount, "amount")
    check_stretch(starts_on, None if once else ends_on, today)
    extra = Extra.objects.create(
        service=service,
        kind=kind,
        category=category,
        description=description.strip()[:120],
        amount=amount,
        taxed=taxed,
        starts_on=starts_on,
        ends_on=None if once else ends_on,
        created_by=actor.label,
        created_at=now,
    )
    _tell("extra.added", extra, service, actor, now)
    return extra


def check_stretch(starts_on: dt.date, ends_on: dt.date | None, today: dt.date) -> None:
    """Refuse an end before the start, and years nobody meant."""
    if ends_on and ends_on < starts_on:
        raise TermsRefused(_("El último día no puede ser anterior al primero."), "ends_on")
    if abs(starts_on - today) > FAR:
        raise TermsRefused(_("Esa fecha está a más de un año. ¿Está bien escrita?"), "starts_on")


@transaction.atomic
def end_extra(*, extra_id: int, ends_on: dt.date, actor: Actor, now: dt.datetime) -> list[CreditNote]:
    """Give a recurring charge its last day. Days already charged after it are given back; returns those notes.

    Raises TermsRefused for one of one time, one that is over, or a day before it begins.
    """
    extra = _locked(extra_id)
    if extra.kind == Extra.Kind.ONCE:
        raise TermsRefused(_("Un cargo de una vez no termina: quítelo si todavía no se cobró."))
    _refuse_over(extra)
    if ends_on < extra.starts_on:
        raise TermsRefused(_("Ese día es anterior a su comienzo: si nunca se cobró, quítelo."), "ends_on")
    extra.ends_on = ends_on
    extra.save(update_fields=["ends_on"])
    notes = give_back_days(
        service_id=extra.service_id,
        from_day=ends_on + ONE_DAY,
        reason=_("%(what)s hasta el %(day)s") % {"what": extra.description, "day": f"{ends_on:%d/%m/%Y}"},
        actor=actor,
        now=now,
        only=Q(source=extra.pk),
        among=[Charge.Kind.EXTRA],
    )
    _tell("extra.ended", extra, extra.service, actor, now, ends_on=ends_on.isoformat())
    return notes


def preview_end(*, extra: Extra, ends_on: dt.date) -> Decimal:
    """What `end_extra` would give back for the days already charged after `ends_on`. Writes nothing."""
    service = Service.objects.select_related("plan", "customer").get(pk=extra.service_id)
    given = plan_give_back(
        service=service,
        from_day=ends_on + ONE_DAY,
        rule=rule_of(policy_of_service(service)),
        only=Q(source=extra.pk),
        among=[Charge.Kind.EXTRA],
    )
    return amount_of(given)


@transaction.atomic
def cancel_extra(*, extra_id: int, actor: Actor, now: dt.datetime) -> Extra:
    """Take a charge away that was never charged. Raises TermsRefused with what to do instead."""
    extra = _locked(extra_id)
    _refuse_over(extra)
    if charged := charges_of(extra).exclude(line=None).select_related("line__invoice").first():
        label = charged.line.invoice.label
        if extra.kind == Extra.Kind.RECURRING:
            raise TermsRefused(_("Ya se cobró en la factura %(label)s: póngale último día.") % {"label": label})
        raise TermsRefused(_("Ya se cobró en la factura %(label)s: haga una nota de crédito.") % {"label": label})
    extra.cancelled_at, extra.cancelled_by = now, actor.label
    extra.save(update_fields=["cancelled_at", "cancelled_by"])
    _tell("extra.cancelled", extra, extra.service, actor, now)
    return extra


def charges_of(extra: Extra) -> QuerySet[Charge]:
    """What was charged of it and not taken back."""
    kind = Charge.Kind.ONCE if extra.kind == Extra.Kind.ONCE else Charge.Kind.EXTRA
    return Charge.objects.filter(kind=kind, source=extra.pk, service=extra.service_id, reversed_at=None)


def waiting_extras(customer_id: int) -> QuerySet[Extra]:
    """What the next invoice will charge once, the oldest first."""
    return (
        Extra.objects.filter(service__customer_id=customer_id, kind=Extra.Kind.ONCE, billed_at=None, cancelled_at=None)
        .select_related("service")
        .order_by("id")
    )


def _locked(extra_id: int) -> Extra:
    customer_id = Extra.objects.values_list("service__customer_id", flat=True).get(pk=extra_id)
    # The run locks the series before it reads extras: whoever takes one away does as well.
    lock_for_correction(customer_id, current_tenant().currency)
    return Extra.objects.select_for_update(of=("self",), no_key=True).select_related("service").get(pk=extra_id)


def _refuse_over(extra: Extra) -> None:
    if extra.cancelled_at:
        raise TermsRefused(_("Este cargo ya se había quitado."))


def _tell(what: str, extra: Extra, service: Service, actor: Actor, now: dt.datetime, **facts: Any) -> None:
    record(
        what,
        subject=service,
        actor=actor,
        at=now,
        service=service.code,
        extra=extra.pk,
        kind=extra.kind,
        description=extra.description,
        amount=str(extra.amount),
        currency=current_tenant().currency,
        **facts,
    )
