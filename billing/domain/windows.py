"""What part of an account is asked for, as addresses and programs say it: `from`, `to`, `kind`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.domain.ledger import Window
from billing.models import LedgerTransaction

Kind = LedgerTransaction.Kind
# Applying credit moves no balance, so no statement has it.
KINDS = tuple((value, label) for value, label in Kind.choices if value != Kind.CREDIT)

_BAD_DAY = later("Escriba la fecha como 2026-11-30.")
_BAD_KIND = later("No hay movimientos de ese tipo.")
_REVERSED = later("La fecha inicial es posterior a la final: cambie una de las dos.")


class BadWindow(ValueError):
    """A window that makes no sense; `field` is the parameter at fault, the message is for people."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(str(message))
        self.field = field


def parse_window(params: Mapping[str, str]) -> Window:
    """The window asked for; what is not said is everything. Raises BadWindow."""
    since, until = _day(params, "from"), _day(params, "to")
    if since and until and since > until:
        raise BadWindow("from", _REVERSED)
    kind = params.get("kind", "")
    if kind and kind not in dict(KINDS):
        raise BadWindow("kind", _BAD_KIND)
    return Window(since, until, kind)


def parse_before(params: Mapping[str, str]) -> tuple[dt.date, int] | None:
    """Where the page before ended (`before=2026-11-30.123`), or None for the first page. Raises BadWindow."""
    text = params.get("before", "")
    if not text:
        return None
    day, _dot, number = text.partition(".")
    try:
        found = dt.date.fromisoformat(day), int(number)
    except ValueError as error:
        raise BadWindow("before", _("No es una página de esta lista: empiece por la primera.")) from error
    if not number.isascii() or not number.isdigit() or found[1] >= 2**63:
        raise BadWindow("before", _("No es una página de esta lista: empiece por la primera."))
    return found


def write_before(day: dt.date, transaction_id: int) -> str:
    """The key of the page that follows a movement."""
    return f"{day.isoformat()}.{transaction_id}"


def _day(params: Mapping[str, str], field: str) -> dt.date | None:
    text = params.get(field, "").strip()
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadWindow(field, _BAD_DAY) from error
