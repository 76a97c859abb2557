"""The routers as a table, what a router does now, and how it is set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import needs
from customers.models import Plan
from events.domain import Actor
from network.domain.queries import RouterFigures, figures_by_router
from network.domain.router_listing import ORDERS, STATES, RouterListing, list_routers
from network.domain.setup import change_cutting, name_plan, unname_plan, watch_router
from network.models import PlanProfile, Router
from network.resource_words import resource_figures
from network.responses import go
from network.router_forms import CuttingForm, PlanNameForm
from network.views_accesses import number_in
from network.words import Words, router_words, rules_words


@dataclass(frozen=True)
class RouterRow:
    """A router with its words and figures."""

    router: Router
    words: Words
    rules: Words | None
    figures: RouterFigures


@needs("network.view")
def routers(request: HttpRequest) -> HttpResponse:
    """All routers with their state and figures."""
    now = timezone.now()
    listing = RouterListing(
        text=request.GET.get("q", "").strip()[:80],
        state=_one_of(request, "estado", STATES),
        kind=_one_of(request, "tipo", Router.Kind.values),
        order=_one_of(request, "orden", ORDERS) or "name",
        after=number_in(request, "desde"),
    )
    found, more = list_routers(listing, user=request.user, now=now)
    figures = figures_by_router([router.pk for router in found])
    rows = [
        RouterRow(
            router, router_words(router, now), rules_words(router), figures.get(router.pk, RouterFigures())
        )
        for router in found
    ]  # fmt: skip
    query = request.GET.copy()
    for name in ("desde", "parte"):
        query.pop(name, None)
    everyone = Router.objects.visible_to(request.user)
    context = {
        "rows": rows,
        "listing": listing,
        "states": _states(),
        "orders": _orders(),
        "kinds": Router.Kind.choices,
        "query": query.urlencode(),
        "more": f"?{query.urlencode()}&parte=trs&desde={more}" if more else "",
        "waiting": list(everyone.filter(is_enabled=True).exclude(cuts_waiting_since=None)[:5]),
        "any": bool(rows) or everyone.exists(),
    }
    parts = {"rows": "network/routers.html#rows", "trs": "network/router_trs.html"}
    template = parts.get(request.GET.get("parte", ""), "network/routers.html")
    if getattr(request, "htmx", None) and template == "network/routers.html":
        template = parts["rows"]
    return render(request, template, context)


def _one_of(request: HttpRequest, name: str, known: Any) -> str:
    value = request.GET.get(name, "")
    return value if value in known else ""


def _states() -> list[tuple[str, str]]:
    return [
        ("", _("Todos")),
        ("up", _("En línea")),
        ("failing", _("No responden")),
        ("silent", _("Sin noticias")),
        ("waiting", _("Con cortes por aprobar")),
        ("stuck", _("Con algo sin resolver")),
        ("rules", _("Reglas por revisar")),
        ("off", _("Fuera de uso")),
    ]


def _orders() -> list[tuple[str, str]]:
    return [
        ("name", _("Por nombre")),
        ("state", _("Los que fallan primero")),
        ("stuck", _("Con más sin resolver")),
        ("online", _("Con más en línea")),
        ("latency", _("Los más lentos")),
        ("heard", _("Sin noticias hace más")),
    ]


@needs("network.view")
@never_cache
def resource(request: HttpRequest, router_id: int) -> HttpResponse:
    """What the router does now, read every few seconds while somebody looks: a fragment of its page."""
    found = get_object_or_404(Router.objects.visible_to(request.user), pk=router_id)
    now = timezone.now()
    watch_router(router_id=found.pk, now=now)
    return render(request, "network/router_now.html", {"router": found, **resource_figures(found, now)})


@needs("network.edit")
def cutting(request: HttpRequest, router_id: int) -> HttpResponse:
    """How cuts are made on a router, in a dialog."""
    found = get_object_or_404(Router.objects.visible_to(request.user), pk=router_id)
    name = found.name
    form = CuttingForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        change_cutting(router_id=router_id, changes=form.changes, actor=Actor.of_user(request.user), now=timezone.now())
        messages.success(request, _("Guardado. Quienes están cortados pasan a la forma nueva."))
        return go(_setup(router_id))
    context = {"form": form, "router": found, "name": name}
    return render(request, "network/cutting_form.html", context, status=422 if form.errors else 200)


@needs("network.edit")
def plan_name(request: HttpRequest, router_id: int, profile_id: int | None = None) -> HttpResponse:
    """What a plan is called on a router, in a dialog."""
    found = get_object_or_404(Router.objects.visible_to(request.user), pk=router_id)
    rows = PlanProfile.objects.filter(router=found).select_related("plan")
    profile = get_object_or_404(rows, pk=profile_id) if profile_id else None
    form = PlanNameForm(request.POST or None, router=found, profile=profile)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        plan = profile.plan if profile else given["plan"]
        name_plan(
            router=found,
            plan=plan,
            kind=profile.kind if profile else given["kind"],
            name=given["name"].strip(),
            validity=given.get("validity"),
            is_trial=bool(given.get("is_trial")),
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        said = {"plan": plan.name, "name": given["name"].strip()}
        messages.success(request, _("%(plan)s se llama ahí «%(name)s».") % said)
        return go(_setup(router_id))
    context = {"form": form, "router": found, "profile": profile, "plans": profile or Plan.objects.exists()}
    return render(request, "network/plan_name_form.html", context, status=422 if form.errors else 200)


@needs("network.edit")
@require_POST
def plan_unname(request: HttpRequest, router_id: int, profile_id: int) -> HttpResponse:
    """Forget what a plan is called on a router."""
    profile = get_object_or_404(PlanProfile, pk=profile_id, router_id=router_id)
    unname_plan(profile_id=profile.pk, actor=Actor.of_user(request.user), now=timezone.now())
    messages.success(request, _("Nombre quitado. En el router no cambió nada."))
    return go(_setup(router_id))


def _setup(router_id: int) -> str:
    return reverse("network:router", args=[router_id]) + "?ver=setup"
