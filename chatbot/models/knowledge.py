"""What the bot may tell anybody: answers and documents of the provider, in passages that can be found."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inbox.models import Conversation
from inbox.models.searching import word_vector


def document_path(_instance: Article, filename: str) -> str:
    """Return where a document lies under the tenant's folder; its name is never the sender's, only its kind."""
    return f"knowledge/{uuid.uuid4().hex}{'.pdf' if filename.endswith('.pdf') else '.md'}"


class Article(models.Model):
    """A question with its answer, or a document. Public: nothing of any account belongs in it."""

    class Kind(models.TextChoices):
        FAQ = "faq", _("Pregunta")
        DOCUMENT = "document", _("Documento")

    class Language(models.TextChoices):
        SPANISH = "es", _("Español")
        PORTUGUESE = "pt", _("Portugués")
        ENGLISH = "en", _("Inglés")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FAQ)
    language = models.CharField(max_length=2, choices=Language, default=Language.SPANISH)
    # The question, or what the document is called; it is what an answer cites.
    title = models.CharField(max_length=200)
    title_key = models.CharField(max_length=400, editable=False)
    # The answer as it is said; empty for a document, whose text is in its passages.
    body = models.TextField(max_length=700, blank=True)
    file = models.FileField(upload_to=document_path, blank=True, max_length=200)
    file_name = models.CharField(max_length=120, blank=True)
    content_type = models.CharField(max_length=40, blank=True)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    pages = models.PositiveSmallIntegerField(default=0)
    author = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "title_key"], name="article_title_once"),
            models.UniqueConstraint(fields=["sha256"], condition=~Q(sha256=""), name="article_document_once"),
            models.CheckConstraint(
                condition=Q(kind="faq", sha256="") & ~Q(body="") | Q(kind="document", body="") & ~Q(sha256=""),
                name="article_holds_something",
            ),
        ]
        indexes = [models.Index(fields=["-changed_at", "-id"], name="article_changed")]

    def __str__(self) -> str:
        return self.title


class Passage(models.Model):
    """What can be found of an article, no longer than one answer. `words` are its words as they are compared."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="passages", db_index=False)
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    page = models.PositiveSmallIntegerField(null=True)
    words = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "position"], name="passage_position_once")]
        indexes = [
            GinIndex(word_vector("words"), name="passage_words"),
        ]

    def __str__(self) -> str:
        return f"{self.article_id}:{self.position}"


class KnownWord(models.Model):
    """A word that some passage held: what a mistyped one is compared with. Thousands, where passages hold millions."""

    text = models.CharField(max_length=60, unique=True)

    class Meta:
        indexes = [GinIndex(OpClass("text", "gin_trgm_ops"), name="known_word_trgm")]

    def __str__(self) -> str:
        return self.text


class OpenQuestion(models.Model):
    """What was asked and nothing answered, once however often it is asked."""

    class State(models.TextChoices):
        OPEN = "open", _("Sin respuesta")
        ANSWERED = "answered", _("Contestada")
        DISMISSED = "dismissed", _("Descartada")

    key = models.CharField(max_length=300, unique=True, help_text="The words, folded.")
    text = models.CharField(max_length=300)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    article = models.ForeignKey(Article, null=True, on_delete=models.SET_NULL, related_name="questions")

    class Meta:
        indexes = [
            models.Index(fields=["-times", "-last_at", "-id"], condition=Q(state="open"), name="question_open"),
        ]

    def __str__(self) -> str:
        return self.text
