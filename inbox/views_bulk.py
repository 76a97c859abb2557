"""One thing done to one, some or all conversations of a list: said first, then done and reported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import needs
from accounts.models import User
from events.domain import Actor
from inbox.domain.bulk import PERMISSIONS, BulkPlan, BulkReport, chosen_ids, plan_bulk, run_bulk
from inbox.domain.filters import read_filters
from inbox.domain.snoozing import FARTHEST, snooze_presets
from inbox.models import Label, Priority, Team
from tenants.current import tenant_zone


@dataclass(frozen=True)
class Words:
    """How an action is called, on its dialog and its button."""

    title: Any
    button: Any
    effect: Any


WORDS = {
    "assign": Words(
        gettext_lazy("Asignar"),
        gettext_lazy("Asignar"),
        gettext_lazy("El asistente deja de contestar donde alguien toma la conversación."),
    ),
    "team": Words(
        gettext_lazy("Pasar a un equipo"),
        gettext_lazy("Pasar al equipo"),
        gettext_lazy("Quien la tenía y no es de ese equipo la suelta; el equipo la reparte a su modo."),
    ),
    "label": Words(gettext_lazy("Poner etiqueta"), gettext_lazy("Poner"), ""),
    "unlabel": Words(gettext_lazy("Quitar etiqueta"), gettext_lazy("Quitar"), ""),
    "priority": Words(gettext_lazy("Cambiar prioridad"), gettext_lazy("Cambiar"), ""),
    "snooze": Words(
        gettext_lazy("Posponer"),
        gettext_lazy("Posponer"),
        gettext_lazy("Sale de la bandeja y vuelve a esa hora, o antes si el cliente escribe. Se le avisará a usted."),
    ),
    "resolve": Words(
        gettext_lazy("Resolver"),
        gettext_lazy("Resolver"),
        gettext_lazy("Nadie espera ya. Si el cliente vuelve a escribir, se abre de nuevo."),
    ),
    "block": Words(
        gettext_lazy("Bloquear"),
        gettext_lazy("Bloquear"),
        gettext_lazy(
            "Lo que escriban se guarda, pero nadie recibe aviso, el asistente no contesta y no se les mandan avisos."
        ),
    ),
}


@require_http_methods(["GET", "POST"])
@needs("inbox.reply")
def bulk(request: HttpRequest) -> HttpResponse:
    """The dialog that says what would happen, and the doing of it."""
    sent = request.POST if request.method == "POST" else request.GET
    action = sent.get("accion", "")
    if action not in WORDS or not request.user.can(PERMISSIONS[action]):  # type: ignore[union-attr]
        raise Http404
    now = timezone.now()
    filters = read_filters(sent) if sent.get("todas") else None
    wanted = [int(pk) for pk in sent.getlist("elegidos")[:2000] if pk.isascii() and pk.isdecimal() and len(pk) < 19]
    ids, left = chosen_ids(filters=filters, ids=wanted, user=request.user, now=now)
    wrong = "" if ids else _("Elija al menos una conversación.")
    if request.method == "POST" and ids:
        value, wrong = _value(action, sent, now)
        if not wrong:
            user = request.user if isinstance(request.user, User) else None
            actor = Actor.of_user(request.user)
            report = run_bulk(action=action, value=value, ids=ids, user=user, actor=actor, now=now)
            return _told(request, report, ids)
    plan = plan_bulk(action=action, value=None, ids=ids, left=left)
    context = {
        "action": action,
        "words": WORDS[action],
        "plan": plan,
        "effect": _effect(action, plan),
        "wrong": wrong,
        "sent": sent,
        "filters": filters,
        **_choices(action, now),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "inbox/list_bulk.html", context, status=status)


def _value(action: str, sent: Any, now: datetime) -> tuple[Any, str]:
    """Return what was chosen, and a sentence when it cannot be."""
    text = str(sent.get("valor", ""))
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    if action in {"resolve", "block"}:
        return None, ""
    if action == "snooze":
        return _moment(text, sent.get("fecha", ""), now)
    if action == "priority":
        return (number, "") if number in Priority.values else (None, _("Elija una prioridad."))
    if action in {"assign", "team"} and text == "nadie":
        return None, ""
    rows: Any = {
        "assign": User.objects.who_can("inbox.reply"),
        "team": Team.objects.all(),
        "label": Label.objects.all(),
        "unlabel": Label.objects.all(),
    }[action]
    found = rows.filter(pk=number).first()
    return found, "" if found else _("Elija una opción de la lista.")


def _moment(text: str, date: str, now: datetime) -> tuple[datetime | None, str]:
    preset = dict(snooze_presets(now)).get(text)
    if preset is not None:
        return preset, ""
    try:
        typed = parse_datetime(date)
    except ValueError:
        typed = None
    until = typed.replace(tzinfo=tenant_zone()) if typed and typed.tzinfo is None else typed
    if until is None:
        return None, _("Escriba hasta qué día y hora.")
    if not now < until <= now + FARTHEST:
        return None, _("Elija una hora que venga, dentro de un año.")
    return until, ""


def _effect(action: str, plan: BulkPlan) -> list[str]:
    """Return what would happen, in sentences."""
    count = len(plan.ids)
    said = [ngettext("%(n)s conversación elegida.", "%(n)s conversaciones elegidas.", count) % {"n": f"{count:,}"}]
    if plan.left:
        said.append(_("Hay %(n)s más que quedan para otra vez.") % {"n": f"{plan.left:,}"})
    if action in {"resolve", "snooze", "block"} and plan.waiting:
        said.append(
            ngettext(
                "%(n)s espera respuesta y dejará de contar como en espera.",
                "%(n)s esperan respuesta y dejarán de contar como en espera.",
                plan.waiting,
            )
            % {"n": f"{plan.waiting:,}"}
        )
    if action in {"resolve", "block"} and plan.unchanged:
        said.append(ngettext("%(n)s ya lo está.", "%(n)s ya lo están.", plan.unchanged) % {"n": f"{plan.unchanged:,}"})
    return said


def _choices(action: str, now: datetime) -> dict[str, Any]:
    zone = tenant_zone()
    rows: Any = {
        "assign": lambda: User.objects.who_can("inbox.reply"),
        "team": Team.objects.all,
        "label": Label.objects.all,
        "unlabel": Label.objects.all,
        "priority": lambda: [{"pk": value, "name": word} for value, word in Priority.choices],
    }
    words = {"hour": _("En una hora"), "tomorrow": _("Mañana a las 9:00"), "monday": _("El lunes a las 9:00")}
    return {
        "options": rows[action]() if action in rows else [],
        "may_be_nobody": {"assign": _("Nadie"), "team": _("Ningún equipo")}.get(action, ""),
        "presets": [(name, words[name], at) for name, at in snooze_presets(now)] if action == "snooze" else [],
        "least": now.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
    }


def _told(request: HttpRequest, report: BulkReport, ids: list[int]) -> HttpResponse:
    """Answer with what happened: a toast, and hints for the panes."""
    text = ngettext("%(n)s conversación cambiada.", "%(n)s conversaciones cambiadas.", report.done)
    said = text % {"n": f"{report.done:,}"}
    if report.failed:
        said += " " + _("%(n)s no se pudieron cambiar.") % {"n": f"{len(report.failed):,}"}
    if not getattr(request, "htmx", None):
        return redirect("inbox:home")
    one = {"conversation": ids[0]} if len(ids) == 1 else {}
    toast = {"text": said, "kind": "bad" if report.failed else "good", "target": "body"}
    events = {"inbox:changed": one, "inbox:picked": {}, "toast": toast, "closeDialogs": {}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
