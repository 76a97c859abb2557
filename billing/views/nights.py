"""Tonight: who will be reminded and cut, who is spared, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from accounts.models import User
from billing.domain import nights
from billing.domain.night_hours import NightHours
from billing.domain.nights import NightRefused, plan_night, preview_night, rest_of, still_due, sums
from billing.domain.queries import night_of, services_seen_off
from billing.domain.second_step import SECOND, undo_second_step
from billing.models import Decision, Night
from billing.views.responses import told
from events.domain import Actor
from tenants.current import tenant_today

SHOWN = 300
Action = Decision.Action


@require_GET
@needs("billing.view")
def tonight(request: HttpRequest) -> HttpResponse:
    """The list of today, or of `?day=`."""
    now = timezone.now()
    template = "billing/tonight.html#night" if request.htmx else "billing/tonight.html"  # type: ignore[attr-defined]
    return render(request, template, _context(_day(request, now), now))


def _day(request: HttpRequest, now: dt.datetime) -> dt.date:
    try:
        return dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return tenant_today(now)


def _context(day: dt.date, now: dt.datetime) -> dict[str, Any]:
    night = night_of(day)
    if night is None:
        # Nothing was written down for that day: show what would be decided.
        decisions = preview_night(day=day, now=now)
        prefetch_related_objects(decisions, "customer", "service", "invoice")
    else:
        decisions = list(
            night.decisions.select_related("customer", "service", "invoice").order_by("oldest_due", "customer_id", "id")
        )
        of = NightHours(night).by_customer({d.customer_id for d in decisions})
        for decision in decisions:
            decision.hours = of(decision.customer_id)  # type: ignore[attr-defined]  # for the page alone
    cuts = [d for d in decisions if d.action == Action.CUT]
    seconds = [d for d in decisions if d.action in SECOND]
    waiting = [d for d in (*cuts, *seconds) if not d.taken_out_at and not d.done_at]
    due = still_due(waiting, day=day, now=now) if night else {d.service_id for d in waiting}
    active = [d for d in waiting if d.service_id in due and d.action == Action.CUT]
    settled = {d.pk for d in waiting if d.service_id not in due}
    ordered = [d for d in cuts if d.outcome == Decision.Outcome.DONE]
    reminders = [d for d in decisions if d.action == Action.REMIND]
    spared = [d for d in decisions if d.action == Action.SPARE]
    return {
        "day": day,
        "today": tenant_today(now),
        "night": night,
        "cuts": cuts[:SHOWN],
        "settled": settled,
        "cuts_hidden": max(0, len(cuts) - SHOWN),
        "seconds": seconds[:SHOWN],
        "second_sums": sums(seconds),
        "rest": rest_of(day),
        "approvers": User.objects.who_can("dunning.approve") if night and night.needs_approval else [],
        "cut_sums": sums(active),
        "done_sums": sums(ordered),
        "seen_off": services_seen_off([d.service_id for d in ordered if d.service_id]),
        "reminders": reminders[:SHOWN],
        "reminder_sums": sums(reminders),
        "spared": spared[:SHOWN],
        "spared_sums": sums(spared),
        "now": now,
    }


@require_POST
@needs("dunning.decide")
def plan(_request: HttpRequest) -> HttpResponse:
    """Write today's list down now."""
    now = timezone.now()
    plan_night(day=tenant_today(now), now=now)
    return redirect("billing:tonight")


@require_POST
@needs("dunning.decide")
def turn(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Hold a night, or let it go on."""
    act: Callable[..., Night] = {"detener": nights.hold_night, "seguir": nights.release_night}[verb]
    said = {
        "detener": _("Esta noche no se corta a nadie. Los avisos siguen."),
        "seguir": _("Los cortes siguen a su hora."),
    }[verb]
    night = get_object_or_404(Night, pk=pk)
    return _act(request, night, said, partial(act, night_id=pk))


@require_POST
@needs("dunning.approve")
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes to a night over the limit."""
    night = get_object_or_404(Night, pk=pk)
    return _act(request, night, _("Aprobado: los cortes siguen a su hora."), partial(nights.approve_night, night_id=pk))


@require_POST
@needs("dunning.decide")
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Take one off the list, put it back, or undo what came after its cut."""
    decision = get_object_or_404(Decision.objects.select_related("night", "customer"), pk=pk)
    act: Callable[..., Decision] = {
        "quitar": nights.take_out,
        "devolver": nights.put_back,
        "deshacer": undo_second_step,
    }[verb]
    said = {
        "quitar": _("%(name)s no se tocará esta noche."),
        "devolver": _("%(name)s vuelve a la lista."),
        "deshacer": _("Deshecho: %(name)s queda como antes, con el servicio cortado."),
    }[verb]
    return _act(request, decision.night, said % {"name": decision.customer.name}, partial(act, decision_id=pk))


def _act(request: HttpRequest, night: Night, said: str, act: Callable[..., object]) -> HttpResponse:
    """Do it and show the night as it is then, with what was done or why it was not."""
    now, kind = timezone.now(), "good"
    try:
        act(actor=Actor.of_user(request.user), now=now)
    except NightRefused as error:
        said, kind = str(error), "bad"
    if not getattr(request, "htmx", None):
        (messages.success if kind == "good" else messages.error)(request, said)
        return redirect("billing:tonight")
    return told(render(request, "billing/tonight.html#night", _context(night.day, now)), said, kind=kind)
