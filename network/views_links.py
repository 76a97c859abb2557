"""What is done with one access of a service: link, correct, kick, show its password, move, take away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.access import needs
from customers.models import Service
from events.domain import Actor
from network.access_forms import AccessForm, MoveForm, RemoveForm
from network.domain.accesses import add_access, change_access
from network.domain.acts import AccessRefused, kick_access, move_access, remove_access
from network.domain.credentials import show_credentials
from network.models import Access, Router
from network.responses import toast
from tenants.sealing import SealError


def _access(request: HttpRequest, access_id: int) -> Access:
    rows = Access.objects.visible_to(request.user).select_related("router", "service__customer", "service__plan")
    access: Access = get_object_or_404(rows, pk=access_id)
    return access


@sensitive_post_parameters("password")
@needs("customers.edit")
def link(request: HttpRequest, service_id: int) -> HttpResponse:
    """Link a service to its account on a router, in a dialog."""
    service = get_object_or_404(Service.objects.visible_to(request.user), pk=service_id)
    building = "armar" in request.POST
    form = AccessForm(request.POST or None, again=request.path, building=building)
    if request.method == "POST" and not building and form.is_valid():
        given = form.cleaned_data
        add_access(
            service=service,
            router=given["router"],
            kind=form.way,
            username=given["username"],
            password=given.get("password", ""),
            ip=given.get("ip") or None,
            mac=given.get("mac", ""),
            options=form.options,
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        return toast(_("Servicio enlazado. Lo estamos leyendo en el router."), close=True)
    context = {"form": form, "service": service, "routers": Router.objects.exists()}
    return render(request, "network/access_form.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@needs("customers.edit")
def relink(request: HttpRequest, access_id: int) -> HttpResponse:
    """Correct a service's account on its router, in a dialog."""
    access = _access(request, access_id)
    form = AccessForm(request.POST or None, access=access)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        change_access(
            access_id=access_id,
            username=given["username"],
            password=given.get("password") or None,
            ip=(given.get("ip") or None) if "ip" in given else access.ip,
            mac=given.get("mac"),
            options=form.options,
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        return toast(_("Cambios guardados. Lo estamos leyendo en el router."), close=True)
    context = {"form": form, "service": access.service, "access": access, "routers": True}
    return render(request, "network/access_form.html", context, status=422 if form.errors else 200)


@needs("network.operate")
@require_POST
def kick(request: HttpRequest, access_id: int) -> HttpResponse:
    """End an access's session; the customer's equipment comes back by itself."""
    access = _access(request, access_id)
    try:
        kick_access(access_id=access.pk, actor=Actor.of_user(request.user), now=timezone.now())
    except AccessRefused as refusal:
        return toast(str(refusal), kind="bad")
    return toast(_("Reiniciando la sesión. Vuelve sola en unos segundos."))


@needs("network.operate")
@require_POST
@never_cache
def credentials(request: HttpRequest, access_id: int) -> HttpResponse:
    """Show what the customer's equipment signs in with. Who asked stays in the customer's story."""
    access = _access(request, access_id)
    if request.POST.get("ocultar"):
        return _no_store(render(request, "network/credentials.html", {"access": access}))
    context: dict[str, object] = {"access": access}
    try:
        context["shown"] = show_credentials(
            access_id=access.pk, actor=Actor.of_user(request.user), now=timezone.now()
        )  # fmt: skip
    except SealError:
        context["broken"] = True
    return _no_store(render(request, "network/credentials.html", context))


def _no_store(response: HttpResponse) -> HttpResponse:
    """No copy of it is kept, by the browser or on the way."""
    response["Cache-Control"] = "no-store, private"
    return response


@needs("network.edit")
def move(request: HttpRequest, access_id: int) -> HttpResponse:
    """Take an access to another router, in a dialog that says what happens on both."""
    access = _access(request, access_id)
    form = MoveForm(request.POST or None, access=access)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            move_access(
                access_id=access.pk,
                router=given["router"],
                provision=given["provision"],
                from_router=given["from_router"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
            )
        except AccessRefused as refusal:
            form.add_error("router", str(refusal))
        else:
            return toast(_("Pasando a %(router)s.") % {"router": given["router"].name}, close=True)
    context = {"form": form, "access": access, "others": form.fields["router"].queryset.exists()}  # type: ignore[attr-defined]
    return render(request, "network/access_move.html", context, status=422 if form.errors else 200)


@needs("network.edit")
def remove(request: HttpRequest, access_id: int) -> HttpResponse:
    """Take an access away, in a dialog that asks whether its account goes, too."""
    access = _access(request, access_id)
    # A box left empty is sent as nothing at all, so that the method says whether somebody answered.
    answer = request.POST if request.method == "POST" else None
    form = RemoveForm(answer, initial={"from_router": access.provisions})
    if form.is_valid():
        try:
            remove_access(
                access_id=access.pk,
                from_router=form.cleaned_data["from_router"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
            )
        except AccessRefused as refusal:
            return toast(str(refusal), kind="bad", close=True)
        return toast(_("Acceso quitado."), close=True)
    return render(request, "network/access_remove.html", {"form": form, "access": access})
