"""Ajustes / Plantillas: the notices' words, the texts each channel has approved, and which carries which."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from events.domain import Actor
from inbox.channels.base import ChannelError
from inbox.domain.approvals import CannotCarry, link_notice, sync_channel
from inbox.domain.templates import ensure_default_templates
from inbox.forms import TemplateForm
from inbox.models import Approval, Channel, Template
from inbox.previews import notice_words, preview_of
from tenants.sealing import SealError


@require_GET
@needs("settings.edit")
def templates(request: HttpRequest) -> HttpResponse:
    """The notices with where they are approved, and each channel's texts."""
    ensure_default_templates()  # those that a newer version brought are made too
    channels = [channel for channel in Channel.objects.order_by("name", "id") if channel.can.templates]
    rows = Template.objects.order_by("name").prefetch_related("approvals")
    notices = [_notice(notice, channels) for notice in rows]
    context = {"channels": [_channel(channel) for channel in channels], "notices": notices}
    return render(request, "inbox/templates.html", context)


def _notice(notice: Template, channels: list[Channel]) -> dict[str, Any]:
    """Return a notice with whether every channel that needs one has an approved text for it."""
    states = {row.channel_id: row.status for row in notice.approvals.all()}
    wanted = [states.get(channel.pk) for channel in channels if channel.is_active]
    approved = all(state == Approval.Status.APPROVED for state in wanted)
    return {"notice": notice, "words": notice_words(notice), "missing": None in wanted, "ready": approved}


def _channel(channel: Channel) -> dict[str, Any]:
    rows = channel.approvals.select_related("notice").order_by("status", "name")
    return {"channel": channel, "approvals": list(rows)}


@require_POST
@needs("settings.edit")
def sync(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the far side for a channel's texts now."""
    channel = get_object_or_404(Channel, pk=pk)
    try:
        done = sync_channel(channel=channel, actor=Actor.of_user(request.user), now=timezone.now())
    except ChannelError as error:
        messages.error(request, error.message)
    except (SealError, KeyError, ValueError):
        messages.error(request, _("Este número no se puede consultar: revise sus datos de conexión."))
    else:
        said = {"found": done.found, "linked": done.linked}
        messages.success(request, _("%(found)s plantillas en la cuenta; %(linked)s quedaron unidas a un aviso.") % said)
    return redirect("inbox:templates")


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """One approved text as it looks, its state in words, and the notice it carries."""
    found = get_object_or_404(Approval.objects.select_related("channel", "notice"), pk=pk)
    problem = ""
    if request.method == "POST":
        wanted = request.POST.get("notice", "")
        notice = get_object_or_404(Template, pk=int(wanted)) if wanted.isdecimal() else None
        try:
            link_notice(approval_id=pk, notice=notice, actor=Actor.of_user(request.user), now=timezone.now())
        except CannotCarry as error:
            problem = str(error)
        else:
            messages.success(request, _("Plantilla guardada."))
            return redirect("inbox:templates")
    context = {
        "approval": found,
        "problem": problem,
        "preview": preview_of(found, {}),
        "notices": Template.objects.order_by("name"),
        "chosen": request.POST.get("notice") or found.notice_id,
    }
    return render(request, "inbox/template_approval.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the words of a notice."""
    found = get_object_or_404(Template, pk=pk)
    form = TemplateForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("El texto quedó guardado."))
        return redirect("inbox:templates")
    status = 422 if request.method == "POST" else 200
    return render(request, "inbox/text.html", {"form": form, "template": found}, status=status)
