"""What the bot knows: the list, an article, a document brought, a question tried."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from chatbot.domain.knowledge import (
    KnowledgeRefused,
    add_document,
    add_faq,
    change_faq,
    list_articles,
    remove_article,
)
from chatbot.domain.knowledge_questions import list_questions
from chatbot.domain.knowledge_search import find_answer
from chatbot.knowledge_forms import DocumentForm, FaqForm, TryForm
from chatbot.models import Article
from chatbot.papers.reading import MAX_BYTES, BadDocument
from events.domain import Actor
from tenants.paging import page_by

SHOWN = 200  # passages of one document on its page


@require_GET
@needs("bot.edit")
def articles(request: HttpRequest) -> HttpResponse:
    """The list, the last changed first; its rows alone for a filter or the next page."""
    text = request.GET.get("q", "").replace("\x00", "").strip()
    kind = request.GET.get("kind", "")
    wanted = list_articles(text=text, kind=kind if kind in Article.Kind.values else "")
    page = page_by(wanted, request, field="changed_at")
    context: dict[str, Any] = {"page": page, "asked": request.GET, "narrow": bool(text or kind)}
    htmx = request.htmx  # type: ignore[attr-defined]
    if htmx and request.GET.get("after"):
        return render(request, "chatbot/knowledge_rows.html", context)
    context |= {"kinds": Article.Kind.choices, "unanswered": list_questions().count(), "sample": TryForm()}
    return render(request, "chatbot/knowledge.html#list" if htmx else "chatbot/knowledge.html", context)


@require_http_methods(["GET", "POST"])
@needs("bot.edit")
def faq(request: HttpRequest) -> HttpResponse:
    """Write a question and its answer."""
    form = FaqForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_faq(**form.cleaned_data, actor=Actor.of_user(request.user), now=timezone.now())
        except KnowledgeRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, _("Guardado. El asistente ya lo contesta."))
            return redirect("chatbot:knowledge")
    return render(request, "chatbot/knowledge_faq.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("bot.edit")
def document(request: HttpRequest) -> HttpResponse:
    """Bring a document; what is wrong with it is said beside it, and nothing is kept."""
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        kept = _bring(request, form)
        if kept is not None:
            messages.success(request, _("Guardado. Revise cómo quedó partido."))
            return redirect("chatbot:knowledge_article", kept.pk)
    return render(request, "chatbot/knowledge_upload.html", {"form": form}, status=422 if form.errors else 200)


def _bring(request: HttpRequest, form: DocumentForm) -> Article | None:
    values = form.cleaned_data
    upload = values["file"]
    try:
        return add_document(
            name=upload.name,
            data=upload.read(MAX_BYTES + 1),
            title=values["title"],
            language=values["language"],
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
    except BadDocument as error:
        form.add_error("file", str(error))
    except KnowledgeRefused as refused:
        form.add_error(refused.field, refused.message)
    return None


@require_http_methods(["GET", "POST"])
@needs("bot.edit")
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """A question to change, or a document with its passages."""
    row = get_object_or_404(Article, pk=pk)
    if row.kind == Article.Kind.DOCUMENT:
        if request.method == "POST":
            raise Http404
        passages = list(row.passages.order_by("position")[: SHOWN + 1])
        context = {"row": row, "passages": passages[:SHOWN], "more": len(passages) > SHOWN}
        return render(request, "chatbot/knowledge_document.html", context)
    initial = {"question": row.title, "answer": row.body, "language": row.language}
    form = FaqForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_faq(article_id=pk, **form.cleaned_data, actor=Actor.of_user(request.user), now=timezone.now())
        except KnowledgeRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, _("Guardado. El asistente ya lo contesta."))
            return redirect("chatbot:knowledge")
    context = {"form": form, "row": row}
    return render(request, "chatbot/knowledge_faq.html", context, status=422 if form.errors else 200)


@require_GET
@needs("bot.edit")
def file(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001 -- the shape of a view
    """The document as it was brought; only ever downloaded."""
    row = get_object_or_404(Article.objects.exclude(file=""), pk=pk)
    try:
        data = row.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        data, content_type="application/octet-stream", as_attachment=True, filename=row.file_name or row.title
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response  # type: ignore[return-value]  # a streaming one


@require_POST
@needs("bot.edit")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an article away."""
    get_object_or_404(Article, pk=pk)
    remove_article(article_id=pk, actor=Actor.of_user(request.user), now=timezone.now())
    messages.success(request, _("Borrado. El asistente ya no lo contesta."))
    return redirect("chatbot:knowledge")


@require_POST
@needs("bot.edit")
def sample(request: HttpRequest) -> HttpResponse:
    """Say what a question would be answered from the knowledge. Nothing is collected."""
    form = TryForm(request.POST)
    context: dict[str, Any] = {"sample": form, "tried": form.is_valid()}
    if form.is_valid():
        context["found"] = find_answer(form.cleaned_data["text"], (get_language() or "")[:2])
    return render(request, "chatbot/knowledge.html#trial", context, status=422 if form.errors else 200)
