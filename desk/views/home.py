"""Inicio, the command palette and what is running."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.access import signed_in
from accounts.models import User
from billing.domain.figures.charts import draw_month
from billing.domain.figures.daily import month_by_day
from billing.domain.figures.period import month_before, month_span
from desk.domain.attention import attention_for, first_steps
from desk.domain.home import figures_for
from desk.domain.lately import happened_lately
from desk.domain.palette import find_anything
from desk.domain.running import jobs_for
from tenants.current import tenant_today


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The first page of the day."""
    now, user = timezone.now(), cast("User", request.user)
    context: dict[str, Any] = {
        "figures": figures_for(user, now=now),
        "works": attention_for(user, now=now),
        "steps": first_steps(user),
        "lately": happened_lately(user, now=now),
        "today": tenant_today(now),
    }
    if user.can("billing.view"):
        today = tenant_today(now)
        span = month_span(today, today=today)
        this, last = month_by_day(span), month_by_day(month_span(month_before(span).first, today=today))
        if any((*this.billed, *this.collected, *last.collected)):  # an empty chart says nothing
            context |= {"chart": draw_month(this, last), "month": this, "last_month": last}
    return render(request, "desk/home.html", context)


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
    jobs = jobs_for(request.user, now=timezone.now())
    running = next((job for job in jobs if job.running), None)
    return render(request, "desk/work.html", {"jobs": jobs, "running": running})
