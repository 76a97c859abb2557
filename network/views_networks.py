"""The networks a provider's routers may be in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import needs
from events.domain import Actor
from network.domain.networks import allow_network, remove_network, routers_outside
from network.forms_onboarding import NetworkForm
from network.models import AllowedNetwork
from network.responses import go


@needs("network.edit")
def networks(request: HttpRequest) -> HttpResponse:
    """The list, and one more. Whom a new one would leave outside is said before it is added."""
    form = NetworkForm(request.POST or None)
    outside = []
    if request.method == "POST" and form.is_valid():
        cidr = form.cleaned_data["cidr"]
        outside = routers_outside([*AllowedNetwork.objects.values_list("cidr", flat=True), cidr])
        if not outside or request.POST.get("aunque") == "1":
            allow_network(
                cidr=cidr, note=form.cleaned_data["note"], actor=Actor.of_user(request.user), now=timezone.now()
            )
            messages.success(request, _("Red agregada."))
            return redirect("network:networks")
    rows = list(AllowedNetwork.objects.all())
    context = {"form": form, "rows": rows, "outside": outside}
    return render(request, "network/onboarding_networks.html", context, status=422 if form.errors or outside else 200)


@needs("network.edit")
def remove(request: HttpRequest, network_id: int) -> HttpResponse:
    """Take one away, after saying what that changes."""
    found = get_object_or_404(AllowedNetwork, pk=network_id)
    rest = list(AllowedNetwork.objects.exclude(pk=network_id).values_list("cidr", flat=True))
    if request.method != "POST":
        context = {"network": found, "rest": rest, "outside": routers_outside(rest)}
        return render(request, "network/onboarding_network_remove.html", context)
    remove_network(network_id=network_id, actor=Actor.of_user(request.user), now=timezone.now())
    messages.success(request, _("Red quitada."))
    return go(reverse("network:networks"))
