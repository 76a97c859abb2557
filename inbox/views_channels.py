"""The pages that connect channels of every kind, and say how they are."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from events.domain import Actor
from inbox.domain import channel_state, channels
from inbox.domain.channels import InUse, NotAccepted, NumberTaken, not_asked
from inbox.models import Channel


@require_GET
@needs("settings.edit")
def channel_list(request: HttpRequest) -> HttpResponse:
    """Every channel with its state, and the kinds that can be connected."""
    context = {
        "rows": channel_state.channel_rows(now=timezone.now()),
        "kinds": channels.kind_cards(),
    }
    return render(request, "inbox/channels.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def add_channel(request: HttpRequest, kind: str) -> HttpResponse:
    """Connect a channel of a kind. The credentials are tried at the far side before anything is kept."""
    if kind not in channels.KIND_CODES:
        raise Http404
    return _form_page(request, kind, None)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def channel(request: HttpRequest, pk: int) -> HttpResponse:
    """One channel: what is wrong, what to paste where, its name and credentials."""
    found = get_object_or_404(Channel, pk=pk)
    return _form_page(request, found.kind, found)


def _form_page(request: HttpRequest, kind: str, found: Channel | None) -> HttpResponse:
    form = channels.form_class(kind)(request.POST or None, held=channels.held_of(found) if found else None)
    if request.method == "POST" and form.is_valid():
        kept = _connect(request, form, kind, found)
        if kept is not None:
            messages.success(request, _("Los cambios quedaron guardados.") if found else _("El canal quedó conectado."))
            return redirect("inbox:channel", kept.pk)
    status = 422 if request.method == "POST" else 200
    response = render(request, "inbox/channel.html", _context(form, kind, found), status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _context(form: Any, kind: str, found: Channel | None) -> dict[str, Any]:
    context: dict[str, Any] = {"form": form, "kind": channels.kind_card(kind), "channel": found}
    if found is not None:
        context |= {
            "state": channel_state.state_of_one(found, now=timezone.now()),
            "pastes": form.pastes(),
            "steps": form.steps(),
            "rotates": type(form).rotates,
            "used": channels.is_used(found),
            "can_be_default": found.kind in channels.DEFAULTABLE,
        }
    return context


def _connect(request: HttpRequest, form: Any, kind: str, found: Channel | None) -> Channel | None:
    try:
        return channels.connect_channel(
            channel=found,
            kind=kind,
            name=form.cleaned_data["name"],
            per_second=form.cleaned_data.get("per_second"),
            values=form.values(),
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
    except NotAccepted as error:
        if error.reached:
            form.add_error(form.blamed or None, str(error))
        else:
            form.add_error(None, not_asked(error))
    except NumberTaken:
        wrong = form.fixed[0] if form.fixed else None
        form.add_error(wrong, _("Ese número ya está conectado a otro proveedor de esta plataforma."))
    return None


@require_POST
@needs("settings.edit")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the far side whether the stored credentials still hold."""
    found = get_object_or_404(Channel, pk=pk)
    try:
        name = channels.check_channel(channel=found, now=timezone.now())
    except NotAccepted as error:
        messages.error(request, str(error))
    else:
        said = _("%(kind)s respondió bien: %(name)s.") if name else _("%(kind)s respondió bien.")
        messages.success(request, said % {"kind": channels.kind_card(found.kind)["label"], "name": name})
    if request.POST.get("back"):
        return redirect("inbox:channels")
    return redirect("inbox:channel", found.pk)


@require_POST
@needs("settings.edit")
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a channel off, or on again."""
    found = get_object_or_404(Channel, pk=pk)
    on = request.POST.get("on") == "1"
    said = _("El canal quedó encendido.") if on else _("El canal quedó apagado: no recibe ni envía.")
    try:
        channels.switch_channel(channel_id=found.pk, on=on, actor=Actor.of_user(request.user), now=timezone.now())
    except NotAccepted as error:
        told = _("%(done)s Pero no se le pudo avisar: %(why)s Inténtelo de nuevo en un momento.")
        messages.error(request, told % {"done": said, "why": error})
    else:
        messages.success(request, said)
    return redirect("inbox:channel", found.pk)


@require_POST
@needs("settings.edit")
def make_default(request: HttpRequest, pk: int) -> HttpResponse:
    """Write from this one to customers who never wrote to us."""
    found = get_object_or_404(Channel, pk=pk, kind__in=channels.DEFAULTABLE, is_active=True)
    channels.make_default(channel_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
    messages.success(request, _("Los avisos a quien no ha escrito salen ahora de «%(name)s».") % {"name": found.name})
    return redirect("inbox:channel", found.pk)


@require_POST
@needs("settings.edit")
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new secret of our own; what was signed with the old one counts no more."""
    found = get_object_or_404(Channel, pk=pk)
    if not channels.form_class(found.kind).rotates:
        raise Http404
    channels.rotate_secret(channel_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
    messages.success(request, _("El secreto se renovó: las sesiones abiertas empiezan de nuevo."))
    return redirect("inbox:channel", found.pk)


@require_POST
@needs("settings.edit")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take away a channel nobody ever wrote on."""
    found = get_object_or_404(Channel, pk=pk)
    try:
        channels.remove_channel(channel_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
    except InUse:
        messages.error(request, _("Tiene conversaciones, que no se borran: apáguelo en su lugar."))
        return redirect("inbox:channel", found.pk)
    messages.success(request, _("«%(name)s» se quitó.") % {"name": found.name})
    return redirect("inbox:channels")
