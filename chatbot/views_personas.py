"""Personas: their words, and the versions these had."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import needs
from chatbot.domain.personas import PersonaRefused, change_persona, create_persona, restore_version
from chatbot.forms import PersonaForm
from chatbot.models import Persona, PersonaVersion
from events.domain import Actor

SHOWN = 50  # versions on the page, the newest first


@needs("bot.edit")
def personas(request: HttpRequest) -> HttpResponse:
    """Show them all, and take a new one."""
    form = PersonaForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_persona(**form.cleaned_data, actor=Actor.of_user(request.user), now=timezone.now())
        except PersonaRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, _("Personalidad guardada. Elíjala en el asistente que la usará."))
            return redirect("chatbot:persona", made.pk)
    rows = Persona.objects.annotate(used=Count("bots", distinct=True), number=Max("versions__number"))
    context = {"form": form, "personas": rows.order_by("name", "pk")}
    return render(request, "chatbot/personas.html", context, status=422 if form.errors else 200)


@needs("bot.edit")
def persona(request: HttpRequest, persona_id: int) -> HttpResponse:
    """Show one with its versions; other words make the next."""
    found = get_object_or_404(Persona, pk=persona_id)
    now_said = {"name": found.name, "instructions": found.instructions}
    form = PersonaForm(request.POST or None, initial=now_said)
    if request.method == "POST" and form.is_valid():
        actor = Actor.of_user(request.user)
        try:
            change_persona(persona_id=found.pk, **form.cleaned_data, actor=actor, now=timezone.now())
        except PersonaRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, _("Guardado."))
            return redirect("chatbot:persona", found.pk)
    context = {
        "form": form,
        "persona": found,
        "versions": found.versions.order_by("-number")[:SHOWN],
        "bots": found.bots.order_by("pk"),
    }
    return render(request, "chatbot/persona.html", context, status=422 if form.errors else 200)


@require_POST
@needs("bot.edit")
def restore(request: HttpRequest, persona_id: int, number: int) -> HttpResponse:
    """Bring an older version back as the newest."""
    actor = Actor.of_user(request.user)
    try:
        restore_version(persona_id=persona_id, number=number, actor=actor, now=timezone.now())
    except (Persona.DoesNotExist, PersonaVersion.DoesNotExist):
        raise Http404 from None
    messages.success(request, _("La versión %(number)s está vigente otra vez.") % {"number": number})
    return redirect("chatbot:persona", persona_id)
