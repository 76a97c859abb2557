"""The door the far sides call: a webhook is checked, stored as one row, and answered. A lane does the rest.

One address serves all providers: the host says whose call it is, else the number it is about. A call for numbers of
several providers goes to each of them, checked with each one's own secret.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import psycopg
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.urls import ResolverMatch, get_resolver
from django.urls.exceptions import Resolver404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from inbox.channels.base import Call, Malformed
from inbox.channels.registry import CHANNELS
from inbox.domain.called import find_called
from inbox.domain.notifications import NotStorable, door_of, store
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

PLACES = ("/hooks/", "/webhook")
DOORS = [kind for kind, side in CHANNELS.items() if side.is_called]


class DoorsFirst:
    """Takes the calls of the far sides past what is for people: sessions, languages, forms, redirects to https.

    It comes right after the tenant was entered by the host. A far side is known by its signature, whatever it came by.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PLACES):
            try:
                match = _match(getattr(request, "urlconf", None), request.path_info)
            except Resolver404:
                return self.get_response(request)
            if getattr(match.func, "is_door", False):
                request.resolver_match = match
                answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
                return answer
        return self.get_response(request)


@lru_cache(maxsize=256)
def _match(urlconf: str | None, path: str) -> ResolverMatch:
    return get_resolver(urlconf).resolve(path)


def door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view as one that a far side calls: no cookie, no form of ours, no redirect."""
    marked: Any = csrf_exempt(view)
    marked.is_door = True
    return marked  # type: ignore[no-any-return]


@door
def knock(request: HttpRequest, kind: str, hook: uuid.UUID | str = "") -> HttpResponse:
    """Take a call for channels of `kind`; `hook` is what the address names, where it names a channel.

    Answers as the kind's far side expects; 400 for what is none of its calls, 403 when the signature is wrong, 413
    for one that is too large, 503 (so that it is repeated) when it cannot be stored now. Only the genuine is stored.
    """
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    side = CHANNELS[kind]
    try:
        body = _body(request, side.body_limit)
        return HttpResponse(status=_take(request, kind, str(hook), body))
    except TooLarge:
        return HttpResponse(status=413)
    except (Malformed, NotStorable, UnreadablePostError, RawPostDataException):
        return HttpResponse(status=400)
    except SealError:
        logger.exception("a channel's secret cannot be opened")
    except (DatabaseError, psycopg.Error):
        logger.exception("a call cannot be stored now")
    return HttpResponse(status=503, headers={"Retry-After": "5"})


class TooLarge(ValueError):
    """A call over its kind's limit; it is not read."""


def _body(request: HttpRequest, limit: int) -> bytes:
    said = request.META.get("CONTENT_LENGTH") or "0"
    if not said.isdecimal() or int(said) > limit:
        raise TooLarge
    return request.body


def _take(request: HttpRequest, kind: str, hook: str, body: bytes) -> int:
    """Store what is genuine of a call; return the status to answer with."""
    side, door = CHANNELS[kind], door_of(kind)
    query = request.GET if request.META.get("QUERY_STRING") else {}
    call = Call("POST", _Addresses(request), hook, query, _headers(request), body)
    here = getattr(request, "tenant", None)
    refused = stored = False
    now = timezone.now()
    for envelope in door.route(call):
        for called in find_called(kind=kind, envelope=envelope, hook=hook, here=here):
            theirs = replace(call, urls=_Addresses(request, called.public_base))
            if called.secrets and door.is_genuine(theirs, secrets=called.secrets):
                store(tenant=called.tenant, channel_id=called.channel_id, envelopes=[envelope], now=now)
                stored = True
            else:
                refused = True
    if stored:
        return side.answer
    return 403 if refused else side.unknown


class _Addresses:
    """The addresses under which a call may have been signed: as configured, then as we were asked. Put together only
    when somebody looks, since most do not, or find the first one right.
    """

    def __init__(self, request: HttpRequest, public_base: str = "") -> None:
        self._request = request
        self._public_base = public_base

    def __iter__(self) -> Iterator[str]:
        if self._public_base:
            yield self._public_base + self._request.get_full_path()
        yield self._request.build_absolute_uri()


def _headers(request: HttpRequest) -> dict[str, str]:
    meta = request.META
    return {name[5:].replace("_", "-").lower(): meta[name] for name in meta if name.startswith("HTTP_")}
