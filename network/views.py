"""The network's pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.access import needs
from events.domain import Actor
from network.domain.drift_listing import open_count
from network.domain.drifts import read_router
from network.domain.queries import RouterFigures, figures_by_router
from network.domain.routers import approve_cuts, change_router
from network.domain.trials import try_connection
from network.forms import RouterForm
from network.models import Router
from network.responses import go, toast
from network.views_accesses import access_list
from network.views_drift import drift_list
from network.views_logs import command_log, setup_of
from network.words import router_words, uptime_text

TABS = ("accesses", "drift", "commands", "setup")
# What a fragment of a router's page asks for by `?parte=`.
_PARTS = {
    "head": "network/router.html#head",
    "rows": "network/access_trs.html",
    "drift": "network/drift_trs.html",
    "commands": "network/router_talk.html",
}


@needs("network.view")
def router(request: HttpRequest, router_id: int) -> HttpResponse:
    """One router: its accesses, where it differs, what was said."""
    found = get_object_or_404(Router.objects.visible_to(request.user), pk=router_id)
    now = timezone.now()
    tab = request.GET.get("ver") if request.GET.get("ver") in TABS else TABS[0]
    context: dict[str, Any] = {
        "router": found,
        "words": router_words(found, now),
        "uptime": uptime_text(found.uptime),
        "figures": figures_by_router([found.pk]).get(found.pk, RouterFigures()),
        "differing": open_count(found.pk),
        "tab": tab,
        "now": now,
    }
    if tab == "commands":
        context |= command_log(request, found)
    elif tab == "setup":
        context |= setup_of(found)
    elif tab == "drift":
        context |= drift_list(request, found)
    else:
        context |= access_list(request, found.pk)
    return render(request, _PARTS.get(request.GET.get("parte", ""), "network/router.html"), context)


@sensitive_post_parameters("password")
@needs("network.edit")
def edit(request: HttpRequest, router_id: int) -> HttpResponse:
    """Change how a router is reached, in a dialog."""
    found = get_object_or_404(Router, pk=router_id)
    form = RouterForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        change_router(
            router_id=router_id,
            changes=form.changes(),
            password=form.cleaned_data["password"] or None,
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        messages.success(request, _("Cambios guardados. Lo estamos leyendo de nuevo."))
        return go(reverse("network:router", args=[router_id]))
    context = {"form": form, "router": found}
    return render(request, "network/router_form.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@needs("network.edit")
@require_POST
def try_out(request: HttpRequest, router_id: int) -> HttpResponse:
    """Reach the router that is in the form and say what came of it; nothing is saved."""
    found = get_object_or_404(Router, pk=router_id)
    given = request.POST.copy()
    given["name"] = given.get("name") or "·"  # the name does not matter for a trial
    form = RouterForm(given, instance=found)
    trial = None
    if form.is_valid():
        trial = try_connection(form.unsaved())
    return render(request, "network/trial.html", {"trial": trial, "form": form})


@needs("network.operate")
@require_POST
def read(request: HttpRequest, router_id: int) -> HttpResponse:
    """Read the router now."""
    get_object_or_404(Router.objects.visible_to(request.user), pk=router_id)
    read_router(router_id=router_id, now=timezone.now())
    return toast(_("Leyendo el router. Lo que cambie aparece aquí."))


@needs("dunning.decide")
def approve(request: HttpRequest, router_id: int) -> HttpResponse:
    """Let the cuts above the limit happen, after saying what changes."""
    found = get_object_or_404(Router, pk=router_id)
    if request.method != "POST":
        figures = figures_by_router([router_id]).get(router_id, RouterFigures())
        return render(request, "network/approve.html", {"router": found, "count": figures.waiting})
    count = approve_cuts(router_id=router_id, actor=Actor.of_user(request.user), now=timezone.now())
    text = ngettext("%(count)s corte aprobado.", "%(count)s cortes aprobados.", count) % {"count": count}
    messages.success(request, text)
    return go(reverse("network:router", args=[router_id]))
