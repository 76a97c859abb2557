"""The left two panes of the inbox: queues, teams and saved views; the list, its filters and its search."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from accounts.models import User
from customers.models import Zone
from inbox.domain.channels import icon_of
from inbox.domain.filters import ALL, ME, NOBODY, Filters, read_filters
from inbox.domain.listing import conversation_page, queue_counts, team_counts, views_of
from inbox.domain.organising import may_remove, remove_view, save_view
from inbox.domain.queries import has_channel
from inbox.domain.searching import Found, is_too_short
from inbox.models import Channel, Conversation, Label, Priority, Team

QUEUE_WORDS = {
    "waiting": (gettext_lazy("En espera"), "hourglass"),
    "mine": (gettext_lazy("Mías"), "user"),
    "unassigned": (gettext_lazy("Sin asignar"), "user-x"),
    "bot": (gettext_lazy("Con el asistente"), "bot"),
    "open": (gettext_lazy("Abiertas"), "messages-square"),
    "snoozed": (gettext_lazy("Pospuestas"), "alarm-clock"),
    "resolved": (gettext_lazy("Resueltas"), "message-square-check"),
    "blocked": (gettext_lazy("Bloqueadas"), "ban"),
}
WAITS = ((15, gettext_lazy("15 minutos")), (60, gettext_lazy("1 hora")), (240, gettext_lazy("4 horas")),
         (1440, gettext_lazy("1 día")))  # fmt: skip


@require_GET
@needs("inbox.view")
def conversations(request: HttpRequest) -> HttpResponse:
    """The rows of the list: the first page, or the one after a key."""
    template = "inbox/rows.html" if request.GET.get("despues") else "inbox/list.html"
    return render(request, template, list_context(request))


@require_GET
@needs("inbox.view")
def queues(request: HttpRequest) -> HttpResponse:
    """The queues with their counts."""
    return render(request, "inbox/queues.html", queue_context(request))


@require_GET
@needs("inbox.view")
def filter_form(request: HttpRequest) -> HttpResponse:
    """The dialog that narrows the list, and keeps what it shows as a view."""
    filters = read_filters(request.GET)
    return render(request, "inbox/list_filters.html", {"filters": filters, "query": filters.query(), **_choices()})


@require_POST
@needs("inbox.view")
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the list's filters under a name: one's own, or everybody's for whoever assigns the work."""
    name = " ".join(request.POST.get("nombre", "").replace("\x00", "").split())
    filters = read_filters(request.POST)
    shared = bool(request.POST.get("compartida")) and request.user.can("inbox.assign")  # type: ignore[union-attr]
    wrong = ""
    if not 1 <= len(name) <= 60:
        wrong = _("Escriba un nombre de hasta 60 letras.")
    elif filters == Filters():
        wrong = _("Elija primero qué debe mostrar la vista.")
    if wrong:
        context = {"filters": filters, "query": filters.query(), "wrong": wrong, "typed": name, **_choices()}
        return render(request, "inbox/list_filters.html", context, status=422)
    owner = None if shared or not isinstance(request.user, User) else request.user
    save_view(name=name, query=filters.query().removeprefix("?")[:400], owner=owner)
    url = reverse("inbox:home") + filters.query()
    if getattr(request, "htmx", None):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


@require_POST
@needs("inbox.view")
def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a saved view away."""
    remove_view(view_id=pk, user=request.user)
    if getattr(request, "htmx", None):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("inbox:home")})
    return redirect("inbox:home")


def panes(request: HttpRequest) -> dict[str, Any]:
    """Return what the left two panes show."""
    return {**queue_context(request), **list_context(request), "has_channel": has_channel()}


def filter_context(request: HttpRequest) -> dict[str, Any]:
    """Return the filters of the address, and the address's query that keeps them."""
    filters = read_filters(request.GET)
    return {"filters": filters, "cola": filters.effective_queue, "q": filters.text, "query": filters.query()}


def queue_context(request: HttpRequest) -> dict[str, Any]:
    """Return the queues with their counts, the person's teams and the saved views. Three queries."""
    context = filter_context(request)
    filters: Filters = context["filters"]
    counts, here = queue_counts(request.user), filters.query()
    plain = not filters.narrowing
    rows = [
        {
            "name": name,
            "word": word,
            "icon": icon,
            "count": counts.get(name),
            "current": plain and name == context["cola"],
        }
        for name, (word, icon) in QUEUE_WORDS.items()
    ]
    teams = [
        {"name": team.name, "query": f"?equipo={team.pk}", "count": getattr(team, "awake", 0)}
        for team in team_counts(request.user)
    ]
    views = [
        {
            "pk": view.pk,
            "name": view.name,
            "query": f"?{view.query}",
            "shared": view.owner_id is None,
            "removable": may_remove(view, request.user),
        }
        for view in views_of(request.user)
    ]
    for place in (*teams, *views):
        place["current"] = place["query"] == here
    word = QUEUE_WORDS[context["cola"]][0] if context["cola"] != ALL else _("Todas")
    named = next((place["name"] for place in (*teams, *views) if place["current"]), word)
    return {**context, "queues": rows, "teams": teams, "views": views, "queue_word": named}


def list_context(request: HttpRequest) -> dict[str, Any]:
    """Return a page of the list."""
    context, now = filter_context(request), timezone.now()
    filters: Filters = context["filters"]
    after = request.GET.get("despues", "")
    page = conversation_page(user=request.user, filters=filters, now=now, after=after)
    for row in page.rows:
        row.icon = icon_of(row.channel.kind)  # type: ignore[attr-defined]
        row.hit = page.lines.get(row.pk)  # type: ignore[attr-defined]
        row.late = bool(row.due_at and row.due_at <= now)  # type: ignore[attr-defined]
        row.href = _address_of(row.pk, filters, row.hit)  # type: ignore[attr-defined]
    current = request.GET.get("abierta", "")
    return {
        **context,
        "rows": page.rows,
        "more": filters.query(despues=page.after).removeprefix("?") if page.after else "",
        "current": int(current) if current.isascii() and current.isdecimal() else 0,
        "chips": _chips(filters),
        "too_short": bool(filters.text.strip()) and is_too_short(filters.text),
    }


def _address_of(pk: int, filters: Filters, hit: Found | None) -> str:
    """Return where a conversation opens beside this list, at the line that was found."""
    return reverse("inbox:conversation", args=[pk]) + filters.query(linea=str(hit.seq) if hit else "")


def _choices() -> dict[str, Any]:
    """Return what each filter may be."""
    return {
        "queue_words": [(name, word) for name, (word, _icon) in QUEUE_WORDS.items()],
        "channels": Channel.objects.order_by("name"),
        "people": User.objects.who_can("inbox.reply"),
        "teams": Team.objects.all(),
        "labels": Label.objects.all(),
        "priorities": Priority.choices,
        "zones": Zone.objects.order_by("name"),
        "waits": WAITS,
    }


def _chips(filters: Filters) -> list[dict[str, str]]:
    """Return what narrows the list in words, each with the address without it. Names are looked up one by one: few."""
    chips = []
    for name, value in filters.narrowing.items():
        chips.append({"word": _chip_word(name, value), "query": filters.without(name).query()})
    return chips


def _chip_word(name: str, value: Any) -> str:
    models = {"channel": Channel, "label": Label, "zone": Zone, "team": Team, "assignee": User}
    if name == "unread":
        return _("Sin leer")
    if name == "waiting":
        return _("Espera más de %(time)s") % {"time": dict(WAITS).get(value, _("%(n)s minutos") % {"n": value})}
    if name == "status":
        return str(Conversation.Status(value).label)
    if name == "priority":
        return _("Prioridad %(word)s") % {"word": str(Priority(value).label).lower()}
    if value in {ME, NOBODY}:
        return _("Asignadas a mí") if value == ME else {"team": _("Sin equipo")}.get(name, _("Sin asignar"))
    found = QuerySet(models[name]).filter(pk=value).first()
    return str(found) if found else _("Ya no existe")
