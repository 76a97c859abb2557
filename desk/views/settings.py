"""Ajustes: the index and the brand."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import needs, signed_in
from desk.domain.brand import change_brand
from desk.forms import BrandForm
from desk.navigation import setting_pages
from events.domain import Actor
from tenants.colors import LIGHT_SURFACE, brand_properties, contrast, light_shades, parse_color
from tenants.current import current_tenant
from tenants.models import Brand


@signed_in
def index(request: HttpRequest) -> HttpResponse:
    """What can be set, for whoever may set any of it."""
    return render(request, "desk/settings.html", {"pages": setting_pages(request.user)})


@needs("settings.edit")
def brand(request: HttpRequest) -> HttpResponse:
    """The form, with its preview beside it; what was typed stays when something is wrong."""
    row = Brand.objects.get(tenant=current_tenant())
    form = BrandForm(request.POST or None, request.FILES or None, instance=row)
    if request.method == "POST" and form.is_valid():
        change_brand(
            changes=form.changes(),
            logo=form.cleaned_data["logo_file"],
            drop_logo=form.cleaned_data["drop_logo"],
            actor=Actor.of_user(request.user),
        )
        messages.success(request, _("La marca quedó guardada. Así la ven ya todos."))
        return redirect("desk:brand")
    status = 422 if form.errors else 200
    row.refresh_from_db()  # a form that failed has written on its copy
    context = {
        "form": form,
        "current": row,
        **_preview(form["primary_color"].value(), form["accent_color"].value(), row),
    }
    context["shown"] = {name: form[name].value() or "" for name in BrandForm.Meta.fields}
    return render(request, "desk/brand.html", context, status=status)


@require_POST
@needs("settings.edit")
def brand_preview(request: HttpRequest) -> HttpResponse:
    """The preview for what is typed so far; a colour half typed keeps the last one that was whole."""
    row = Brand.objects.get(tenant=current_tenant())
    shown = {name: request.POST.get(name, "")[:200] for name in BrandForm.Meta.fields}
    context = {"current": row, "shown": shown, **_preview(shown["primary_color"], shown["accent_color"], row)}
    return render(request, "desk/brand_preview.html", context)


def _preview(primary: str | None, accent: str | None, row: Brand) -> dict[str, Any]:
    first = _color(primary) or row.primary_color
    second = _color(accent)
    light = light_shades(parse_color(first))
    return {
        "vars": json.dumps(brand_properties(first, second)),
        "dark_on_brand": light.on_fill == "#000000",
        "text_moved": light.text != parse_color(first),
        "pale": contrast(first, LIGHT_SURFACE) < 1.3,
    }


def _color(text: str | None) -> str:
    try:
        return parse_color(text or "")
    except ValueError:
        return ""
