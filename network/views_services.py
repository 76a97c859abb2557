"""A service on the network: its page, its live state, cutting and reconnecting it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import needs
from accounts.models import User
from customers.models import Service
from events.domain import Actor
from events.models import Event
from events.sentences import reading, sentence
from network.domain.queries import states_for_services
from network.domain.suspension import resume_service, suspend_service, suspension_of
from network.domain.wanting import speed_of
from network.methods import HAS_SESSIONS
from network.models import Access, Command, PlanProfile
from network.responses import toast
from network.talk import talk
from network.views_accesses import AccessRow, access_rows
from network.words import speed_text

_EVENTS = 20
_COMMANDS = 6


@needs("network.view")
def service(request: HttpRequest, service_id: int) -> HttpResponse:
    """A service's page: how each of its accesses is, what can be done, what happened."""
    context = _context(service_id)
    if not Service.objects.visible_to(request.user).filter(pk=service_id).exists():
        raise Http404
    ids = [row.access.pk for row in context["rows"]]
    may_change = isinstance(request.user, User) and request.user.can("customers.edit")
    context |= {
        "panels": _panels(context["rows"], context["service"]),
        "planned": speed_text(speed_of(context["service"].plan)),
        "plan_url": _plan_url(service_id) if may_change else "",
    }
    if request.GET.get("parte") == "live":
        return render(request, "network/service.html#live", context)
    about = Q(subject_kind="network.access", subject_id__in=ids) | Q(
        subject_kind="customers.service", subject_id=service_id
    )
    events = Event.objects.filter(about).order_by("-id")[:_EVENTS]
    commands = Command.objects.filter(access_id__in=ids).select_related("access").order_by("-id")[:_COMMANDS]
    context |= {"events": [(event, reading(event), sentence(event)) for event in events], "talk": talk(commands)}
    return render(request, "network/service.html", context)


def _panels(rows: list[AccessRow], service: Service) -> list[dict[str, Any]]:
    routers = [row.access.router_id for row in rows]
    names = PlanProfile.objects.filter(router_id__in=routers, plan_id=service.plan_id)
    named = {(found.router_id, found.kind): found.name for found in names}
    return [_panel(row, service, named.get((row.access.router_id, row.access.kind), "")) for row in rows]


def _panel(row: AccessRow, service: Service, named: str) -> dict[str, Any]:
    access = row.access
    seen = access.seen or {}
    planned, found = speed_text(speed_of(service.plan)), speed_text(seen.get("speed"))
    return {
        "row": row,
        "access": access,
        "seen_speed": found,
        "differs": bool(access.manages_speed and found and planned and found != planned),
        "profile": access.profile or named,
        "seen_profile": seen.get("profile", ""),
        "can_kick": access.desired == Access.Desired.ON and access.kind in HAS_SESSIONS,
    }


def _plan_url(service_id: int) -> str:
    """Where a plan is changed, if that room is there: its money is not the network's."""
    try:
        return reverse("billing:plan_change", args=[service_id])
    except NoReverseMatch:
        return ""


@needs("network.view")
def service_state(request: HttpRequest, service_id: int) -> HttpResponse:
    """A service's live state with what can be done about it: a fragment for other pages."""
    return render(request, "network/service_state.html", _context(service_id))


def _context(service_id: int) -> dict[str, Any]:
    try:
        stands = suspension_of(service_id=service_id, now=timezone.now())
    except Service.DoesNotExist:
        raise Http404 from None
    found = states_for_services([service_id]).get(service_id, [])
    return {"stands": stands, "service": stands.service, "rows": access_rows(found)}


@needs("network.operate")
def suspension(request: HttpRequest, service_id: int) -> HttpResponse:
    """Cut or reconnect a service by hand, after saying what changes and what does not."""
    context = _context(service_id)
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
    return toast(text, kind="bad" if kept else "good", close=True)
