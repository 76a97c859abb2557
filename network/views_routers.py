"""The routers as a table."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import needs
from network.domain.queries import RouterFigures, figures_by_router
from network.models import Router
from network.words import Words, router_words


@dataclass(frozen=True)
class RouterRow:
    """A router with its words and figures."""

    router: Router
    words: Words
    figures: RouterFigures


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
