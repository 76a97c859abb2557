"""The network's pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.access import needs
from accounts.models import User
from customers.models import Service
from events.domain import Actor
from network.domain.accesses import add_access, change_access
from network.domain.drifts import correct_drift, read_router
from network.domain.listing import Listing, list_accesses, list_commands
from network.domain.queries import RouterFigures, figures_by_router, states_for_services
from network.domain.routers import add_router, approve_cuts, change_router
from network.domain.suspension import resume_service, suspend_service, suspension_of
from network.domain.trials import try_connection
from network.forms import AccessForm, RouterForm
from network.models import Access, Router
from network.talk import talk
from network.words import Words, access_words, router_words, session_text, uptime_text

TABS = ("accesses", "drift", "commands")
# What a fragment of a router's page asks for by `?parte=`.
_PARTS = {
    "head": "network/router.html#head",
    "rows": "network/access_trs.html",
    "drift": "network/drift_trs.html",
    "commands": "network/router_talk.html",
}


@dataclass(frozen=True)
class RouterRow:
    """A router with its words and figures."""

    router: Router
    words: Words
    figures: RouterFigures


@dataclass(frozen=True)
class AccessRow:
    """An access with its words."""

    access: Access
    words: Words
    since: str


def _rows(accesses: list[Access]) -> list[AccessRow]:
    now = timezone.now()
    return [AccessRow(access, access_words(access, now), session_text(access, now)) for access in accesses]


@needs("network.view")
def routers(request: HttpRequest) -> HttpResponse:
    """All routers with their state and figures."""
    now = timezone.now()
    figures = figures_by_router()
    rows = [
        RouterRow(router, router_words(router, now), figures.get(router.pk, RouterFigures()))
        for router in Router.objects.visible_to(request.user)
    ]
    template = "network/routers.html#rows" if request.GET.get("parte") == "rows" else "network/routers.html"
    return render(request, template, {"rows": rows})


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
        "tab": tab,
        "now": now,
    }
    if tab == "commands":
        commands, more = list_commands(router_id=found.pk, before=_number(request, "antes"))
        context |= {"talk": talk(commands), "more": more, "continued": "antes" in request.GET}
    else:
        context |= _access_list(request, found.pk, state="differing" if tab == "drift" else None)
    return render(request, _PARTS.get(request.GET.get("parte", ""), "network/router.html"), context)


@needs("network.view")
def accesses(request: HttpRequest) -> HttpResponse:
    """The accesses of all routers."""
    template = "network/access_trs.html" if request.GET.get("parte") == "rows" else "network/accesses.html"
    return render(request, template, _access_list(request, None))


def _access_list(request: HttpRequest, router_id: int | None, state: str | None = None) -> dict[str, Any]:
    listing = Listing(
        router_id=router_id,
        text=request.GET.get("q", "").strip(),
        state=request.GET.get("estado", "") if state is None else state,
        after=_number(request, "desde"),
    )
    found, more = list_accesses(listing)
    query = request.GET.copy()
    for name in ("desde", "parte"):
        query.pop(name, None)
    base = query.urlencode()
    return {
        "rows": _rows(found),
        "q": listing.text,
        "state": listing.state,
        "states": _states(),
        "more": f"?{base}&parte={'drift' if state else 'rows'}&desde={more}" if more else "",
        "one_router": router_id is not None,
    }


def _states() -> list[tuple[str, str]]:
    return [
        ("", _("Todos")),
        ("online", _("En línea")),
        ("offline", _("Sin sesión")),
        ("cut", _("Cortados")),
        ("pending", _("En camino")),
        ("failed", _("Con fallas")),
    ]


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdigit() and len(text) < 18 else None


@sensitive_post_parameters("password")
@needs("network.edit")
def add(request: HttpRequest) -> HttpResponse:
    """The form for a new router, in a dialog."""
    form = RouterForm(request.POST or None, initial={"port": 8728, "max_cuts_per_run": 30})
    if request.method == "POST" and form.is_valid():
        made = add_router(
            **form.changes(),
            password=form.cleaned_data["password"],
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        messages.success(request, _("Router agregado. Lo estamos leyendo."))
        return _go(reverse("network:router", args=[made.pk]))
    return render(request, "network/router_form.html", {"form": form}, status=422 if form.errors else 200)


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
        return _go(reverse("network:router", args=[router_id]))
    context = {"form": form, "router": found}
    return render(request, "network/router_form.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@needs("network.edit")
@require_POST
def try_out(request: HttpRequest, router_id: int | None = None) -> HttpResponse:
    """Reach the router that is in the form and say what came of it; nothing is saved."""
    found = get_object_or_404(Router, pk=router_id) if router_id else None
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
    return _toast(_("Leyendo el router. Lo que cambie aparece aquí."))


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
    return _go(reverse("network:router", args=[router_id]))


@needs("network.operate")
@require_POST
def correct(request: HttpRequest, router_id: int) -> HttpResponse:
    """Have the router made as it should be, for one access or all that differ."""
    get_object_or_404(Router, pk=router_id)
    chosen = [int(value) for value in request.POST.getlist("access") if value.isdigit()]
    count = correct_drift(
        router_id=router_id,
        actor=Actor.of_user(request.user),
        now=timezone.now(),
        access_ids=chosen or None,
    )
    text = ngettext("Corrigiendo %(count)s acceso.", "Corrigiendo %(count)s accesos.", count) % {"count": count}
    messages.success(request, text)
    return _go(reverse("network:router", args=[router_id]) + "?ver=drift")


@needs("network.view")
def service_state(request: HttpRequest, service_id: int) -> HttpResponse:
    """A service's live state with what can be done about it: a fragment for other pages."""
    return render(request, "network/service_state.html", _service_context(service_id))


def _service_context(service_id: int) -> dict[str, Any]:
    try:
        stands = suspension_of(service_id=service_id, now=timezone.now())
    except Service.DoesNotExist:
        raise Http404 from None
    found = states_for_services([service_id]).get(service_id, [])
    return {"stands": stands, "service": stands.service, "rows": _rows(found)}


@sensitive_post_parameters("password")
@needs("customers.edit")
def link(request: HttpRequest, service_id: int) -> HttpResponse:
    """Link a service to its user on a router, in a dialog."""
    service = get_object_or_404(Service.objects.visible_to(request.user), pk=service_id)
    form = AccessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        add_access(
            service=service,
            router=given["router"],
            username=given["username"],
            password=given["password"],
            ip=given["ip"] or None,
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        return _toast(_("Servicio enlazado. Lo estamos leyendo en el router."), close=True)
    context = {"form": form, "service": service, "routers": Router.objects.exists()}
    return render(request, "network/access_form.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@needs("customers.edit")
def relink(request: HttpRequest, access_id: int) -> HttpResponse:
    """Correct a service's user on its router, in a dialog."""
    access = get_object_or_404(Access.objects.select_related("router", "service__customer"), pk=access_id)
    form = AccessForm(request.POST or None, access=access)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        change_access(
            access_id=access_id,
            username=given["username"],
            password=given["password"] or None,
            ip=given["ip"] or None,
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        return _toast(_("Cambios guardados. Lo estamos leyendo en el router."), close=True)
    context = {"form": form, "service": access.service, "access": access, "routers": True}
    return render(request, "network/access_form.html", context, status=422 if form.errors else 200)


@needs("network.operate")
def suspension(request: HttpRequest, service_id: int) -> HttpResponse:
    """Cut or reconnect a service by hand, after saying what changes and what does not."""
    context = _service_context(service_id)
    stands = context["stands"]
    if request.method != "POST":
        return render(request, "network/suspension.html", context)
    actor, now = Actor.of_user(request.user), timezone.now()
    if request.POST.get("que") == "cortar":
        suspend_service(service_id=service_id, actor=actor, now=now, note=request.POST.get("nota", "").strip()[:200])
        text = _("Cortando el servicio.")
    else:
        may_decide = isinstance(request.user, User) and request.user.can("dunning.decide")
        despite_debt = may_decide and request.POST.get("aunque_deba") == "1"
        stands = resume_service(service_id=service_id, actor=actor, now=now, despite_debt=despite_debt)
        text = _("Sigue cortado por otra razón.") if stands.is_held else _("Reconectando el servicio.")
    kept = request.POST.get("que") != "cortar" and stands.is_held
    return _toast(text, kind="bad" if kept else "good", close=True)


def _toast(text: str, *, kind: str = "good", close: bool = False) -> HttpResponse:
    """Nothing to swap, a word to the person, and the page's live parts fetch."""
    response = HttpResponse(status=204)
    triggers: dict[str, Any] = {"toast": {"text": text, "kind": kind, "target": "body"}, "live:network": {}}
    if close:
        triggers["closeDialogs"] = {}
    response["HX-Trigger"] = json.dumps(triggers)
    return response


def _go(url: str) -> HttpResponse:
    """Move the whole page, from a dialog or a form."""
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response
