"""The composer's templates: found by words, filled in with a preview, sent."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from customers.text import fold
from events.domain import Actor
from inbox.domain.approvals import needs_file, sendable
from inbox.domain.canned import known_value
from inbox.domain.sending import NothingToSend, TooLong, Upload, queue_message
from inbox.models import Approval, Conversation
from inbox.previews import file_wanted, preview_of, values_of

FILE_LIMIT = 10 * 1024 * 1024  # bytes of a header's file


def _conversation(request: HttpRequest, pk: int) -> Conversation:
    rows = Conversation.objects.visible_to(request.user).select_related("customer", "channel")
    found: Conversation = get_object_or_404(rows, pk=pk)
    return found


def _approval(found: Conversation, pk: str) -> Approval:
    rows = Approval.objects.filter(channel=found.channel, status=Approval.Status.APPROVED).select_related("notice")
    return get_object_or_404(rows, pk=int(pk) if pk.isdecimal() else 0)


@require_GET
@needs("inbox.reply")
def picker(request: HttpRequest, pk: int) -> HttpResponse:
    """The texts that may be sent here, those with the words of the search."""
    found = _conversation(request, pk)
    text = request.GET.get("buscar", "")[:60]
    wanted = fold(text).split()
    rows = [row for row in sendable(found.channel) if all(word in fold(f"{row.name} {row.body}") for word in wanted)]
    shown = [
        (row, row.notice.name if row.notice else row.name.replace("_", " ").capitalize(), preview_of(row, {}).body)
        for row in rows
    ]
    context = {"conversation": found, "approvals": shown, "text": text, "any": bool(rows) or bool(text)}
    part = "#found" if "buscar" in request.GET else ""
    return render(request, f"inbox/template_picker.html{part}", context)


@require_GET
@needs("inbox.reply")
def fields(request: HttpRequest, pk: int) -> HttpResponse:
    """A chosen text with a field for each of its values, those we know filled in, and how it will look."""
    found = _conversation(request, pk)
    return _fields(request, found, _approval(found, request.GET.get("approval", "")))


def _fields(
    request: HttpRequest, found: Conversation, approval: Approval, *, problem: str = "", status: int = 200
) -> HttpResponse:
    given = {name.removeprefix("value-"): value for name, value in request.POST.items() if name.startswith("value-")}
    values = values_of(approval, _known(request, found))
    if given:
        values = [type(v)(v.place, v.word, str(given.get(v.place, ""))) for v in values]
    accept, file_word = file_wanted(approval)
    context: dict[str, Any] = {
        "conversation": found,
        "approval": approval,
        "values": values,
        "preview": preview_of(approval, {v.place: v.value for v in values if v.value}),
        "accept": accept,
        "file_word": file_word,
        "problem": problem,
    }
    return render(request, "inbox/template_fields.html", context, status=status)


def _known(request: HttpRequest, found: Conversation) -> dict[str, str]:
    """Return what is known of the person, by the names our notices use; an amount only where something is owed."""

    def value(name: str) -> str:
        return known_value(name=name, conversation=found, user=request.user, now=timezone.now())  # type: ignore[arg-type]

    due = value("vence")
    amount = value("saldo") if due else ""
    return {"name": value("nombre"), "code": value("codigo"), "amount": amount, "due_date": due}


@require_POST
@needs("inbox.reply")
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """How the text looks with what is typed so far."""
    found = _conversation(request, pk)
    approval = _approval(found, request.POST.get("approval", ""))
    shown = preview_of(approval, {place: value for place, value in _typed(request, approval).items() if value})
    return render(request, "inbox/template_preview.html", {"preview": shown})


def _typed(request: HttpRequest, approval: Approval) -> dict[str, str]:
    return {v.place: request.POST.get(f"value-{v.place}", "").strip()[:600] for v in values_of(approval, {})}


@require_POST
@needs("inbox.reply")
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an approved text. `key` makes the same form sent twice one message."""
    found = _conversation(request, pk)
    approval = _approval(found, request.POST.get("approval", ""))
    values, upload = _typed(request, approval), request.FILES.get("header")
    problem = ""
    if not all(values.values()):
        problem = _("Complete todos los datos de la plantilla.")
    elif needs_file(approval) and upload is None:
        problem = _("Elija el archivo del encabezado.")
    elif upload is not None and (upload.size or 0) > FILE_LIMIT:
        problem = _("El archivo pesa más de 10 MB.")
    if problem:
        return _fields(request, found, approval, problem=problem, status=422)
    key = request.POST.get("key", "")[:60]
    try:
        queue_message(
            conversation=found,
            approval=approval,
            variables=dict(values),
            files=[Upload(upload.read(), upload.name or "")] if upload is not None and needs_file(approval) else [],
            author=Actor.of_user(request.user),
            key=f"user:{request.user.pk}:{key}" if key else None,
            now=timezone.now(),
        )
    except (NothingToSend, TooLong, ValueError):
        problem = _("La plantilla no se puede enviar así: revise el archivo y el largo del texto.")
        return _fields(request, found, approval, problem=problem, status=422)
    if not getattr(request, "htmx", None):
        return redirect("inbox:conversation", pk)
    events = {"inbox:changed": {"conversation": pk}, "inbox:sent": {}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})
