"""The series that number documents: which there are, which one is used, and what may change in them."""

from __future__ import annotations

import datetime as dt
import re

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils.translation import gettext as _

from billing.domain.locks import CREDIT_PREFIX
from billing.domain.policies import current_policy, save_policy
from billing.models import CreditNote, Invoice, Series
from events.domain import Actor, record

PREFIX = re.compile(r"[0-9A-Za-zÑñ][0-9A-Za-zÑñ/ .-]*")
LONGEST = 10
HIGHEST = 10**12


class SeriesRefused(Exception):
    """The series cannot be made or changed so; the message is for people. `field` is what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def list_series() -> QuerySet[Series]:
    """All series with `used`, whether any document has a number of it, invoices first, as they were made."""
    invoices = Invoice.objects.filter(series=OuterRef("pk"))
    notes = CreditNote.objects.filter(series=OuterRef("pk"))
    return Series.objects.annotate(used=Exists(invoices) | Exists(notes)).order_by("-kind", "id")


def invoice_prefixes() -> list[str]:
    """The prefixes invoices can take."""
    return list(Series.objects.filter(kind=Series.Kind.INVOICE).order_by("id").values_list("prefix", flat=True))


def ensure_series() -> None:
    """Make the series the policy names, and that of credit notes, so that people see them before the first document."""
    Series.objects.get_or_create(prefix=current_policy().series_prefix)
    if not Series.objects.filter(kind=Series.Kind.CREDIT_NOTE).exists():
        Series.objects.get_or_create(prefix=CREDIT_PREFIX, defaults={"kind": Series.Kind.CREDIT_NOTE})


@transaction.atomic
def create_series(*, kind: str, prefix: str, next_number: int, actor: Actor, now: dt.datetime) -> Series:
    """Make a series. Raises SeriesRefused for a prefix that is taken or no prefix, or a number below 1."""
    ensure_series()  # so that nobody takes the prefix of the credit notes first
    prefix = _checked_prefix(prefix)
    _check_number(next_number)
    made = Series.objects.create(kind=kind, prefix=prefix, next_number=next_number)
    record("series.created", subject=made, actor=actor, at=now, prefix=prefix, next=next_number)
    return made


@transaction.atomic
def change_series(
    *, series_id: int, prefix: str, next_number: int, gap: bool = False, actor: Actor, now: dt.datetime
) -> Series:
    """Change a series' prefix or next number. One with documents keeps its prefix and never counts backwards.

    Going forward leaves numbers that no document has: `gap` says that this is meant. Raises SeriesRefused.
    """
    series = Series.objects.select_for_update(no_key=True).get(pk=series_id)
    used = highest_number(series)
    if (series.prefix, series.next_number) == (prefix, next_number):
        return series
    _check_number(next_number)
    if prefix != series.prefix:
        if used:
            raise SeriesRefused("prefix", _("Ya tiene documentos: haga otra serie en vez de cambiarle el prefijo."))
        prefix = _checked_prefix(prefix)
    if next_number <= used:
        said = {"prefix": series.prefix, "used": used, "free": used + 1}
        text = _("Ya existe %(prefix)s%(used)s: el siguiente no puede ser menor que %(free)s.")
        raise SeriesRefused("next_number", text % said)
    if used and next_number > series.next_number and not gap:
        said = {"first": series.next_number, "last": next_number - 1, "prefix": series.prefix}
        text = _("Nadie tendría los números %(prefix)s%(first)s a %(prefix)s%(last)s. Confirme que es lo que quiere.")
        raise SeriesRefused("gap", text % said)
    before = {"prefix": series.prefix, "next": series.next_number}
    policy = current_policy()
    if policy.series_prefix == series.prefix != prefix:
        save_policy(form={"series_prefix": prefix}, actor=actor, now=now)
    series.prefix, series.next_number = prefix, next_number
    series.save(update_fields=["prefix", "next_number"])
    record("series.changed", subject=series, actor=actor, at=now, prefix=prefix, next=next_number, before=before)
    return series


def use_series(*, series_id: int, actor: Actor, now: dt.datetime) -> Series:
    """Number the next invoices with this series. Raises SeriesRefused for one of credit notes."""
    series = Series.objects.get(pk=series_id)
    if series.kind != Series.Kind.INVOICE:
        raise SeriesRefused("kind", _("Las notas de crédito no usan la serie de las facturas."))
    save_policy(form={"series_prefix": series.prefix}, actor=actor, now=now)
    return series


def highest_number(series: Series) -> int:
    """The highest number any document of the series has; 0 for none."""
    rows = Invoice.objects.filter(series=series), CreditNote.objects.filter(series=series)
    return max(row.aggregate(most=Max(F("number")))["most"] or 0 for row in rows)


def _checked_prefix(prefix: str) -> str:
    found = prefix.strip()
    if not found or len(found) > LONGEST or not PREFIX.fullmatch(found):
        raise SeriesRefused("prefix", _("Use de 1 a 10 letras, números, guiones o diagonales, por ejemplo B-."))
    if Series.objects.filter(prefix__iexact=found).exists():
        raise SeriesRefused("prefix", _("Ya hay una serie con ese prefijo."))
    return found


def _check_number(number: int) -> None:
    if not 1 <= number < HIGHEST:
        raise SeriesRefused("next_number", _("El siguiente número debe ser 1 o más."))
