"""A service on the network: how it is, and what can be done about it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.access import needs
from accounts.models import User
from customers.models import Service
from events.domain import Actor
from network.domain.accesses import add_access, change_access
from network.domain.queries import states_for_services
from network.domain.suspension import resume_service, suspend_service, suspension_of
from network.forms import AccessForm
from network.models import Access, Router
from network.responses import toast
from network.views_accesses import access_rows


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
    return {"stands": stands, "service": stands.service, "rows": access_rows(found)}


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
        return toast(_("Servicio enlazado. Lo estamos leyendo en el router."), close=True)
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
        return toast(_("Cambios guardados. Lo estamos leyendo en el router."), close=True)
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
    return toast(text, kind="bad" if kept else "good", close=True)
