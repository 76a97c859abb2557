"""Known outages: what the staff says is down, and that it is back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import needs
from events.domain import Actor
from network.domain.outages import close_outage, open_outage
from network.forms_outages import OutageForm
from network.models import Outage

SHOWN = 20  # that are over


@needs("network.operate")
def outages(request: HttpRequest) -> HttpResponse:
    """Those under way, one more, and the last ones that are over."""
    form = OutageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        open_outage(actor=Actor.of_user(request.user), now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Falla avisada: el asistente la dice a quien pregunte."))
        return redirect("network:outages")
    rows = Outage.objects.select_related("zone", "router")
    context = {"form": form, "rows": rows.filter(closed_at=None), "past": rows.exclude(closed_at=None)[:SHOWN]}
    return render(request, "network/outages.html", context, status=422 if form.errors else 200)


@require_POST
@needs("network.operate")
def close(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Say that one is over."""
    outage = get_object_or_404(Outage, pk=outage_id)
    if close_outage(outage_id=outage.pk, actor=Actor.of_user(request.user), now=timezone.now()):
        messages.success(request, _("Falla terminada."))
    return redirect("network:outages")
