"""Doors: who may call a view. Refused looks like absent (404), so that nothing is learnt by trying."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from rest_framework.exceptions import NotFound
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.permissions import ALL


def needs(code: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Let only signed-in people with `code` in; others sign in first, or find nothing."""
    if code not in ALL:
        raise KeyError(code)

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            if not request.user.can(code):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let any signed-in person in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if request.user.is_authenticated else to_sign_in(request)

    return guarded


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send to the sign-in page and back to here afterwards; a fragment moves the whole page, not its hole."""
    htmx = getattr(request, "htmx", None)
    if htmx:
        back = htmx.current_url_abs_path or "/"
        response = HttpResponse(status=204)
        response["HX-Redirect"] = f"{reverse('accounts:sign_in')}?{urlencode({'next': back, 'expired': 1})}"
        return response
    return redirect(f"{reverse('accounts:sign_in')}?{urlencode({'next': request.get_full_path()})}")


class DenyUnlessDeclared(BasePermission):
    """The API's default: a view that says nothing lets nobody in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class Needs(BasePermission):
    """`permission_classes = [Needs.to(read="billing.view", write="payments.record")]`."""

    read_code = ""
    write_code = ""

    @classmethod
    def to(cls, *, read: str, write: str = "") -> type[Needs]:
        """Return a permission class for these codes; without `write` the view only reads."""
        if not {read, write} <= ALL | {""}:
            raise KeyError(read, write)
        return type("Needs", (cls,), {"read_code": read, "write_code": write})

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        code = self.read_code if request.method in SAFE_METHODS else self.write_code
        if not code or not request.user.can(code):
            raise NotFound
        return True
