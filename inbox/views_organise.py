"""Settings of the inbox: labels, teams, and the rules of hours, targets and cleaning."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from events.domain import Actor
from inbox.domain.organising import (
    NameTaken,
    list_labels,
    list_teams,
    remove_label,
    remove_team,
    save_label,
    save_team,
)
from inbox.domain.policy import change_policy, current_policy
from inbox.models import Label, Team
from inbox.organise_forms import LabelForm, PolicyForm, TeamForm


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": Actor.of_user(request.user), "now": timezone.now()}


def _status(request: HttpRequest) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK


@require_GET
@needs("settings.edit")
def labels(request: HttpRequest) -> HttpResponse:
    """Every label with how many conversations have it."""
    return render(request, "inbox/labels.html", {"labels": list_labels()})


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def label(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One label, new or changed."""
    found = get_object_or_404(list_labels(), pk=pk) if pk else None
    form = LabelForm(request.POST or None, instance=found)
    name = found.name if found else ""
    if request.method == "POST" and form.is_valid():
        try:
            kept = save_label(label=form.save(commit=False), **_by(request))
        except NameTaken:
            form.add_error("name", _("Ya hay una etiqueta con ese nombre."))
        else:
            messages.success(request, _("Etiqueta «%(name)s» guardada.") % {"name": kept.name})
            return redirect("inbox:labels")
    context = {"form": form, "label": found, "name": name}
    return render(request, "inbox/label_form.html", context, status=_status(request))


@require_POST
@needs("settings.edit")
def drop_label(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a label away."""
    found = get_object_or_404(Label, pk=pk)
    used = remove_label(label_id=found.pk, **_by(request))
    text = ngettext(
        "Etiqueta borrada; la tenía %(n)s conversación.", "Etiqueta borrada; la tenían %(n)s conversaciones.", used
    )
    messages.success(request, text % {"n": f"{used:,}"})
    return redirect("inbox:labels")


@require_GET
@needs("settings.edit")
def teams(request: HttpRequest) -> HttpResponse:
    """Every team with its people and zones."""
    policy = current_policy()
    return render(request, "inbox/teams.html", {"teams": list_teams(), "default_id": policy.default_team_id})


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def team(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One team, new or changed."""
    found = get_object_or_404(Team, pk=pk) if pk else None
    form = TeamForm(request.POST or None, instance=found)
    name = found.name if found else ""
    if request.method == "POST" and form.is_valid():
        people, zones = form.cleaned_data["members"], form.cleaned_data["zones"]
        try:
            kept = save_team(team=form.save(commit=False), members=people, zones=zones, **_by(request))
        except NameTaken:
            form.add_error("name", _("Ya hay un equipo con ese nombre."))
        else:
            messages.success(request, _("Equipo «%(name)s» guardado.") % {"name": kept.name})
            return redirect("inbox:teams")
    context = {"form": form, "team": found, "name": name}
    return render(request, "inbox/team_form.html", context, status=_status(request))


@require_POST
@needs("settings.edit")
def drop_team(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a team away."""
    remove_team(team_id=get_object_or_404(Team, pk=pk).pk, **_by(request))
    messages.success(request, _("Equipo borrado. Sus conversaciones siguen con quien las tiene."))
    return redirect("inbox:teams")


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def policy(request: HttpRequest) -> HttpResponse:
    """Hours, closed days, targets and cleaning."""
    found = current_policy()
    form = PolicyForm(request.POST or None, policy=found)
    if request.method == "POST" and form.is_valid():
        change_policy(fields=form.cleaned_data, default_team=form.cleaned_data["default_team"], **_by(request))
        messages.success(request, _("Política guardada. Vale también para quien ya espera."))
        return redirect("inbox:policy")
    return render(request, "inbox/policy.html", {"form": form}, status=_status(request))
