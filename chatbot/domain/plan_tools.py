"""The plans on offer, as a customer is told of them. They are public: strangers hear them too."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from chatbot.domain.account_tools import mbps
from chatbot.domain.people_tools import reach_person
from chatbot.domain.situations import Answer, Option, Situation
from customers.models import Plan
from tenants.current import current_tenant
from tenants.formats import format_money

MOST = 10  # in one message; the rows of a list


def offered_plans(*, but: int | None = None) -> Sequence[Plan]:
    """Return what may be contracted, cheapest first, without the plan `but`."""
    return list(Plan.objects.filter(is_active=True, price__gt=0).exclude(pk=but or 0).order_by("price", "name")[:MOST])


def price_of(plan: Plan) -> str:
    """Return what a plan costs, as people say it."""
    said = {"price": format_money(plan.price, current_tenant().currency)}
    return (_("%(price)s al día") if plan.price_unit == Plan.PriceUnit.DAY else _("%(price)s al mes")) % said


def plan_line(plan: Plan) -> str:
    """Return a plan with its speed and price."""
    speed = f"{mbps(plan.download_kbps)}, " if plan.download_kbps else ""
    return f"{plan.name}: {speed}{price_of(plan)}"


def plan_options(plans: Sequence[Plan]) -> tuple[Option, ...]:
    """Return plans as quick replies."""
    return tuple(Option(str(plan.pk), plan.name, price_of(plan)) for plan in plans)


def tell_plans(s: Situation) -> Answer:
    """Say what is on offer and what it costs; a person where there is nothing to say."""
    plans = offered_plans()
    if not plans:
        return reach_person(s)
    return Answer("\n".join([*(f"- {plan_line(plan)}" for plan in plans), _("Para contratar, escriba «contratar».")]))
