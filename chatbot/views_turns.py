"""The messages the bots took: how each was understood, and what it should have been."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from chatbot.domain.labelling import LABELS, UnknownIntent, label_turn, labelled_lines, list_turns
from chatbot.domain.trying import outcomes
from chatbot.models import Turn
from chatbot.views_costs import show_seconds, show_usd
from tenants.current import current_tenant
from tenants.formats import format_number
from tenants.paging import page_by


def _words() -> dict[str, Any]:
    named = outcomes()
    return {"labels": [(name, named[name][0]) for name in LABELS]}


def _took(row: Turn) -> str:
    """Say what a turn used: time, what a model asked of its tools, tokens and their price."""
    parts = [show_seconds((row.settled_at - row.created_at).total_seconds())] if row.settled_at else []
    parts += [str(tool["name"]) for tool in row.tools if tool["outcome"] != "own"]
    if tokens := row.input_tokens + row.output_tokens:
        parts.append(_("%(n)s tokens") % {"n": format_number(tokens, current_tenant().currency)})
    if row.cost:
        parts.append(show_usd(row.cost))
    return " · ".join(parts)


@require_GET
@needs("bot.edit")
def turns(request: HttpRequest) -> HttpResponse:
    """The list, the newest first; its rows alone for a filter or the next page."""
    asked = {name: request.GET.get(name, "") for name in ("outcome", "intent", "labelled")}
    rows = list_turns(
        request.user,  # type: ignore[arg-type]
        outcome=asked["outcome"],
        intent=asked["intent"],
        labelled=bool(asked["labelled"]),
    )
    page = page_by(rows, request, field="pk")
    for row in page.rows:
        row.took = _took(row)
    context = {"page": page, "asked": asked, "narrow": any(asked.values()), **_words()}
    htmx = request.htmx  # type: ignore[attr-defined]
    if htmx and request.GET.get("after"):
        return render(request, "chatbot/turn_rows.html", context)
    context |= {"outcomes": Turn.Outcome.choices, "learnt": [("1", _("Sólo los corregidos"))]}
    return render(request, "chatbot/turns.html#list" if htmx else "chatbot/turns.html", context)


@require_POST
@needs("bot.edit")
def label(request: HttpRequest, turn_id: int) -> HttpResponse:
    """Say what one was about."""
    row = get_object_or_404(list_turns(request.user), pk=turn_id)  # type: ignore[arg-type]
    wrong = ""
    try:
        label_turn(turn=row, intent=request.POST.get("intent", ""))
    except UnknownIntent as refused:
        wrong = str(refused)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("chatbot:turns")
    context = {"row": row, "wrong": wrong, **_words()}
    return render(request, "chatbot/turn_label.html", context, status=422 if wrong else 200)


@require_GET
@needs("bot.edit")
def labels(request: HttpRequest) -> HttpResponseBase:
    """What was labelled, as `manage.py bot train --from` reads it."""
    lines = list(labelled_lines(list_turns(request.user, labelled=True)))  # type: ignore[arg-type]
    response = StreamingHttpResponse(iter(lines), content_type="application/jsonl")
    response["Content-Disposition"] = 'attachment; filename="etiquetas.jsonl"'
    return response
