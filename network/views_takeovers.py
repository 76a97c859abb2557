"""Bringing clients in from a router: read, look at whose each is, confirm, and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import needs
from customers.models import Service
from events.domain import Actor
from network.domain.takeovers import (
    TakeoverError,
    brought,
    choose_many,
    choose_service,
    confirm_takeover,
    read_takeover,
    service_of_code,
)
from network.forms_onboarding import TakeoverForm
from network.models import Router, TakenRow, Takeover
from network.responses import go, toast

PAGE = 50
State, Outcome = TakenRow.State, TakenRow.Outcome
# What each is at a glance: a status of the design system and an icon.
_LOOKS = {
    State.SURE: ("active", "circle-check"),
    State.LIKELY: ("waiting", "circle-check"),
    State.DOUBTFUL: ("due", "circle-question-mark"),
    State.NONE: ("paused", "circle-minus"),
    State.ALSO: ("paused", "link"),
    State.LINKED: ("active", "link"),
}


@dataclass(frozen=True)
class Line:
    """A row with the services it may be, by id."""

    row: TakenRow
    look: tuple[str, str]
    options: list[Service]


@needs("network.edit")
def takeover(request: HttpRequest, router_id: int) -> HttpResponse:
    """The last reading of a router to bring its clients in: to choose, or as a report. A POST reads it anew."""
    router = get_object_or_404(Router.objects.visible_to(request.user), pk=router_id)
    if request.method == "POST":
        try:
            read_takeover(router_id=router_id, actor=Actor.of_user(request.user), now=timezone.now())
        except TakeoverError as error:
            return toast(str(error), kind="bad")
        return go(request.path)
    last = Takeover.objects.filter(router=router).order_by("-pk").first()
    context: dict[str, Any] = {"router": router, "takeover": last}
    if last is not None:
        context |= _listing(request, last) | _figures(last)
        context["form"] = TakeoverForm(instance=last)
    part = "taken" if request.GET.get("parte") == "rows" else "takeover"
    return render(request, f"network/onboarding_{part}.html", context)


def _listing(request: HttpRequest, last: Takeover) -> dict[str, Any]:
    text, state = request.GET.get("q", "").strip()[:80], request.GET.get("estado", "")
    rows = last.rows.all()
    if state in State.values:
        rows = rows.filter(state=state)
    elif state in Outcome.values:
        rows = rows.filter(outcome=state)
    if text:
        rows = rows.matching(text)
    after = request.GET.get("desde", "")
    if after.isdigit() and len(after) < 18:
        rows = rows.filter(pk__gt=int(after))
    found = list(rows.select_related("service__customer").order_by("pk")[: PAGE + 1])
    query = request.GET.copy()
    for name in ("desde", "parte"):
        query.pop(name, None)
    more = f"?{query.urlencode()}&parte=rows&desde={found[PAGE - 1].pk}" if len(found) > PAGE else ""
    return {"lines": _lines(found[:PAGE]), "more": more, "q": text, "state": state}


def _lines(rows: list[TakenRow]) -> list[Line]:
    wanted = {pk for row in rows for pk in row.others}
    services = Service.objects.exclude(status=Service.Status.CANCELLED).select_related("customer").in_bulk(wanted)
    lines = []
    for row in rows:
        options = [services[pk] for pk in row.others if pk in services]
        if row.service is not None and row.service not in options:
            options.insert(0, row.service)
        lines.append(Line(row, _LOOKS[State(row.state)], options))
    return lines


def _figures(last: Takeover) -> dict[str, Any]:
    """How many of each state, how many are chosen, and what came of them once confirmed."""
    counts = dict(last.rows.order_by().values_list("state").annotate(n=Count("pk")))
    shown = [(value, label, counts[value]) for value, label in State.choices if counts.get(value)]
    outcomes: list[tuple[str, str, int]] = []
    if not last.is_open:
        told = brought(last)
        numbers = {
            Outcome.MADE: told.made,
            Outcome.LEFT: told.left,
            Outcome.TAKEN: told.taken,
            Outcome.GONE: told.gone,
        }
        outcomes = [(one.value, str(one.label), count) for one, count in numbers.items() if count]
    return {
        "states": shown,
        "total": sum(counts.values()),
        "chosen": last.rows.exclude(state=State.LINKED).chosen().count(),
        "outcomes": outcomes,
    }


@needs("network.edit")
@require_POST
def choose(request: HttpRequest, row_id: int) -> HttpResponse:
    """Say whose a row is: a service of the list or by its code, or nobody's."""
    row = get_object_or_404(TakenRow.objects.visible_to(request.user).select_related("takeover"), pk=row_id)
    code, given = request.POST.get("codigo", "").strip(), request.POST.get("servicio", "")
    try:
        if code:
            choose_service(row_id=row.pk, service_id=service_of_code(code))
        else:
            choose_service(row_id=row.pk, service_id=int(given) if given.isdigit() and len(given) < 18 else None)
    except TakeoverError as error:
        return toast(str(error), kind="bad")
    row = TakenRow.objects.select_related("service__customer", "takeover").get(pk=row.pk)
    context = {"lines": _lines([row]), "more": "", "takeover": row.takeover, **_figures(row.takeover), "swap": True}
    return render(request, "network/onboarding_chosen.html", context)


@needs("network.edit")
@require_POST
def choose_all(request: HttpRequest, takeover_id: int) -> HttpResponse:
    """Take or leave many at once: those ticked, or all that are sure or likely."""
    last = get_object_or_404(Takeover, pk=takeover_id)
    ticked = [int(value) for value in request.POST.getlist("fila") if value.isdigit() and len(value) < 18]
    try:
        count = choose_many(takeover_id=last.pk, rows=ticked or None, take=request.POST.get("que") != "dejar")
    except TakeoverError as error:
        return toast(str(error), kind="bad")
    text = ngettext("%(n)s cambiado.", "%(n)s cambiados.", count) % {"n": count}
    messages.success(request, text)
    return go(request.headers.get("HX-Current-URL", "").partition("#")[0] or _page(last))


def _page(last: Takeover) -> str:
    return reverse("network:takeover", args=[last.router_id])


@needs("network.edit")
@require_POST
def confirm(request: HttpRequest, takeover_id: int) -> HttpResponse:
    """Link what was chosen; the page is the report then."""
    last = get_object_or_404(Takeover, pk=takeover_id)
    form = TakeoverForm(request.POST, instance=last)
    if not form.is_valid():
        return toast(_("Elija cómo se cortan."), kind="bad")
    try:
        told = confirm_takeover(
            takeover_id=last.pk,
            cut_by=form.cleaned_data["cut_by"],
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
    except TakeoverError as error:
        return toast(str(error), kind="bad")
    text = ngettext("%(n)s cliente enlazado.", "%(n)s clientes enlazados.", told.made) % {"n": told.made}
    messages.success(request, text)
    return go(_page(last))
