"""Reads of promises to pay that have a name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.domain.money import ZERO
from billing.domain.queries import Order, day_range
from billing.models import Promise
from customers.domain.search import matching_ids

STATES = ("open", "today", "kept", "broken", "cancelled")
ORDERS = {"": Order("created_at"), "until": Order("until", falling=False)}


@dataclass(frozen=True, slots=True)
class PromiseFilter:
    """What the page of promises is asked for. `state`: one of STATES, or "" for all."""

    text: str = ""
    state: str = ""
    zone_id: int | None = None
    month: dt.date | None = None
    order: str = ""


def find_promises(wanted: PromiseFilter, *, today: dt.date) -> QuerySet[Promise]:
    """The promises asked for, in order; `today`: the open ones that lapse today. `month` is that of granting."""
    rows = Promise.objects.select_related("customer").order_by(*ORDERS[wanted.order].terms)
    match wanted.state:
        case "today":
            rows = rows.filter(status=Promise.Status.OPEN, **day_range("until", today))
        case "":
            pass
        case state:
            rows = rows.filter(status=state)
    if wanted.zone_id:
        rows = rows.filter(customer__zone_id=wanted.zone_id)
    if wanted.month:
        following = (wanted.month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        start, end = (day_range("created_at", day)["created_at__gte"] for day in (wanted.month, following))
        rows = rows.filter(created_at__gte=start, created_at__lt=end)
    if wanted.text:
        rows = rows.filter(customer_id__in=matching_ids(wanted.text))
    return rows


@dataclass(frozen=True, slots=True)
class PromiseSums:
    """What a list of promises adds up to. `share` is kept of all that ended by themselves, a percent; None of none."""

    count: int
    amount: Decimal
    kept: int
    broken: int

    @property
    def share(self) -> int | None:
        """How many of a hundred were kept."""
        ended = self.kept + self.broken
        return round(100 * self.kept / ended) if ended else None


def sum_promises(rows: QuerySet[Promise]) -> PromiseSums:
    """Count, amount promised, and how many were kept and broken."""
    found = rows.order_by().aggregate(
        count=Count("id"),
        total=Sum("amount", default=ZERO),
        kept=Count("id", filter=Q(status=Promise.Status.KEPT)),
        broken=Count("id", filter=Q(status=Promise.Status.BROKEN)),
    )
    return PromiseSums(found["count"], found["total"], found["kept"], found["broken"])


def promises_of(customer_id: int) -> QuerySet[Promise]:
    """A customer's promises, the newest first."""
    return Promise.objects.filter(customer_id=customer_id).order_by("-created_at", "-id")


def time_left(promise: Promise, now: dt.datetime) -> str:
    """Say how long an open promise still runs: faltan 2 días, faltan 3 horas, falta 1 minuto."""
    minutes = max(0, int((promise.until - now).total_seconds() // 60))
    if minutes >= 48 * 60:
        return ngettext("falta %(n)s día", "faltan %(n)s días", minutes // 1440) % {"n": minutes // 1440}
    if minutes >= 60:
        return ngettext("falta %(n)s hora", "faltan %(n)s horas", minutes // 60) % {"n": minutes // 60}
    if minutes:
        return ngettext("falta %(n)s minuto", "faltan %(n)s minutos", minutes) % {"n": minutes}
    return _("vence ahora")
