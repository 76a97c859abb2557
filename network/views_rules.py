"""How a router cuts by list: a guided page with what was found on it, and what can be done about it."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import needs
from events.domain import Actor
from network.domain.cutting import CuttingRefused, adopt_list, install_rules, migrate_list
from network.domain.rules import MISSING, check_rules, kept_rules, script
from network.models import Chore, Firewall, Router
from network.responses import go
from network.words_rules import chore_rows, rule_rows

TARGET = "cortados"


@needs("network.view")
def rules(request: HttpRequest, router_id: int) -> HttpResponse:
    """What the router does with whoever is cut."""
    return render(request, "network/drift_rules.html", _context(_router(request, router_id)))


def _context(router: Router, **more: Any) -> dict[str, Any]:
    firewall = Firewall.objects.filter(router=router).first()
    kept = kept_rules(firewall.rules if firewall else [])
    verdict = check_rules(kept, router.cut_list)
    lists = firewall.lists if firewall else []
    return {
        "router": router,
        "firewall": firewall,
        "verdict": verdict,
        "rules": rule_rows(kept, verdict, router.cut_list),
        "lists": [one for one in lists if one["name"] != router.cut_list],
        "current": next((one for one in lists if one["name"] == router.cut_list), None),
        "others": [one for one in lists if one["name"] != router.cut_list and one["state"] != MISSING],
        "target": TARGET if router.cut_list != TARGET or verdict.state == MISSING else f"{TARGET}-nuevos",
        "script": script(cut_list=router.cut_list),
        "chores": chore_rows(Chore.objects.filter(router=router).order_by("-id")[:12]),
        "busy": Chore.objects.waiting().filter(router=router).exists(),
        **more,
    }


def _router(request: HttpRequest, router_id: int) -> Router:
    return get_object_or_404(Router.objects.visible_to(request.user), pk=router_id)


def _refused(request: HttpRequest, router: Router, error: str) -> HttpResponse:
    router.refresh_from_db()
    given = {"given_page": request.POST.get("pagina", ""), "given_target": request.POST.get("destino", "")}
    return render(request, "network/drift_rules.html", _context(router, error=error, **given), status=422)


@needs("network.edit")
@require_POST
def adopt(request: HttpRequest, router_id: int) -> HttpResponse:
    """Have cuts go to a list that the router obeys already."""
    router = _router(request, router_id)
    name = request.POST.get("lista", "")
    try:
        adopt_list(router_id=router.pk, name=name, actor=Actor.of_user(request.user), now=timezone.now())
    except CuttingRefused as refused:
        return _refused(request, router, str(refused))
    text = _("Los cortes van a «%(list)s». En el router no se cambió nada.") % {"list": name}
    messages.success(request, text)
    return go(reverse("network:rules", args=[router.pk]))


@needs("network.edit")
@require_POST
def install(request: HttpRequest, router_id: int) -> HttpResponse:
    """Put our rules in their place."""
    router = _router(request, router_id)
    page = request.POST.get("pagina", "").strip()
    try:
        if page:
            IPv4Address(page)
        install_rules(router_id=router.pk, page=page, actor=Actor.of_user(request.user), now=timezone.now())
    except AddressValueError:
        return _refused(request, router, _("La página de aviso se da por su IP, como 10.0.0.5."))
    except CuttingRefused as refused:
        return _refused(request, router, str(refused))
    messages.success(request, _("Poniendo las reglas en el router. Cada paso queda abajo."))
    return go(reverse("network:rules", args=[router.pk]))


@needs("network.edit")
@require_POST
def migrate(request: HttpRequest, router_id: int) -> HttpResponse:
    """Have the cuts of one list made by another, in the order that lets nobody through."""
    router = _router(request, router_id)
    try:
        migrate_list(
            router_id=router.pk,
            source=request.POST.get("origen", ""),
            target=request.POST.get("destino", "").strip(),
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
    except CuttingRefused as refused:
        return _refused(request, router, str(refused))
    messages.success(request, _("Cambiando de lista, paso a paso: nadie que esté cortado navega mientras tanto."))
    return go(reverse("network:rules", args=[router.pk]))
