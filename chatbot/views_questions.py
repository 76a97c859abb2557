"""What the bot could not answer: answered, or dismissed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from chatbot.domain.knowledge import KnowledgeRefused
from chatbot.domain.knowledge_questions import answer_question, dismiss_question, list_questions
from chatbot.knowledge_forms import FaqForm
from chatbot.models import OpenQuestion
from events.domain import Actor
from tenants.paging import page_by

State = OpenQuestion.State
TABS = {"": State.OPEN, "answered": State.ANSWERED, "dismissed": State.DISMISSED}


@require_GET
@needs("bot.edit")
def questions(request: HttpRequest) -> HttpResponse:
    """The questions, the most asked first; its rows alone for the next page."""
    chosen = request.GET.get("state", "")
    state = TABS.get(chosen, State.OPEN)
    page = page_by(list_questions(state=state), request, field="times")
    context: dict[str, Any] = {"page": page, "state": state.value}
    if request.htmx and request.GET.get("after"):  # type: ignore[attr-defined]
        return render(request, "chatbot/question_rows.html", context)
    words = (_("Por contestar"), _("Contestadas"), _("Descartadas"))
    context["tabs"] = [(key, word, TABS[key] == state) for key, word in zip(TABS, words, strict=True)]
    context["unanswered"] = list_questions().count()
    return render(request, "chatbot/questions.html", context)


@require_http_methods(["GET", "POST"])
@needs("bot.edit")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer one: it becomes an entry of the knowledge."""
    row = get_object_or_404(OpenQuestion, pk=pk)
    form = FaqForm(request.POST or None, initial={"question": row.text[:200]})
    if request.method == "POST" and form.is_valid():
        try:
            answer_question(question_id=pk, **form.cleaned_data, actor=Actor.of_user(request.user), now=timezone.now())
        except KnowledgeRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, _("Guardado. A quien lo pregunte, el asistente ya se lo contesta."))
            return redirect("chatbot:questions")
    context = {"form": form, "question": row}
    return render(request, "chatbot/knowledge_faq.html", context, status=422 if form.errors else 200)


@require_POST
@needs("bot.edit")
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one off the list."""
    get_object_or_404(OpenQuestion, pk=pk)
    try:
        dismiss_question(question_id=pk, actor=Actor.of_user(request.user), now=timezone.now())
    except KnowledgeRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Descartada. Si la repiten no vuelve a la lista."))
    return redirect("chatbot:questions")
