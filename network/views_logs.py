"""What a router's page shows beside its accesses: the talk with it, and how it is set up."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from network.domain.listing import Log, causes_of, list_commands
from network.methods import PLAN_NAMES, kinds_of
from network.models import Access, PlanProfile, Router
from network.talk import talk
from network.views_accesses import number_in
from network.words import rules_words


def command_log(request: HttpRequest, router: Router) -> dict[str, Any]:
    """What was said to the router and what it answered, narrowed as the address asks."""
    log = Log(
        router_id=router.pk,
        failing=request.GET.get("fallas") == "1",
        access_id=number_in(request, "acceso"),
        cause=request.GET.get("causa", "")[:120],
        before=number_in(request, "antes"),
    )
    commands, more = list_commands(log)
    query = request.GET.copy()
    for name in ("antes", "parte"):
        query.pop(name, None)
    query["ver"] = "commands"
    return {
        "log": log,
        "talk": talk(commands),
        "more": f"?{query.urlencode()}&parte=commands&antes={more}" if more else "",
        "continued": log.before is not None,
        "causes": [] if log.before is not None else causes_of(router.pk),
        "about": Access.objects.filter(pk=log.access_id, router=router).first() if log.access_id else None,
        "narrow": bool(log.failing or log.access_id or log.cause),
    }


def setup_of(router: Router) -> dict[str, Any]:
    """How cuts are made on it, and what plans are called there."""
    names = PlanProfile.objects.filter(router=router).select_related("plan").order_by("plan__name", "kind")
    labels = {kind: Access.Kind(kind).label for kind in Access.Kind.values}
    return {
        "rules": rules_words(router),
        "plan_names": [(row, labels.get(row.kind, row.kind), PLAN_NAMES.get(row.kind, "")) for row in names],
        "names_plans": any(kind in PLAN_NAMES for kind in kinds_of(router)),
    }
