"""/api/v1/knowledge/: what the bot knows, what it would answer, and what it could not."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from chatbot.domain.knowledge import (
    ANSWER,
    TITLE,
    KnowledgeRefused,
    add_document,
    add_faq,
    change_faq,
    list_articles,
    remove_article,
)
from chatbot.domain.knowledge_questions import answer_question, dismiss_question
from chatbot.domain.knowledge_search import find_answer
from chatbot.models import Article, OpenQuestion
from chatbot.papers.reading import MAX_BYTES, BadDocument
from events.domain import Actor

MAY = Needs.to(read="bot.edit", write="bot.edit")
LANGUAGES = Article.Language.choices


class ArticleOut(serializers.ModelSerializer[Article]):
    """A question with its answer (`title`, `body`), or a document."""

    class Meta:
        model = Article
        fields = [
            "id", "kind", "language", "title", "body", "file_name", "content_type", "size", "pages", "author",
            "created_at", "changed_at",
        ]  # fmt: skip


class FaqIn(serializers.Serializer[Any]):
    """A question and its answer, said as it stands to whoever asks."""

    question = serializers.CharField(max_length=TITLE)
    answer = serializers.CharField(max_length=ANSWER)
    language = serializers.ChoiceField(choices=LANGUAGES, default="es")


class FaqChange(serializers.Serializer[Any]):
    """What of a question and answer changes; what is left out stays."""

    question = serializers.CharField(max_length=TITLE, required=False)
    answer = serializers.CharField(max_length=ANSWER, required=False)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)


class DocumentIn(serializers.Serializer[Any]):
    """A PDF with text, or Markdown; up to 5 MB. Without a title it is called like its file."""

    file = serializers.FileField(allow_empty_file=True)
    title = serializers.CharField(max_length=TITLE, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=LANGUAGES, default="es")


class QuestionOut(serializers.ModelSerializer[OpenQuestion]):
    """What was asked and not answered. `times`: how often."""

    class Meta:
        model = OpenQuestion
        fields = ["id", "text", "times", "first_at", "last_at", "conversation", "state", "article"]


class FoundOut(serializers.Serializer[Any]):
    """What would be said: `answer` with its source, how well it fits (0 to 1), and from where; nulls for silence."""

    answer = serializers.CharField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    article = serializers.IntegerField(allow_null=True)


class Articles(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Article]):
    """What the bot knows, newest first."""

    serializer_class = ArticleOut
    permission_classes = [MAY]
    queryset = Article.objects.none()

    def get_queryset(self) -> Any:
        asked = self.request.query_params
        return list_articles(text=asked.get("q", "").replace("\x00", ""), kind=asked.get("kind", "")).order_by()

    @extend_schema(parameters=[OpenApiParameter("q", str), OpenApiParameter("kind", str)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List articles."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request={"application/json": FaqIn, "multipart/form-data": DocumentIn}, responses={201: ArticleOut})
    def create(self, request: Request) -> Response:
        """Add a question with its answer (JSON), or a document (multipart)."""
        document = (request.content_type or "").startswith("multipart/")
        kept = _bring(request) if document else _kept(add_faq, request, **_checked(FaqIn, request))
        return Response(ArticleOut(kept).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=FaqChange, responses=ArticleOut)
    def partial_update(self, request: Request, pk: str = "") -> Response:
        """Change a question and its answer. A document is removed and brought again."""
        found = self.get_object()
        if found.kind != Article.Kind.FAQ:
            raise MethodNotAllowed("PATCH")
        values = {"question": found.title, "answer": found.body, "language": found.language}
        values |= _checked(FaqChange, request)
        return Response(ArticleOut(_kept(change_faq, request, article_id=found.pk, **values)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str = "") -> Response:
        """Take an article away with its file."""
        remove_article(article_id=self.get_object().pk, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Questions(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[OpenQuestion]):
    """What the bot could not answer, newest first."""

    serializer_class = QuestionOut
    permission_classes = [MAY]
    queryset = OpenQuestion.objects.none()

    def get_queryset(self) -> Any:
        rows = OpenQuestion.objects.all()
        state = self.request.query_params.get("state", "")
        return rows.filter(state=state) if state in OpenQuestion.State.values else rows

    @extend_schema(parameters=[OpenApiParameter("state", str)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List questions."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=FaqIn, responses={201: ArticleOut})
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str = "") -> Response:
        """Answer it: it becomes an article, and the next who asks hears it."""
        found = self.get_object()
        kept = _kept(answer_question, request, question_id=found.pk, **_checked(FaqIn, request))
        return Response(ArticleOut(kept).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=QuestionOut)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str = "") -> Response:
        """Take it off the list; asked again it only counts."""
        return Response(QuestionOut(_kept(dismiss_question, request, question_id=self.get_object().pk)).data)


class KnowledgeAnswer(APIView):
    """Try a question."""

    permission_classes = [MAY]

    @extend_schema(
        operation_id="knowledge_answer",
        parameters=[OpenApiParameter("text", str, required=True), OpenApiParameter("language", OpenApiTypes.STR)],
        responses=FoundOut,
    )
    def get(self, request: Request) -> Response:
        """Return what would be answered, with its source. Nothing is collected."""
        asked = request.query_params
        found = find_answer(asked.get("text", ""), asked.get("language", "")[:2])
        if found is None:
            return Response({"answer": None, "score": None, "article": None})
        return Response({"answer": found.answer, "score": found.score, "article": found.article.pk})


def _checked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    data = serializer(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


def _kept(act: Any, request: Request, **values: Any) -> Any:
    """Do it, or say which field is wrong."""
    try:
        return act(**values, actor=Actor.of_user(request.user), now=timezone.now())
    except KnowledgeRefused as refused:
        raise ValidationError({refused.field: [refused.message]}) from refused


def _bring(request: Request) -> Any:
    values = _checked(DocumentIn, request)
    upload = values.pop("file")
    try:
        return _kept(add_document, request, name=upload.name, data=upload.read(MAX_BYTES + 1), **values)
    except BadDocument as error:
        raise ValidationError({"file": [str(error)]}) from error
