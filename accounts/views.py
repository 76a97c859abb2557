"""Signing in and out, on the provider's own brand."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.forms import SignInForm
from accounts.guard import may_try, note_failure


@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show and take the sign-in form; then on to where the person was going."""
    target = _safe_next(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request, request.POST or None)
    status = 200
    if request.method == "POST":
        email, address = request.POST.get("email", ""), request.META.get("REMOTE_ADDR", "")
        if not may_try(email=email, address=address):
            form.add_error(None, _("Demasiados intentos. Espere 15 minutos y vuelva a probar."))
            status = 429
        elif form.is_valid() and form.user:
            login(request, form.user)
            return redirect(target)
        else:
            note_failure(email=email, address=address)
            status = 422
    context = {"form": form, "next": target, "expired": "expired" in request.GET}
    return render(request, "accounts/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("accounts:sign_in")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """Explain an expired form instead of a bare 403."""
    return render(request, "errors/expired_form.html", status=403)


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or "/"
    ok = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return target if ok else "/"
