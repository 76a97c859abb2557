"""A router's differences: the review list, and what a person decides about some, a kind or all of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import needs
from accounts.models import User
from customers.models import Service
from events.domain import Actor
from network.domain.accesses import add_access
from network.domain.drift_listing import STATES, DriftListing
from network.domain.drifts import (
    ADOPTABLE,
    AGREEABLE,
    Choice,
    Done,
    Kind,
    adopt_drifts,
    agree_drifts,
    compare_router,
    ignore_drifts,
    resolve_link,
    unignore_drifts,
)
from network.domain.knowing import match_noted
from network.domain.matching import Match
from network.models import Access, Chore, Drift, Router
from network.responses import go, toast
from network.words_drift import adopt_effect, adopt_label, agree_effect, drift_row, is_explicit

_NOTE = 200


def drift_list(request: HttpRequest, router: Router) -> dict[str, Any]:
    """Return what the review list of a router shows."""
    wanted = _wanted(request, router.pk)
    rows, after = wanted.page()
    counts = wanted.counts()
    words = dict(Kind.choices)
    query = request.GET.copy()
    for name in ("desde", "parte"):
        query.pop(name, None)
    more = query.copy()
    if after:
        more["desde"], more["parte"] = f"{after[0]}-{after[1]}", "drift"
    return {
        "rows": [drift_row(row) for row in rows],
        "wanted": wanted,
        "kinds": [
            (kind, words[kind], counts[kind], _with(query, tipo=kind)) for kind in Kind.values if counts.get(kind)
        ],
        "all_kinds_url": _with(query, tipo=""),
        "states": [(code, label, _with(query, estado=code, tipo="")) for code, label in _states()],
        "total": counts.get(wanted.kind, 0) if wanted.kind else sum(counts.values()),
        "can_agree": wanted.kind in AGREEABLE,
        "can_adopt": wanted.kind in ADOPTABLE,
        "more_url": f"?{more.urlencode()}" if after else "",
        "chores": Chore.objects.waiting().filter(router=router).count(),
        "open": wanted.state == "open",
    }


def _states() -> list[tuple[str, str]]:
    return [("open", _("Por atender")), ("ignored", _("Ignoradas")), ("resolved", _("Resueltas"))]


def _with(query: QueryDict, **changes: str) -> str:
    query = query.copy()
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    return f"?{query.urlencode()}"


def _wanted(request: HttpRequest, router_id: int) -> DriftListing:
    state, kind = request.GET.get("estado", ""), request.GET.get("tipo", "")
    at, _dash, number = request.GET.get("desde", "").rpartition("-")
    is_after = at in Kind.values and number.isdigit() and len(number) < 18
    return DriftListing(
        router_id=router_id,
        state=state if state in STATES else "open",
        kind=kind if kind in Kind.values else "",
        text=request.GET.get("q", "").strip()[:80],
        after=(at, int(number)) if is_after else None,
    )


def _choice(request: HttpRequest, router_id: int) -> Choice:
    """Return what was chosen: the rows named, or all of the kind, or all. Raises Http404 when nothing was."""
    given = request.POST if request.method == "POST" else request.GET
    ids = tuple(int(one) for one in given.getlist("d")[:1000] if one.isdigit() and len(one) < 18)
    kind = given.get("tipo", "")
    if kind and kind not in Kind.values:
        raise Http404
    if ids:
        return Choice(router_id, ids)
    if given.get("todas") != "1":
        raise Http404
    return Choice(router_id, None, kind)


def _router(request: HttpRequest, router_id: int) -> Router:
    return get_object_or_404(Router.objects.visible_to(request.user), pk=router_id)


def _may(request: HttpRequest, code: str) -> bool:
    return isinstance(request.user, User) and request.user.can(code)


def _url(router_id: int) -> str:
    return reverse("network:router", args=[router_id]) + "?ver=drift"


@needs("network.operate")
def agree(request: HttpRequest, router_id: int) -> HttpResponse:
    """Say what making the router agree will do, then have it done."""
    router = _router(request, router_id)
    choice = _choice(request, router.pk)
    if request.method != "POST":
        return _confirm(request, router, choice, act="agree")
    done = agree_drifts(choice=choice, actor=Actor.of_user(request.user), now=timezone.now())
    text = ngettext(
        "Corrigiendo %(n)s diferencia en el router.", "Corrigiendo %(n)s diferencias en el router.", done.count
    )
    return _answer(request, router_id, done, text)


@needs("network.operate")
def adopt(request: HttpRequest, router_id: int) -> HttpResponse:
    """Say what taking over what the router has will change here, then change it."""
    router = _router(request, router_id)
    choice = _choice(request, router.pk)
    if request.method != "POST":
        return _confirm(request, router, choice, act="adopt")
    done = adopt_drifts(
        choice=choice,
        actor=Actor.of_user(request.user),
        now=timezone.now(),
        may_lift_debt=_may(request, "dunning.decide"),
        note=request.POST.get("nota", "").strip()[:_NOTE],
    )
    text = ngettext("Quedó aquí %(n)s como en el router.", "Quedaron aquí %(n)s como en el router.", done.count)
    return _answer(request, router_id, done, text)


def _answer(request: HttpRequest, router_id: int, done: Done, text: str) -> HttpResponse:
    said = [text % {"n": done.count}] if done.count else []
    if done.left and not done.why:
        said.append(ngettext("%(n)s quedó igual.", "%(n)s quedaron igual.", done.left) % {"n": done.left})
    said += done.why
    (messages.success if done.count else messages.warning)(request, " ".join(said) or _("No había nada que hacer."))
    return go(_url(router_id))


def _confirm(request: HttpRequest, router: Router, choice: Choice, *, act: str) -> HttpResponse:
    chosen = list(choice.rows().select_related("access__service__customer").order_by("kind", "id")[:5000])
    possible = AGREEABLE if act == "agree" else ADOPTABLE
    rows = [row for row in chosen if row.kind in possible and (act == "agree" or adopt_label(row))]
    effect = agree_effect if act == "agree" else adopt_effect
    counts = Counter(str(row.kind) for row in rows)
    context = {
        "router": router,
        "act": act,
        "choice": choice,
        "count": len(rows),
        "left": len(chosen) - len(rows),
        "effects": [(effect(kind, count), act == "agree" and is_explicit(kind)) for kind, count in counts.items()],
        "names": [drift_row(row) for row in rows[:12]],
        "asks_note": act == "adopt" and Kind.CUT in counts,
        "debt_stays": act == "adopt" and Kind.ENABLED in counts and not _may(request, "dunning.decide"),
    }
    return render(request, "network/drift_dialog.html", context)


@needs("network.operate")
@require_POST
def ignore(request: HttpRequest, router_id: int) -> HttpResponse:
    """Leave differences as they are until they change."""
    router = _router(request, router_id)
    done = ignore_drifts(choice=_choice(request, router.pk), actor=Actor.of_user(request.user), now=timezone.now())
    text = ngettext("%(n)s diferencia ignorada.", "%(n)s diferencias ignoradas.", done.count) % {"n": done.count}
    messages.success(request, text + " " + _("Vuelve a aparecer si cambia."))
    return go(_url(router_id))


@needs("network.operate")
@require_POST
def unignore(request: HttpRequest, router_id: int) -> HttpResponse:
    """Look after ignored differences again."""
    router = _router(request, router_id)
    ids = _choice(request, router.pk).ids or ()
    done = unignore_drifts(router_id=router.pk, ids=ids, actor=Actor.of_user(request.user), now=timezone.now())
    text = ngettext("%(n)s diferencia vuelve a la lista.", "%(n)s diferencias vuelven a la lista.", done.count)
    messages.success(request, text % {"n": done.count})
    return go(_url(router_id))


@needs("network.operate")
@require_POST
def compare(request: HttpRequest, router_id: int) -> HttpResponse:
    """Compare the router whole, now."""
    compare_router(router_id=_router(request, router_id).pk, now=timezone.now())
    return toast(_("Comparando el router completo. Lo que se encuentre aparece aquí."))


@needs("customers.edit")
def link(request: HttpRequest, router_id: int, drift_id: int) -> HttpResponse:
    """Choose whose service a row of nobody is."""
    router = _router(request, router_id)
    drift = get_object_or_404(Drift.objects.open(), pk=drift_id, router=router, kind=Kind.UNKNOWN)
    match = match_noted(drift.detail)
    suggested = [one for one in (match.service_id, *match.others) if one is not None]
    if request.method != "POST":
        return _link_dialog(request, drift, match, suggested)
    code, chosen = request.POST.get("codigo", "").strip(), request.POST.get("servicio", "")
    services = Service.objects.visible_to(request.user).exclude(status=Service.Status.CANCELLED)
    if code:
        service = services.filter(code__iexact=code).first()
    else:
        service = services.filter(pk=int(chosen)).first() if chosen.isdigit() and len(chosen) < 18 else None
    if service is None:
        error = _("Ningún servicio tiene ese código.") if code else _("Elija un servicio o escriba su código.")
        return _link_dialog(request, drift, match, suggested, error=error, code=code)
    now, actor, seen = timezone.now(), Actor.of_user(request.user), drift.detail
    add_access(
        service=service,
        router=router,
        username=str(seen.get("name", ""))[:120],
        kind=str(seen.get("method", Access.Kind.PPPOE)),
        ip=match.candidate.ip or None,
        mac=str(seen.get("mac", ""))[:17],
        actor=actor,
        now=now,
    )
    resolve_link(drift=drift, actor=actor, now=now)
    messages.success(request, _("Enlazado con %(name)s.") % {"name": service.customer.name})
    return go(_url(router.pk))


def _link_dialog(
    request: HttpRequest, drift: Drift, match: Match, suggested: list[int], *, error: str = "", code: str = ""
) -> HttpResponse:
    services = Service.objects.visible_to(request.user).select_related("customer", "plan").in_bulk(suggested)
    context = {
        "drift": drift,
        "match": match,
        "services": [services[pk] for pk in suggested if pk in services],
        "error": error,
        "code": code,
    }
    return render(request, "network/drift_link.html", context, status=422 if error else 200)
