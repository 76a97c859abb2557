"""The provider's knowledge: questions with their answers, and documents. Added, changed, taken away."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from chatbot.domain.knowledge_words import MISTYPED, words_of
from chatbot.models import Article, KnownWord, Passage
from chatbot.papers.reading import PDF, Piece, read_paper
from customers.text import fold
from events.domain import Actor, record

Kind = Article.Kind
MOST = 2000  # articles of one provider
TITLE, ANSWER = 200, 700
WORD = 60  # letters of a word that a mistyped one is compared with


class KnowledgeRefused(ValueError):
    """An article cannot be kept; `field` is the one to look at. Nothing was written."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def list_articles(*, text: str = "", kind: str = "") -> QuerySet[Article]:
    """Return the articles with the number of their passages (`parts`), the last changed first."""
    rows = Article.objects.annotate(parts=Count("passages")).order_by("-changed_at", "-id")
    if kind:
        rows = rows.filter(kind=kind)
    if wanted := fold(text[:100]):
        rows = rows.filter(Q(title_key__contains=wanted) | Q(pk__in=_holding(wanted)))
    return rows


def _holding(wanted: str) -> QuerySet[Passage, int]:
    rows = Passage.objects.all()
    for word in words_of(wanted) or [wanted]:
        rows = rows.filter(words__contains=word)
    return rows.values_list("article_id", flat=True)


@transaction.atomic
def add_faq(*, question: str, answer: str, language: str = "es", actor: Actor, now: datetime) -> Article:
    """Keep a question and its answer. Raises KnowledgeRefused."""
    article = Article(kind=Kind.FAQ, author=actor.label, created_at=now)
    _fill_faq(article, question, answer, language)
    _save(article, "question", now)
    _keep_pieces(article, [Piece(article.title, article.body)])
    record("knowledge.added", subject=article, actor=actor, at=now, title=article.title)
    return article


@transaction.atomic
def change_faq(
    *, article_id: int, question: str, answer: str, language: str = "es", actor: Actor, now: datetime
) -> Article:
    """Change a question and its answer. Raises KnowledgeRefused, and Article.DoesNotExist for a document."""
    article = Article.objects.select_for_update().get(pk=article_id, kind=Kind.FAQ)
    _fill_faq(article, question, answer, language)
    _save(article, "question", now)
    _keep_pieces(article, [Piece(article.title, article.body)])
    record("knowledge.changed", subject=article, actor=actor, at=now, title=article.title)
    return article


def _fill_faq(article: Article, question: str, answer: str, language: str) -> None:
    article.title, article.body = " ".join(question.split()), answer.strip().replace("\r\n", "\n")
    article.language = _language(language)
    if not article.body:
        raise KnowledgeRefused(_("Escriba la respuesta."), "answer")
    if len(article.body) > ANSWER:
        raise KnowledgeRefused(_("La respuesta pasa de %(most)s letras.") % {"most": ANSWER}, "answer")


def add_document(
    *, name: str, data: bytes, title: str = "", language: str = "es", actor: Actor, now: datetime
) -> Article:
    """Keep a Markdown text or a PDF with its passages. Raises KnowledgeRefused, BadDocument.

    The file is opened before anything is written, in a process with limits; call it outside a transaction.
    """
    paper = read_paper(name=name, data=data)
    plain_name = name.replace("\\", "/").rsplit("/", 1)[-1]
    title = " ".join(title.split()) or plain_name.rsplit(".", 1)[0].replace("_", " ").strip()
    article = Article(
        kind=Kind.DOCUMENT,
        title=title,
        language=_language(language),
        file_name=plain_name[-120:],
        content_type=paper.content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        pages=paper.pages,
        author=actor.label,
        created_at=now,
    )
    with transaction.atomic():
        known = Article.objects.filter(sha256=article.sha256).first()
        if known is not None:
            raise KnowledgeRefused(_("Ese archivo ya está: «%(title)s».") % {"title": known.title}, "file")
        _save(article, "title", now)
        article.file.save(".pdf" if paper.content_type == PDF else ".md", ContentFile(data))
        _keep_pieces(article, paper.pieces)
        record("knowledge.added", subject=article, actor=actor, at=now, title=article.title)
    return article


@transaction.atomic
def remove_article(*, article_id: int, actor: Actor, now: datetime) -> None:
    """Take an article away with its passages and its file. Raises Article.DoesNotExist."""
    article = Article.objects.select_for_update().get(pk=article_id)
    record("knowledge.removed", subject=article, actor=actor, at=now, title=article.title)
    storage, name = article.file.storage, article.file.name
    article.delete()
    if name:
        transaction.on_commit(lambda: storage.delete(name))


def _save(article: Article, field: str, now: datetime) -> None:
    if not article.title:
        sentence = _("Escriba la pregunta.") if article.kind == Kind.FAQ else _("Escriba el título.")
        raise KnowledgeRefused(sentence, field)
    if len(article.title) > TITLE:
        raise KnowledgeRefused(_("Pasa de %(most)s letras.") % {"most": TITLE}, field)
    if "\x00" in article.title + article.body:
        raise KnowledgeRefused(_("Tiene caracteres que no se pueden guardar."), field)
    if article.pk is None and Article.objects.count() >= MOST:
        raise KnowledgeRefused(_("Ya hay %(most)s entradas. Borre alguna.") % {"most": MOST}, field)
    article.title_key, article.changed_at = fold(article.title)[:400], now
    try:
        with transaction.atomic():
            article.save()
    except IntegrityError:
        raise KnowledgeRefused(
            _("Ya hay una entrada con ese título: búsquela en Conocimiento y cámbiela, o escriba otro título."), field
        ) from None


def _keep_pieces(article: Article, pieces: Sequence[Piece]) -> None:
    article.passages.all().delete()
    rows = [
        Passage(
            article=article,
            position=number,
            heading=piece.heading,
            text=piece.text,
            page=piece.page,
            words=" ".join(dict.fromkeys(words_of(f"{piece.heading} {piece.text}"))),
        )
        for number, piece in enumerate(pieces)
    ]
    Passage.objects.bulk_create(rows, batch_size=500)
    # In one order, so that two who write at once do not wait for each other in a circle.
    held = sorted({word for row in rows for word in row.words.split() if MISTYPED <= len(word) <= WORD})
    KnownWord.objects.bulk_create([KnownWord(text=word) for word in held], batch_size=2000, ignore_conflicts=True)


def _language(code: str) -> str:
    if code not in Article.Language.values:
        raise KnowledgeRefused(_("Escoja el idioma."), "language")
    return code
