"""What the provider's models cost this month, and when they must stop: the budget.

What a use cost is only known afterwards, so those under way when the limit is reached (at most the answers and the
receipt read at that moment) still count beyond it. A model without a known price costs nothing here, and says so.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from chatbot.engines.base import Usage
from chatbot.models import Budget, MonthSpend
from events.domain import Actor, record
from inbox.domain.telegram import Button, called_now, post_to
from tenants.current import tenant_origin, tenant_today

Purpose = MonthSpend.Purpose


def month_of(now: datetime) -> date:
    """Return the first day of the month that `now` is in, where the provider is."""
    return tenant_today(now).replace(day=1)


def current_budget() -> Budget:
    """Return the provider's budget; one without a limit when nobody set any (it is not saved)."""
    return Budget.objects.filter(key="main").first() or Budget()


def spent_in(month: date) -> Decimal:
    """Return what the models of a month cost, in USD at full precision."""
    total: Decimal | None = MonthSpend.objects.filter(month=month).aggregate(total=Sum("cost"))["total"]
    return total or Decimal(0)


def is_spent(now: datetime) -> bool:
    """Say whether this month's budget is used up: no model is asked then, and rules answer."""
    limit = current_budget().monthly
    return limit is not None and spent_in(month_of(now)) >= limit


def over_budget() -> str:
    """Return why no model is asked, to answer or to listen, once the budget is used up."""
    return _("Se acabó el presupuesto del mes para el modelo.")


@transaction.atomic
def note_use(*, purpose: str, model: str, usage: Usage, now: datetime) -> None:
    """Add what a model used to its month, and tell once when the budget runs low or out. Nothing used, nothing done.

    Taken last in a transaction: the month's row is held until its end.
    """
    if not (usage.input_tokens or usage.output_tokens or usage.cost or usage.seconds):
        return
    month = month_of(now)
    where = {"month": month, "purpose": purpose, "model": model[:80]}
    more = {
        "uses": F("uses") + 1,
        "unpriced": F("unpriced") + int(usage.cost is None),
        "input_tokens": F("input_tokens") + usage.input_tokens,
        "output_tokens": F("output_tokens") + usage.output_tokens,
        "cost": F("cost") + (usage.cost or Decimal(0)),
    }
    if not MonthSpend.objects.filter(**where).update(**more):
        MonthSpend.objects.bulk_create([MonthSpend(**where)], ignore_conflicts=True)
        MonthSpend.objects.filter(**where).update(**more)
    if usage.cost:
        _watch(month, now)


def _watch(month: date, now: datetime) -> None:
    budget = Budget.objects.exclude(monthly=None).filter(key="main").first()
    if budget is None or budget.monthly is None:
        return
    spent = spent_in(month)
    low = spent * 100 >= budget.monthly * budget.warn_at
    if low and _first(budget, "warned_on", month):
        _tell("low", budget, spent, month, now)
    if spent >= budget.monthly and _first(budget, "stopped_on", month):
        _tell("out", budget, spent, month, now)


def _first(budget: Budget, field: str, month: date) -> bool:
    """Mark the month as told; say whether nobody had."""
    untold = Q(**{field: None}) | Q(**{f"{field}__lt": month})
    return bool(Budget.objects.filter(untold, pk=budget.pk).update(**{field: month}))


def _tell(what: str, budget: Budget, spent: Decimal, month: date, now: datetime) -> None:
    facts: dict[str, Any] = {"spent": f"{spent:.2f}", "limit": f"{budget.monthly:.2f}", "month": month.isoformat()}
    record(f"bot.budget_{what}", subject=budget, actor=Actor.bot(), at=now, **facts)
    said = {
        "low": _("El modelo del asistente lleva %(spent)s de %(limit)s USD de este mes."),
        "out": _("El modelo del asistente gastó los %(limit)s USD de este mes. Hasta que suba el límite o empiece el"
                 " mes, contestan las reglas."),
    }  # fmt: skip
    button = Button(_("Ver costos"), url=tenant_origin() + reverse("chatbot:costs"))
    for place in called_now(code="bot.edit", now=now):
        key = f"budget:{what}:{month:%Y-%m}:{budget.monthly}:{place.pk}"
        post_to(place=place, key=key, subject=f"budget:{what}", text=said[what] % facts, buttons=[[button]], now=now)


@transaction.atomic
def change_budget(*, monthly: Decimal | None, warn_at: int, actor: Actor, now: datetime) -> Budget:
    """Set how much the models may cost in a month, in USD (None: no limit). Another limit is told of anew."""
    Budget.objects.get_or_create(key="main")
    budget = Budget.objects.select_for_update().get(key="main")
    if (budget.monthly, budget.warn_at) == (monthly, warn_at):
        return budget
    budget.monthly, budget.warn_at = monthly, warn_at
    budget.warned_on = budget.stopped_on = None
    budget.full_clean()
    budget.save()
    limit = f"{monthly:.2f}" if monthly is not None else ""
    record("bot.budget_changed", subject=budget, actor=actor, at=now, limit=limit, warn_at=warn_at)
    return budget
