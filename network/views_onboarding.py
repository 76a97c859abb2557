"""Taking a router in, step by step: where it is, who may enter, what the checks find, and only then it is saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.access import needs
from events.domain import Actor
from network.domain.checks import checks_for, run_check
from network.domain.routers import add_router, change_router
from network.domain.scripts import USER, Preparation, new_password, script_for
from network.forms_onboarding import GuideForm, ScriptForm, usual_port
from network.models import Router
from network.responses import go


@never_cache
@sensitive_post_parameters("password")
@needs("network.edit")
def guide(request: HttpRequest, router_id: int | None = None) -> HttpResponse:
    """The page of a new router, or of one whose connection is gone over again; a POST saves it."""
    found = _router(router_id)
    if request.method == "POST":
        # A form writes what it is given into its row.
        was_waiting = not found.host
        form = GuideForm(request.POST, instance=found, saves=True)
        if not form.is_valid():
            return _fields(request, form)
        return go(_saved(request, form, found, was_waiting=was_waiting))
    form = GuideForm(instance=found, initial=_beginning(found))
    context = {"form": form, "router": found, "preparing": ScriptForm(initial={"reads_passwords": True})}
    return render(request, "network/onboarding_guide.html", {**context, **_script_context(form)})


def _router(router_id: int | None) -> Router:
    return get_object_or_404(Router, pk=router_id) if router_id else Router()


def _beginning(router: Router) -> dict[str, Any]:
    if router.pk and router.host:
        return {}
    begin: dict[str, Any] = {"port": 8728, "username": USER, "password": new_password()}
    return begin


def _saved(request: HttpRequest, form: GuideForm, router: Router, *, was_waiting: bool) -> str:
    """Save what the form says; return where to go on."""
    actor, now, password = Actor.of_user(request.user), timezone.now(), form.cleaned_data["password"]
    if router.pk:
        changes = form.changes() | ({"is_enabled": True} if was_waiting else {})
        change_router(router_id=router.pk, changes=changes, password=password or None, actor=actor, now=now)
        messages.success(request, _("Cambios guardados. Lo estamos leyendo de nuevo."))
    else:
        router = add_router(**form.changes(), password=password, actor=actor, now=now)
        messages.success(request, _("Router agregado. Lo estamos leyendo."))
        was_waiting = True
    return reverse("network:takeover" if was_waiting else "network:router", args=[router.pk])


@never_cache
@sensitive_post_parameters("password")
@needs("network.edit")
@require_POST
def fields(request: HttpRequest, router_id: int | None = None) -> HttpResponse:
    """The fields again, as they are for another kind of equipment or of encryption."""
    given = request.POST.copy()
    given["port"] = usual_port(given.get("kind", ""), given.get("tls", ""), given.get("port", ""))
    if given.get("kind", "") != Router.Kind.MIKROTIK and not given.get("tls"):
        given["tls"] = Router.Tls.CERTIFICATE
    names = ("kind", "name", "host", "port", "tls", "username", "allow_anonymous")
    form = GuideForm(instance=_router(router_id), initial={name: given.get(name, "") for name in names})
    return _fields(request, form)


def _fields(request: HttpRequest, form: GuideForm) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "router": form.instance}
    response = render(request, "network/onboarding_fields.html", context, status=status)
    if form.is_bound:
        response["HX-Retarget"], response["HX-Reswap"] = "#guide-fields", "outerHTML show:#guide-fields:top"
    return response


@never_cache
@sensitive_post_parameters("password")
@needs("network.edit")
@require_POST
def checks(request: HttpRequest, router_id: int | None = None) -> HttpResponse:
    """The list of checks, the first of them under way."""
    form = GuideForm(request.POST, instance=_router(router_id))
    if not form.is_valid():
        return _fields(request, form)
    todo = checks_for(form.cleaned_data["kind"], form.cleaned_data["tls"])
    context = {"first": todo[0], "rest": todo[1:], "router": form.instance}
    return render(request, "network/onboarding_checks.html", context)


@never_cache
@sensitive_post_parameters("password")
@needs("network.edit")
@require_POST
def check(request: HttpRequest, code: str, router_id: int | None = None) -> HttpResponse:
    """What one check finds, and the next one under way."""
    form = GuideForm(request.POST, instance=_router(router_id))
    if not form.is_valid():
        return _fields(request, form)
    todo = checks_for(form.cleaned_data["kind"], form.cleaned_data["tls"])
    here = next((number for number, one in enumerate(todo) if one.code == code), None)
    if here is None:
        raise Http404
    finding = run_check(code, form.unsaved(), now=timezone.now())
    following = todo[here + 1 :]
    context = {
        "check": todo[here],
        "finding": finding,
        "next": following[0] if following and not finding.stops else None,
        "left_out": following if finding.stops else [],
        "is_last": not following or finding.stops,
        "router": form.instance,
        "place": form.place(),
        "is_pin": code == "tls" and form.cleaned_data["tls"] == Router.Tls.PINNED,
        "is_known_pin": finding.facts.get("fingerprint", "") in {form.instance.fingerprint} - {""},
    }
    return render(request, "network/onboarding_check.html", context)


@never_cache
@sensitive_post_parameters("password")
@needs("network.edit")
@require_POST
def script(request: HttpRequest) -> HttpResponse:
    """The script for what is typed so far."""
    form = GuideForm(request.POST)
    form.is_valid()
    context = _script_context(form, ScriptForm(request.POST))
    return render(request, "network/onboarding_script.html", context)


def _script_context(form: GuideForm, wishes: ScriptForm | None = None) -> dict[str, Any]:
    """The script, or why there is none yet."""
    if wishes is None:
        given: dict[str, Any] = {"reads_passwords": True}
    elif wishes.is_valid():
        given = wishes.cleaned_data
    else:
        return {"script": "", "script_error": next(iter(wishes.errors.values()))[0]}
    username, password = str(form["username"].value() or ""), str(form["password"].value() or "")
    if not (username and password):
        return {"script": "", "script_error": _("Escriba el usuario y la contraseña que quiere crear.")}
    port = str(form["port"].value() or "")
    try:
        text = script_for(
            Preparation(
                username=username,
                password=password,
                major=int(given.get("major") or 7),
                tls=str(form["tls"].value() or ""),
                port=int(port) if port.isdigit() else 8728,
                comes_from=given.get("comes_from", ""),
                reads_passwords=bool(given.get("reads_passwords")),
                cut_list="cortados" if given.get("with_rules") else "",
            )
        )
    except ValueError:
        return {"script": "", "script_error": _("El usuario o la contraseña tienen signos que el terminal no admite.")}
    return {"script": text, "script_error": ""}
