"""What the policy being typed would change today, beside its form. Nothing is saved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import needs
from billing.domain.overrides import Holder, inherited_policy, own_values, plain_values
from billing.domain.policies import Policies, current_policy
from billing.domain.policy_rules import PolicyRefused
from billing.domain.what_if import Change, Moved, compare_policies, policies_with, policies_with_own
from billing.policy_forms import OverrideForm, PolicyForm
from customers.models import Customer, Zone
from tenants.current import tenant_today

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """A change with its first rows and the people in them."""

    change: Change
    joins: list[tuple[Customer, Moved]]
    leaves: list[tuple[Customer, Moved]]
    more_joins: int
    more_leaves: int


@require_POST
@needs("billing.policy")
def policy(request: HttpRequest) -> HttpResponse:
    """The provider's policy as it is being typed."""
    form = PolicyForm(request.POST, instance=current_policy())
    return _answer(request, policies_with(form.instance) if form.is_valid() else None)


@require_POST
@needs("billing.policy")
def zone(request: HttpRequest, pk: int) -> HttpResponse:
    """A zone's terms as they are being typed."""
    return _own(request, get_object_or_404(Zone.objects.select_related("policy_override"), pk=pk))


@require_POST
@needs("billing.policy")
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """A customer's terms as they are being typed."""
    rows = Customer.objects.visible_to(request.user).select_related("policy_override", "zone__policy_override")
    return _own(request, get_object_or_404(rows, pk=pk))


def _own(request: HttpRequest, holder: Holder) -> HttpResponse:
    form = OverrideForm(request.POST, inherited=inherited_policy(holder), values=own_values(holder))
    tried = None
    if form.is_valid():
        try:
            tried = policies_with_own(holder, plain_values(form.values))
        except PolicyRefused:
            tried = None  # the form says what is wrong when it is sent
    return _answer(request, tried)


def _answer(request: HttpRequest, tried: Policies | None) -> HttpResponse:
    now = timezone.now()
    context: dict[str, object] = {"found": None}
    if tried is not None:
        context = _context(tried, tenant_today(now), now)
    return render(request, "billing/what_if.html", context)


def _context(tried: Policies, day: dt.date, now: dt.datetime) -> dict[str, object]:
    found = compare_policies(tried, day=day, now=now)
    rows = [row for change in found.changes for row in (*change.joins[:SHOWN], *change.leaves[:SHOWN])]
    people = Customer.objects.in_bulk({row.customer_id for row in rows})

    def shown(moved: tuple[Moved, ...]) -> list[tuple[Customer, Moved]]:
        return [(people[row.customer_id], row) for row in moved[:SHOWN]]

    changes = [
        Shown(
            change,
            shown(change.joins),
            shown(change.leaves),
            max(0, len(change.joins) - SHOWN),
            max(0, len(change.leaves) - SHOWN),
        )
        for change in found.changes
    ]
    return {"found": found, "changes": changes, "day": day}
