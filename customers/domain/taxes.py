"""The named taxes and withholdings: made, changed and retired. Issued documents keep what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.domain.catalog import CatalogRefused, NotConfirmed
from customers.models import Customer, Plan, Service, Tax
from events.domain import Actor, record

FIELDS = ("name", "kind", "base", "rate")
LONGEST = 20
ONE = Decimal(1)
STEP = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class TaxUse:
    """Who pays or withholds a tax: the names of its plans, their services that are not over, its customers."""

    plans: list[str]
    services: int
    customers: int

    @property
    def any(self) -> bool:
        """Whether anybody does."""
        return bool(self.plans or self.customers)


def list_taxes() -> QuerySet[Tax]:
    """All taxes by name, the retired last, with `used_by`: how many plans, or customers who withhold it."""
    plans, customers = Count("plans", distinct=True), Count("withholders", distinct=True)
    return Tax.objects.annotate(used_by=plans + customers).order_by("-is_active", "kind", "name")


def use_of(tax: Tax) -> TaxUse:
    """Who would notice a change of the tax."""
    plans = list(tax.plans.order_by("name").values_list("name", flat=True))
    services = Service.objects.filter(plan__taxes=tax).exclude(status=Service.Status.CANCELLED).count()
    return TaxUse(plans, services, Customer.objects.filter(withholdings=tax).count())


@transaction.atomic
def create_tax(*, fields: Mapping[str, Any], actor: Actor, now: datetime) -> Tax:
    """Make a tax of `name`, `rate` (a share), `kind` and `base`. Raises CatalogRefused."""
    tax = Tax(**_checked(fields, Tax()))
    tax.save()
    record("tax.created", subject=tax, actor=actor, at=now, name=tax.name, rate=str(tax.rate))
    return tax


@transaction.atomic
def change_tax(*, tax_id: int, fields: Mapping[str, Any], confirmed: bool = False, actor: Actor, now: datetime) -> Tax:
    """Change a tax, and the total rate of the plans that charge it. Fields left out stay.

    Raises CatalogRefused, and NotConfirmed when it is in use and nobody said yes: the next invoices change.
    """
    tax = Tax.objects.select_for_update().get(pk=tax_id)
    values = _checked(fields, tax)
    changes = {
        name: {"was": str(getattr(tax, name)), "is": str(value)}
        for name, value in values.items()
        if getattr(tax, name) != value
    }
    if not changes:
        return tax
    use = use_of(tax)
    if use.any and "kind" in changes:
        raise CatalogRefused({"kind": _("Está en uso: haga otro en vez de cambiarle el tipo.")})
    if use.any and not confirmed:
        raise NotConfirmed(_what_changes(tax, values, use))
    for name, value in values.items():
        setattr(tax, name, value)
    tax.save()
    refresh_rates(tax.plans.all())
    record("tax.changed", subject=tax, actor=actor, at=now, name=tax.name, changes=changes, plans=use.plans)
    return tax


@transaction.atomic
def retire_tax(*, tax_id: int, actor: Actor, now: datetime) -> Tax:
    """Offer a tax no longer. Raises CatalogRefused while a plan charges it or a customer withholds it."""
    tax = Tax.objects.select_for_update().get(pk=tax_id)
    use = use_of(tax)
    if use.plans:
        said = {"plans": ", ".join(use.plans[:5])}
        raise CatalogRefused({"id": _("Lo cobran estos planes: %(plans)s. Quíteselo primero.") % said})
    if use.customers:
        text = ngettext(
            "Lo retiene %(n)s cliente: quíteselo primero.",
            "Lo retienen %(n)s clientes: quíteselo primero.",
            use.customers,
        )
        raise CatalogRefused({"id": text % {"n": use.customers}})
    return _switch(tax, "tax.retired", active=False, actor=actor, now=now)


@transaction.atomic
def restore_tax(*, tax_id: int, actor: Actor, now: datetime) -> Tax:
    """Offer a retired tax again."""
    return _switch(Tax.objects.select_for_update().get(pk=tax_id), "tax.restored", active=True, actor=actor, now=now)


def _switch(tax: Tax, kind: str, *, active: bool, actor: Actor, now: datetime) -> Tax:
    if tax.is_active != active:
        tax.is_active = active
        tax.save(update_fields=["is_active"])
        record(kind, subject=tax, actor=actor, at=now, name=tax.name)
    return tax


def refresh_rates(plans: QuerySet[Plan]) -> None:
    """Keep each plan's total rate the sum of its taxes. Raises CatalogRefused when one would pass 100 %."""
    for plan in plans.filter(taxes__isnull=False).distinct().prefetch_related("taxes"):
        rate = sum((tax.rate for tax in plan.taxes.all() if tax.kind == Tax.Kind.ADDED), Decimal(0))
        if rate > ONE:
            said = {"plan": plan.name}
            raise CatalogRefused({"rate": _("Los impuestos de %(plan)s pasarían del 100 %%.") % said})
        if rate != plan.tax_rate:
            plan.tax_rate = rate
            plan.save(update_fields=["tax_rate"])


def _checked(fields: Mapping[str, Any], tax: Tax) -> dict[str, Any]:
    """The fields that may be set, as they are kept. Raises CatalogRefused."""
    values = {name: fields[name] for name in FIELDS if name in fields}
    errors = {}
    name = str(values.get("name", tax.name)).strip()
    if not name or len(name) > LONGEST:
        errors["name"] = _("Escriba el nombre que dirá la factura, de 1 a 20 letras.")
    elif name != tax.name and Tax.objects.filter(name__iexact=name).exclude(pk=tax.pk).exists():
        errors["name"] = _("Ya hay un impuesto con ese nombre.")
    rate = values.get("rate", tax.rate)
    if rate is None or rate <= 0:
        errors["rate"] = _("La tasa debe ser mayor que cero: quien no paga impuestos no lleva ninguno.")
    elif rate > ONE:
        errors["rate"] = _("La tasa no puede pasar del 100 %.")
    elif rate != rate.quantize(STEP):
        errors["rate"] = _("La tasa admite hasta tres decimales.")
    if errors:
        raise CatalogRefused(errors)
    if "name" in values:
        values["name"] = name
    if values.get("kind", tax.kind) == Tax.Kind.ADDED:
        values["base"] = Tax.Base.NET
    return values


def _what_changes(tax: Tax, values: Mapping[str, Any], use: TaxUse) -> str:
    said = {"name": values.get("name", tax.name), "rate": say_rate(values.get("rate", tax.rate))}
    parts = [_("Desde las próximas facturas será %(name)s, %(rate)s.") % said]
    if use.plans:
        text = ngettext(
            "Lo cobra %(plans)s, con %(n)s servicio.", "Lo cobran %(plans)s, con %(n)s servicios.", use.services
        )
        parts.append(text % {"plans": ", ".join(use.plans[:5]), "n": use.services})
    if use.customers:
        text = ngettext("Lo retiene %(n)s cliente.", "Lo retienen %(n)s clientes.", use.customers)
        parts.append(text % {"n": use.customers})
    parts.append(_("Lo ya emitido queda como está."))
    return " ".join(parts)


def say_rate(rate: Decimal) -> str:
    """A share as a percentage: "16 %", "1.25 %"."""
    text = f"{(rate * 100).normalize():f}"
    return f"{text} %"
