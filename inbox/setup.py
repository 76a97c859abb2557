"""The page that connects WhatsApp: numbers, the addresses to paste at Twilio, and the approved texts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from events.domain import Actor
from inbox.domain import channels as domain
from inbox.domain.carriers import public_base
from inbox.domain.channels import NotAccepted, NumberTaken, connect_channel
from inbox.domain.templates import ensure_default_templates
from inbox.forms import ChannelForm, TemplateForm
from inbox.models import Channel, Template


@require_GET
@needs("settings.edit")
def channels(request: HttpRequest) -> HttpResponse:
    """The numbers that are connected and the texts of the notices."""
    ensure_default_templates()  # those that a newer version brought are made too
    rows = [{"channel": c, "hook": f"{public_base(c)}/hooks/twilio/"} for c in Channel.objects.order_by("name", "id")]
    return render(request, "inbox/channels.html", {"rows": rows, "texts": Template.objects.order_by("name")})


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def channel(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Connect a number or change it. The credentials are tried at Twilio before anything is kept."""
    found = get_object_or_404(Channel, pk=pk) if pk else None
    form = ChannelForm(request.POST or None, channel=found)
    if request.method == "POST" and form.is_valid() and _connect(request, form):
        messages.success(request, _("El número quedó conectado. Falta pegar su dirección en Twilio."))
        return redirect("inbox:channels")
    status = 422 if request.method == "POST" else 200
    return render(request, "inbox/channel.html", {"form": form, "channel": found}, status=status)


def _connect(request: HttpRequest, form: ChannelForm) -> bool:
    data = form.cleaned_data
    try:
        connect_channel(
            channel=form.channel,
            name=data["name"],
            address=data["number"],
            account=data["account"],
            auth_token=data["token"],
            actor=Actor.of_user(request.user),
        )
    except NotAccepted as error:
        form.add_error("token" if error.reached else None, str(error))
    except NumberTaken:
        form.add_error("number", _("Ese número ya está conectado a otro proveedor de esta plataforma."))
    else:
        return True
    return False


@require_http_methods(["POST"])
@needs("settings.edit")
def check_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask Twilio whether the stored credentials still hold."""
    found = get_object_or_404(Channel, pk=pk)
    try:
        name = domain.check_channel(channel=found)
    except NotAccepted as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Twilio respondió bien: cuenta «%(name)s».") % {"name": name})
    return redirect("inbox:channels")


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the words of a notice and say under which id they were approved."""
    found = get_object_or_404(Template, pk=pk)
    form = TemplateForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("El texto quedó guardado."))
        return redirect("inbox:channels")
    status = 422 if request.method == "POST" else 200
    return render(request, "inbox/text.html", {"form": form, "template": found}, status=status)
