"""Inicio, the command palette and what is running."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.access import signed_in
from desk.domain.palette import find_anything


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The first page of the day."""
    return render(request, "desk/home.html", {})


@signed_in
@never_cache
def palette(request: HttpRequest) -> HttpResponse:
    """The palette's answers to `?q=`."""
    text = request.GET.get("q", "")[:80]
    return render(request, "desk/palette_answers.html", {"groups": find_anything(text, user=request.user), "q": text})


@signed_in
@never_cache
def work(request: HttpRequest) -> HttpResponse:
    """The ring of running work, with its menu of running and finished work."""
    return render(request, "desk/work.html", {"jobs": []})
