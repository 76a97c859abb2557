"""The plans: made, changed, retired. Services follow their plan's price with their next invoice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.domain.catalog import CatalogRefused, NotConfirmed
from customers.models import Plan, Service, Tax
from events.domain import Actor, record
from tenants.current import current_tenant
from tenants.money import BadAmount, check_amount

FIELDS = ("name", "price", "price_unit", "download_kbps", "upload_kbps", "tax_included", "tax_rate")
CHARGED = {"price", "price_unit", "tax_included", "tax_rate", "taxes"}
LONGEST = 80
FASTEST_KBPS = 1_000_000_000


def list_plans() -> QuerySet[Plan]:
    """All plans by name, the retired last, with `sold`: services that are not over; taxes fetched."""
    living = Count("services", filter=~Q(services__status=Service.Status.CANCELLED))
    return Plan.objects.annotate(sold=living).prefetch_related("taxes").order_by("-is_active", "name")


@transaction.atomic
def create_plan(*, fields: Mapping[str, Any], actor: Actor, now: datetime) -> Plan:
    """Make a plan. With `taxes` its rate is their sum; else `tax_rate` is one tax without a name of its own.

    Raises CatalogRefused.
    """
    values, taxes = _checked(fields, Plan())
    plan = Plan.objects.create(**values)
    plan.taxes.set(taxes or [])
    record("plan.created", subject=plan, actor=actor, at=now, name=plan.name, price=str(plan.price))
    return plan


@transaction.atomic
def change_plan(
    *, plan_id: int, fields: Mapping[str, Any], confirmed: bool = False, actor: Actor, now: datetime
) -> Plan:
    """Change a plan. Fields left out stay.

    Raises CatalogRefused, and NotConfirmed when services would be charged otherwise and nobody said yes.
    """
    plan = Plan.objects.select_for_update().get(pk=plan_id)
    values, taxes = _checked(fields, plan)
    changes = {
        name: {"was": str(getattr(plan, name)), "is": str(value)}
        for name, value in values.items()
        if getattr(plan, name) != value
    }
    if taxes is not None:
        before = list(plan.taxes.all())
        if set(before) != set(taxes):
            changes["taxes"] = {"was": _names(before), "is": _names(taxes)}
    if not changes:
        return plan
    if not confirmed and (text := what_changes(plan, set(changes))):
        raise NotConfirmed(text)
    for name, value in values.items():
        setattr(plan, name, value)
    plan.save()
    if taxes is not None:
        plan.taxes.set(taxes)
    record("plan.changed", subject=plan, actor=actor, at=now, name=plan.name, changes=changes)
    return plan


@transaction.atomic
def switch_plan(*, plan_id: int, active: bool, actor: Actor, now: datetime) -> Plan:
    """Retire a plan, so that nobody contracts it any more (its services go on), or offer it again."""
    plan = Plan.objects.select_for_update().get(pk=plan_id)
    if plan.is_active != active:
        plan.is_active = active
        plan.save(update_fields=["is_active"])
        record("plan.restored" if active else "plan.retired", subject=plan, actor=actor, at=now, name=plan.name)
    return plan


def what_changes(plan: Plan, changed: set[str]) -> str:
    """Whom a change of these fields touches and from when; nothing when nobody is charged otherwise."""
    if not changed & CHARGED:
        return ""
    living = plan.services.filter(status=Service.Status.ACTIVE)
    counts = living.aggregate(own=Count("id", filter=Q(price__isnull=False)), all=Count("id"))
    # A price of its own stays, but it follows the plan's taxes and unit.
    touched = counts["all"] - counts["own"] if changed & CHARGED == {"price"} else counts["all"]
    if not touched:
        return ""
    text = ngettext(
        "Vale para %(n)s servicio desde su próxima factura; lo ya facturado queda como está.",
        "Vale para %(n)s servicios desde la próxima factura de cada uno; lo ya facturado queda como está.",
        touched,
    )
    said = text % {"n": touched}
    if counts["own"] and touched != counts["all"]:
        text = ngettext(
            "%(n)s servicio con precio propio no cambia.",
            "%(n)s servicios con precio propio no cambian.",
            counts["own"],
        )
        said += " " + text % {"n": counts["own"]}
    return said


def _checked(fields: Mapping[str, Any], plan: Plan) -> tuple[dict[str, Any], list[Tax] | None]:
    """The fields as they are kept, and the taxes when they were given. Raises CatalogRefused."""
    values = {name: fields[name] for name in FIELDS if name in fields}
    taxes = list(fields["taxes"]) if fields.get("taxes") is not None else None
    errors = {}
    name = str(values.get("name", plan.name)).strip()
    if not name or len(name) > LONGEST:
        errors["name"] = _("Escriba el nombre del plan, de 1 a 80 letras.")
    elif name != plan.name and Plan.objects.filter(name__iexact=name).exclude(pk=plan.pk).exists():
        errors["name"] = _("Ya hay un plan con ese nombre.")
    if "name" in values:
        values["name"] = name
    if "price" in values or not plan.pk:
        errors |= _price_errors(values.get("price"))
    for speed in ("download_kbps", "upload_kbps"):
        if not 0 <= values.get(speed, 0) <= FASTEST_KBPS:
            errors[speed] = _("La velocidad va de 0 a 1,000,000 Mbps.")
    rate = _rate(values, taxes, plan)
    if not 0 <= rate <= 1:
        errors["taxes" if taxes else "tax_rate"] = _("Los impuestos de un plan van de 0 a 100 %.")
    if any(tax.kind != Tax.Kind.ADDED for tax in taxes or []):
        errors["taxes"] = _("Las retenciones son de cada cliente, no del plan.")
    if errors:
        raise CatalogRefused(errors)
    return values | {"tax_rate": rate}, taxes


def _price_errors(price: Decimal | None) -> dict[str, str]:
    if price is None:
        return {"price": _("Escriba el precio.")}
    if price < 0:
        return {"price": _("El precio no puede ser negativo.")}
    if price == 0:
        return {"price": _("Un plan no puede costar cero: para no cobrar, ponga el servicio como gratis.")}
    try:
        check_amount(price, current_tenant().currency)
    except BadAmount as error:
        return {"price": str(error)}
    return {}


def _rate(values: Mapping[str, Any], taxes: list[Tax] | None, plan: Plan) -> Decimal:
    """The sum of its taxes; without any, the one rate it was given or has."""
    had = list(plan.taxes.all()) if plan.pk else []
    named = had if taxes is None else taxes
    if named:
        return sum((tax.rate for tax in named), Decimal(0))
    given = values.get("tax_rate")
    if given is not None:
        return Decimal(given)
    return Decimal(0) if had else plan.tax_rate


def _names(taxes: list[Tax]) -> str:
    return ", ".join(sorted(tax.name for tax in taxes))
