"""What a visitor's browser asks for: the script, the frame, and the chat's own calls.

No cookie counts here: who a visitor is says the token of each call, so no other site can speak in their name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any, cast

from django.db import DatabaseError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from inbox.domain import web_chat
from inbox.domain.web_chat import Refused, Visitor
from inbox.models import Channel
from tenants.colors import light_shades, parse_color
from tenants.current import current_tenant

LOADER = Path(__file__).parent / "channels" / "web_chat" / "loader.js"
JSON_LIMIT = 32 * 1024
FORM_LIMIT = web_chat.FILE_LIMIT + 64 * 1024


def _chat(request: HttpRequest, hook: Any) -> Channel:
    if getattr(request, "tenant", None) is None:
        raise Http404
    found = web_chat.find_chat(str(hook))
    if found is None:
        raise Http404
    return found


@cache
def _loader() -> str:
    return LOADER.read_text()


@require_GET
def script(request: HttpRequest, hook: Any) -> HttpResponse:
    """The script for the provider's page: a button with the brand's colours, and the frame behind it."""
    channel = _chat(request, hook)
    brand = current_tenant().brand
    shades = light_shades(parse_color(brand.primary_color))
    facts = {
        "hook": str(channel.hook),
        "title": str(channel.config.get("title") or brand.name),
        "open": _("Abrir el chat"),
        "close": _("Cerrar el chat"),
        "fill": shades.fill,
        "ink": shades.on_fill,
    }
    # A script may hold no "</script", whatever a provider's title says.
    said = json.dumps(facts).replace("<", "\\u003c")
    response = HttpResponse(f"(function(chat){{{_loader()}}})({said});", content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    # It is for other sites: that is what it is.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_GET
@xframe_options_exempt
def frame(request: HttpRequest, hook: Any) -> HttpResponse:
    """The chat itself, for a frame in the provider's own sites and no others."""
    channel = _chat(request, hook)
    origins = [str(origin) for origin in channel.config.get("origins", [])]
    own = f"{request.scheme}://{request.get_host()}"
    came = _origin_of(request.headers.get("Referer", ""))
    if came and came not in {own, *origins}:
        return HttpResponse(_("Este chat no es para esa página."), status=403, content_type="text/plain; charset=utf-8")
    facts = {
        "base": f"/chat/{channel.hook}",
        "hook": str(channel.hook),
        "origins": [own, *origins],
        "greeting": str(channel.config.get("greeting", "")),
        "ask": bool(channel.config.get("ask")),
        "limit": web_chat.FILE_LIMIT,
    }
    response = render(request, "inbox/web_chat_frame.html", {"facts": facts, "title": channel.config.get("title", "")})
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self';"
        " font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self' " + " ".join(origins)
    )
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-cache"
    return response


def _origin_of(url: str) -> str:
    scheme, _slashes, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if rest else ""


def chat_call(view: Callable[..., dict[str, Any]]) -> Callable[..., HttpResponse]:
    """Make a view of a function that takes (request, channel, said) and returns JSON. Only POST, only our own page."""

    @csrf_exempt
    @wraps(view)
    def call(request: HttpRequest, hook: Any) -> HttpResponse:
        channel = _chat(request, hook)
        try:
            _refuse_others(request)
            web_chat.check_rate(f"from:{request.META['REMOTE_ADDR']}", web_chat.CALLS)
            answer = JsonResponse(view(request, channel, _said(request)))
        except Refused as error:
            answer = JsonResponse({"error": error.code}, status=error.status)
        except DatabaseError:
            answer = JsonResponse({"error": "later"}, status=503)
        answer["Cache-Control"] = "no-store"
        return answer

    return call


def _refuse_others(request: HttpRequest) -> None:
    """Let through what our own page sends. Raises Refused."""
    if request.method != "POST":
        raise Refused("method", 405)
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.get_host()}":
        raise Refused("origin", 403)


def _said(request: HttpRequest) -> dict[str, Any]:
    """Return what was sent, JSON or a form with a file. Raises Refused."""
    form = (request.content_type or "").startswith("multipart/")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > (FORM_LIMIT if form else JSON_LIMIT):
        raise Refused("large", 413)
    if form:
        return {name: str(value) for name, value in request.POST.items()}
    try:
        said = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Refused("json") from None
    if not isinstance(said, dict):
        raise Refused("json")
    return said


def _visitor(request: HttpRequest, channel: Channel) -> Visitor:
    return web_chat.read_token(channel, request.headers.get("Authorization", "").removeprefix("Bearer "))


@chat_call
def session(request: HttpRequest, channel: Channel, said: dict[str, Any]) -> dict[str, Any]:
    """Recognise a visitor or greet a new one."""
    source = request.META["REMOTE_ADDR"]
    token = str(said.get("token") or "")[:400]
    return web_chat.open_session(channel=channel, token=token, source=source, now=timezone.now())


@chat_call
def lines(request: HttpRequest, channel: Channel, said: dict[str, Any]) -> dict[str, Any]:
    """The visitor's own lines."""
    before = said.get("before")
    return web_chat.read_lines(
        channel=channel,
        visitor=_visitor(request, channel),
        since=_moment(said.get("since")),
        before=before if isinstance(before, int) and 0 < before < 2**31 else None,
        now=timezone.now(),
    )


def _moment(text: Any) -> Any:
    try:
        found = parse_datetime(str(text or ""))
    except ValueError:
        return None
    # A year at either end of what there is cannot be reckoned with.
    return found if found is not None and found.tzinfo is not None and 1970 < found.year < 3000 else None


@chat_call
def message(request: HttpRequest, channel: Channel, said: dict[str, Any]) -> dict[str, Any]:
    """Take a message; the same id twice is one."""
    visitor = _visitor(request, channel)
    upload = request.FILES.get("file") if (request.content_type or "").startswith("multipart/") else None
    web_chat.take_message(channel=channel, visitor=visitor, said=said, upload=upload, now=timezone.now())
    return {"taken": True}


@chat_call
def state(request: HttpRequest, channel: Channel, said: dict[str, Any]) -> dict[str, Any]:
    """Note what reached the visitor's page and what they saw."""
    visitor, seq = _visitor(request, channel), said.get("seq")
    if not isinstance(seq, int) or not 0 < seq < 2**31:
        raise Refused("seq")
    status = str(said.get("status", ""))
    web_chat.note_state(channel=channel, visitor=visitor, seq=seq, status=status, now=timezone.now())
    return {}


@chat_call
def typing(request: HttpRequest, channel: Channel, _said: dict[str, Any]) -> dict[str, Any]:
    """The visitor types."""
    web_chat.note_typing(channel=channel, visitor=_visitor(request, channel))
    return {}


@require_GET
def file(request: HttpRequest, hook: Any, link: str) -> HttpResponse:
    """A file of the visitor's lines, by a link that was made for them."""
    found = web_chat.file_of(channel=_chat(request, hook), link=link)
    if found is None:
        raise Http404
    shown = found.content_type.startswith(("image/", "audio/", "video/")) and found.content_type != "image/svg+xml"
    try:
        opened = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        opened,
        content_type=found.content_type if shown else "application/octet-stream",
        as_attachment=not shown,
        filename=found.filename or Path(str(found.file.name)).name,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=3600"
    return cast("HttpResponse", response)
