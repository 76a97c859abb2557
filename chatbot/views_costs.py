"""What the bots resolved and cost in a month, and how much they may cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import needs
from billing.domain.cycle import add_months
from chatbot.costs_forms import BudgetForm
from chatbot.domain.quality import Quality, first_month, read_quality
from chatbot.domain.spending import change_budget, month_of
from chatbot.engines.openai.prices import model_table
from events.domain import Actor
from tenants.current import current_tenant
from tenants.formats import format_number

LEAST = Decimal("0.0001")  # USD; what is less is said to be so


@require_http_methods(["GET", "POST"])
@needs("bot.edit")
def costs(request: HttpRequest) -> HttpResponse:
    """Show a month; take another budget. What was typed stays when it cannot be."""
    today = month_of(timezone.now())
    month = month_asked(request.GET.get("month", ""), today)
    found = read_quality(month)
    kept = {"monthly": found.budget.monthly, "warn_at": found.budget.warn_at}
    form = BudgetForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        change_budget(**form.cleaned_data, actor=Actor.of_user(request.user), now=timezone.now())
        messages.success(request, _("Guardado."))
        return redirect(request.get_full_path())
    context = {"found": found, "form": form, **_words(found), **_around(month, today), "read_on": prices_read_on()}
    context["budget_is"] = _state(found) if month == today else ""
    return render(request, "chatbot/costs.html", context, status=422 if form.errors else 200)


def month_asked(text: str, today: date) -> date:
    """Return the month an address asks for, as 2026-11; the present one for what makes no sense or is to come."""
    try:
        found = date.fromisoformat(f"{text}-01") if text else today
    except ValueError:
        return today
    return found if date(2000, 1, 1) <= found <= today else today


def show_usd(amount: Decimal) -> str:
    """Write an amount in USD as people read it: cents, and where it is less than one, what there is of it."""
    currency = current_tenant().currency
    if 0 < amount < LEAST:
        return f"< US$ {format_number(LEAST, currency)}"
    places = 2 if amount >= 1 or not amount else 4
    return f"US$ {format_number(round(amount, places), currency)}"


def show_seconds(seconds: float) -> str:
    """Write how long something took, to the tenth of a second."""
    return _("%(n)s s") % {"n": format_number(Decimal(f"{seconds:.1f}"), current_tenant().currency)}


def prices_read_on() -> date:
    """Return the day the table of prices was read."""
    return date.fromisoformat(model_table()["read_on"])


def _words(found: Quality) -> dict[str, Any]:
    asked, said = found.tokens
    limit = found.budget.monthly
    return {
        "cost": show_usd(found.cost),
        "per_conversation": show_usd(found.per_conversation),
        "limit": f"US$ {format_number(limit, current_tenant().currency)}" if limit is not None else "",
        "used": min(100, int(100 * found.cost / limit)) if limit else 0,
        "tokens": asked + said,
        "seconds": show_seconds(found.seconds),
        "intents": [
            (row, show_seconds(row.seconds), show_usd(row.cost) if row.cost else "") for row in found.by_intent
        ],
        "spend": [(row, show_usd(row.cost)) for row in found.spend],
    }


def _state(found: Quality) -> str:
    """Say whether the present month's budget is "out", runs "low", or neither."""
    limit = found.budget.monthly
    if limit is None:
        return ""
    if found.cost >= limit:
        return "out"
    return "low" if found.cost * 100 >= limit * found.budget.warn_at else ""


def _around(month: date, today: date) -> dict[str, Any]:
    first = first_month()
    before = add_months(month, -1)
    return {
        "month": month,
        "month_name": date_format(month, r"F \d\e Y"),
        "before": before if first is not None and before >= first else None,
        "after": add_months(month, 1) if month < today else None,
        "begun": first is not None,
    }
