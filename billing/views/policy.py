"""The provider's billing policy, with the year it makes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import needs
from billing.domain.cycle import add_months, cycle_of, month_start
from billing.domain.policies import current_policy, save_policy
from billing.forms import PolicyForm
from billing.views.responses import done
from events.domain import Actor
from tenants.current import tenant_today


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def policy(request: HttpRequest) -> HttpResponse:
    """Change the policy; the calendar beside it follows what is typed (`hx-post` with `preview`)."""
    now = timezone.now()
    form = PolicyForm(request.POST or None, instance=current_policy())
    valid = form.is_valid() if request.method == "POST" else True
    if request.method == "POST" and valid and "preview" not in request.POST:
        save_policy(form=form.cleaned_data, actor=Actor.of_user(request.user), now=now)
        return done(request, _("Política guardada."), reverse("billing:policy"))
    month = month_start(tenant_today(now))
    cycles = [cycle_of(form.instance, add_months(month, offset)) for offset in range(1, 7)] if valid else []
    context = {"form": form, "cycles": cycles, "policy": form.instance}
    if "preview" in request.POST:
        return render(request, "billing/policy.html#calendar", context)
    return render(request, "billing/policy.html", context, status=200 if valid else 422)
