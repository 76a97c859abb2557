"""The provider's billing policy, with the year it makes and what a first period would cost."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import needs
from billing.domain.ladder import MOST_NOTICES
from billing.domain.policies import current_policy, save_policy
from billing.domain.policy_rules import PolicyRefused
from billing.domain.policy_year import first_period, year_of
from billing.models import BillingPolicy, PolicyOverride
from billing.notice_fields import NEW_ROW, notices_context, typed_rows
from billing.policy_forms import SHOWS, PolicyForm, SampleForm, wrong_fields
from billing.views.responses import done
from customers.models import Plan, Service
from events.domain import Actor
from tenants.current import current_tenant, tenant_today


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def policy(request: HttpRequest) -> HttpResponse:
    """Change the policy; the calendar beside it follows what is typed (`hx-post` with `preview`)."""
    now = timezone.now()
    form = PolicyForm(request.POST or None, instance=current_policy())
    previewed = "preview" in request.POST
    valid = form.is_valid() if request.method == "POST" else True
    if request.method == "POST" and valid and not previewed:
        try:
            save_policy(form=form.cleaned_data, actor=Actor.of_user(request.user), now=now)
        except PolicyRefused as refused:
            valid = False
            for name, sentence in refused.errors.items():
                form.add_error(name, sentence)
        else:
            return done(request, _("Política guardada."), reverse("billing:policy"))
    context = {"form": form, "wrong": wrong_fields(form), **preview(request.POST, form, form.instance, now)}
    if previewed:
        return render(request, "billing/policy_year.html", context)
    context["what_if_url"] = reverse("billing:what_if")
    context["overrides"] = PolicyOverride.objects.count()
    return render(request, "billing/policy.html", context, status=200 if valid else 422)


@require_POST
@needs("billing.policy")
def notices(request: HttpRequest) -> HttpResponse:
    """The notices as they are being typed, with one more or one less. Writes nothing."""
    rows = typed_rows(request.POST) or []
    if request.POST.get("act") == "add" and len(rows) < MOST_NOTICES:
        rows.append(NEW_ROW)
    dropped = request.POST.get("row", "")
    if request.POST.get("act") == "drop" and dropped.isdecimal() and int(dropped) < len(rows):
        del rows[int(dropped)]
    return render(request, "billing/notices.html", notices_context(rows, current_policy()))


def preview(
    typed: QueryDict, form: BaseForm, policy: BillingPolicy, now: dt.datetime, service: Service | None = None
) -> dict[str, Any]:
    """The year and the first period of a policy for the sample in `typed`, or the mistakes in what makes them.

    Until something is typed the sample is `service`, or one of the plan most have.
    """
    sample = SampleForm(
        typed if "sample_on" in typed else None,
        today=tenant_today(now),
        plan=service.plan if service else _usual_plan(),
        since=service.installed_on if service else None,
    )
    if sample.is_bound:
        sample.is_valid()
    mistakes = [error for name in form.errors if name in SHOWS for error in form.errors[name]]
    if mistakes:
        return {"sample": sample, "mistakes": mistakes}
    start, plan, first, last = sample.sample()
    example = None
    if plan:
        daily = plan.price_unit == Plan.PriceUnit.DAY
        currency = current_tenant().currency
        example = first_period(policy, start=start, price=plan.price, daily=daily, currency=currency)
    return {
        "sample": sample,
        "shown": policy,
        "turns": year_of(policy, anchor=start, first=first, last=last),
        "example": example,
        "example_plan": plan,
    }


def _usual_plan() -> Plan | None:
    """The plan most services have: the one whose example says most."""
    plans = Plan.objects.filter(is_active=True, price__gt=0)
    return plans.annotate(n=Count("services")).order_by("-n", "id").first()
