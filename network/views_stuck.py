"""«Sin resolver»: what failed for good on any router, and what a person does about it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import needs
from accounts.models import User
from events.domain import Actor
from network.domain.acts import dismiss_accesses, retry_accesses
from network.domain.stuck import StuckListing, last_commands, list_stuck, routers_stuck
from network.models import Access
from network.responses import toast
from network.talk import Line, talk
from network.views_accesses import number_in
from network.words import task_words

MOST = 1000  # at a time; the page shows them by fifties


@dataclass(frozen=True)
class StuckRow:
    """What was to be done and was not: its words, and the last exchange about it."""

    access: Access
    task: str
    last: Line | None


@needs("network.view")
def stuck(request: HttpRequest) -> HttpResponse:
    """Everything that waits for a person, the oldest first."""
    listing = StuckListing(
        text=request.GET.get("q", "").strip()[:80],
        router_id=number_in(request, "router"),
        after=number_in(request, "desde"),
    )
    found, more, total = list_stuck(listing, user=request.user)
    said = {line.command.access_id: line for line in talk(last_commands(found))}
    query = request.GET.copy()
    for name in ("desde", "parte"):
        query.pop(name, None)
    context = {
        "rows": [StuckRow(access, task_words(access), said.get(access.pk)) for access in found],
        "listing": listing,
        "routers": routers_stuck(),
        "total": total,
        "query": query.urlencode(),
        "more": f"?{query.urlencode()}&parte=trs&desde={more}" if more else "",
        "picking": isinstance(request.user, User) and request.user.can("network.operate"),
    }
    parts = {"rows": "network/stuck.html#rows", "trs": "network/stuck_trs.html"}
    template = parts.get(request.GET.get("parte", ""), "network/stuck.html")
    if getattr(request, "htmx", None) and template == "network/stuck.html":
        template = parts["rows"]
    return render(request, template, context)


@needs("network.operate")
@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Try the chosen ones at once."""
    count = retry_accesses(access_ids=_chosen(request), actor=Actor.of_user(request.user), now=timezone.now())
    if not count:
        return toast(_("Ya no había nada pendiente en lo elegido."), kind="bad")
    return toast(
        ngettext("Intentando de nuevo con %(count)s.", "Intentando de nuevo con %(count)s.", count) % {"count": count},
        close=True,
    )


@needs("network.operate")
@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    """Try the chosen ones no more, until something new is asked of them."""
    count = dismiss_accesses(access_ids=_chosen(request), actor=Actor.of_user(request.user), now=timezone.now())
    if not count:
        return toast(_("Ya no había nada pendiente en lo elegido."), kind="bad")
    text = ngettext("%(count)s queda como está.", "%(count)s quedan como están.", count) % {"count": count}
    return toast(text, close=True)


def _chosen(request: HttpRequest) -> list[int]:
    given = [value for value in request.POST.getlist("id") if value.isdigit() and len(value) < 18]
    return [int(value) for value in given[:MOST]]
