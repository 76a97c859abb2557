"""The zones: made, renamed, taken away while nobody is in them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, ProtectedError, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.domain.catalog import CatalogRefused
from customers.models import Zone
from events.domain import Actor, record

LONGEST = 80


def list_zones() -> QuerySet[Zone]:
    """All zones by name with `people`: how many customers are in each."""
    return Zone.objects.annotate(people=Count("customers")).order_by("name")


@transaction.atomic
def create_zone(*, name: str, actor: Actor, now: datetime) -> Zone:
    """Make a zone. Raises CatalogRefused for a name that is empty, too long or taken."""
    zone = Zone.objects.create(name=_checked(name, ""))
    record("zone.created", subject=zone, actor=actor, at=now, name=zone.name)
    return zone


@transaction.atomic
def rename_zone(*, zone_id: int, name: str, actor: Actor, now: datetime) -> Zone:
    """Give a zone another name. Raises CatalogRefused."""
    zone = Zone.objects.select_for_update().get(pk=zone_id)
    before, name = zone.name, _checked(name, zone.name)
    if before != name:
        zone.name = name
        zone.save(update_fields=["name"])
        record("zone.renamed", subject=zone, actor=actor, at=now, name=name, before=before)
    return zone


@transaction.atomic
def remove_zone(*, zone_id: int, actor: Actor, now: datetime) -> None:
    """Take a zone away, with the terms of its own. Raises CatalogRefused while somebody is in it."""
    zone = Zone.objects.select_for_update().get(pk=zone_id)
    people, services = zone.customers.count(), zone.services.count()
    if people or services:
        text = ngettext("Tiene %(n)s cliente", "Tiene %(n)s clientes", people) % {"n": people}
        more = ngettext("%(n)s servicio", "%(n)s servicios", services) % {"n": services}
        said = {"people": text, "services": more}
        raise CatalogRefused({"id": _("%(people)s y %(services)s: páselos antes a otra zona.") % said})
    record("zone.removed", subject=zone, actor=actor, at=now, name=zone.name)
    try:
        zone.delete()
    except ProtectedError as error:
        raise CatalogRefused({"id": _("Está en uso: no se puede borrar.")}) from error


def _checked(name: str, had: str) -> str:
    found = name.strip()
    if not found or len(found) > LONGEST:
        raise CatalogRefused({"name": _("Escriba el nombre de la zona, de 1 a 80 letras.")})
    if found.lower() != had.lower() and Zone.objects.filter(name__iexact=found).exists():
        raise CatalogRefused({"name": _("Ya hay una zona con ese nombre.")})
    return found
