"""What one does in the thread: answer, note, react; who else is here; who was named."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from events.domain import Actor
from inbox.domain.composing import (
    BadChoices,
    BadPlace,
    FileTooLarge,
    TooManyFiles,
    Upload,
    read_choices,
    read_place,
    send_answer,
)
from inbox.domain.conversations import add_note
from inbox.domain.gestures import CannotReact, react
from inbox.domain.mentions import mentions_of, people_to_mention, unseen_mentions
from inbox.models import Conversation, Message
from inbox.views import words_for


def _conversation(request: HttpRequest, pk: int) -> Conversation:
    rows = Conversation.objects.visible_to(request.user).select_related("channel", "customer")
    return get_object_or_404(rows, pk=pk)


def _done(request: HttpRequest, pk: int, **events: Any) -> HttpResponse:
    if not getattr(request, "htmx", None):
        return redirect("inbox:conversation", pk)
    told = json.dumps({"inbox:changed": {"conversation": pk}, **events})
    return HttpResponse(status=204, headers={"HX-Trigger": told})


def _refused(request: HttpRequest, found: Conversation, sentence: str) -> HttpResponse:
    context = {"sentence": sentence, "conversation": found}
    return render(request, "inbox/refused.html", context, status=422)


@require_POST
@needs("inbox.reply")
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer, or write a note. `key` makes the same form sent twice one message."""
    found, body = _conversation(request, pk), request.POST.get("body", "")
    actor, now, key = Actor.of_user(request.user), timezone.now(), _key(request)
    if request.POST.get("kind") == "note":
        if not body.strip():
            return _refused(request, found, _("Escriba la nota."))
        add_note(conversation_id=found.pk, body=body, author=actor, now=now, key=key)
        return _done(request, pk, **{"inbox:sent": {}})
    uploads = request.FILES.getlist("file")
    try:
        _answer(request, found, uploads, actor=actor, key=key)
    except ValueError as error:
        return _refused(request, found, _why_not(error, found, with_files=bool(uploads)))
    return _done(request, pk, **{"inbox:sent": {}})


class WindowClosed(ValueError):
    """Free text may not be sent to this person now."""


def _answer(request: HttpRequest, found: Conversation, uploads: list[Any], *, actor: Actor, key: str | None) -> None:
    """Put the form's answer in line. Raises ValueError and its kinds, see `_why_not`."""
    now = timezone.now()
    if not found.window_is_open(now):
        raise WindowClosed
    if any((upload.size or 0) > found.channel.can.media_limit for upload in uploads):
        raise FileTooLarge
    voice = request.POST.get("voice") == "1"
    send_answer(
        conversation=found,
        body=request.POST.get("body", ""),
        author=actor,
        files=[Upload(upload.read(), upload.name or "", is_voice=voice) for upload in uploads],
        place=read_place(point=request.POST.get("point", ""), name=request.POST.get("place_name", "")),
        choices=read_choices(text=request.POST.get("options", ""), can=found.channel.can),
        reply_to=_answered(request, found),
        key=key,
        now=now,
    )


def _why_not(error: ValueError, found: Conversation, *, with_files: bool) -> str:
    """Return a sentence for what kept an answer from being put in line."""
    match error:
        case WindowClosed():
            return _closed(found)
        case FileTooLarge():
            return _too_large(found)
        case BadChoices():
            return _(
                "Escriba la pregunta en el mensaje (hasta 1,024 letras, sin archivos) y hasta %(many)s opciones "
                "distintas de 20 letras, una por línea."
            ) % {"many": max(found.channel.can.buttons, found.channel.can.rows)}
        case BadPlace():
            return _("Pegue el punto como lo da el mapa (22.1565, -100.9855) y envíelo sin texto ni archivos.")
        case TooManyFiles():
            return _("Envíe hasta 10 archivos a la vez.")
        case _:
            return words_for(error, found, with_files=with_files)


def _key(request: HttpRequest) -> str | None:
    key = request.POST.get("key", "")[:60]
    return f"user:{request.user.pk}:{key}" if key else None


def _closed(found: Conversation) -> str:
    if found.channel.can.window is None:
        return _("Este canal no permite escribir primero: espere a que la persona escriba.")
    return _("Pasaron más de 24 horas desde su último mensaje: use una plantilla.")


def _too_large(found: Conversation) -> str:
    return _("El archivo pesa más de %(limit)s MB, lo más que este canal lleva.") % {
        "limit": found.channel.can.media_limit // (1024 * 1024)
    }


def _answered(request: HttpRequest, found: Conversation) -> Message | None:
    """Return the line this answers, where the channel can say so."""
    wanted = request.POST.get("reply_to", "")
    if not (wanted.isdecimal() and len(wanted) < 19 and found.channel.can.replies):
        return None
    return found.messages.filter(pk=wanted, channel=found.channel).exclude(external_id="").first()


@require_POST
@needs("inbox.reply")
def react_to(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    """Put our reaction on a line, change it, or take it away."""
    found = _conversation(request, pk)
    line = get_object_or_404(Message.objects.filter(conversation=found), pk=message)
    emoji = request.POST.get("emoji", "").replace("\x00", "").strip()
    try:
        react(message=line, emoji=emoji, actor=Actor.of_user(request.user), now=timezone.now())
    except CannotReact:
        return _refused(request, found, _("Este canal no permite reaccionar a ese mensaje."))
    return _done(request, pk)


@require_GET
@never_cache
@needs("inbox.view")
def people(request: HttpRequest) -> HttpResponse:
    """The people a note can name."""
    rows = [{"name": one.name} for one in people_to_mention() if one.pk != request.user.pk]
    return JsonResponse({"people": rows})


@require_GET
@needs("inbox.view")
def mentions(request: HttpRequest) -> HttpResponse:
    """The notes that name me."""
    return render(request, "inbox/thread_mentions.html", {"mentions": mentions_of(request.user)})  # type: ignore[arg-type]


@require_GET
@never_cache
@needs("inbox.view")
def mentions_badge(request: HttpRequest) -> HttpResponse:
    """How many of them I have not seen."""
    return render(request, "inbox/thread_badge.html", {"count": unseen_mentions(request.user)})  # type: ignore[arg-type]
