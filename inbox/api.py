"""/api/v1/: conversations and their messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Needs
from accounts.models import User
from events.domain import Actor
from inbox.domain.conversations import CannotReply, add_note, assign_conversation, close_conversation
from inbox.domain.notices import find_template
from inbox.domain.sending import NothingToSend, TooLong, queue_message
from inbox.domain.templates import can_go
from inbox.models import Approval, Attachment, Conversation, Message, Reaction, Template

MAY_ASSIGN = Needs.to(read="inbox.view", write="inbox.assign")


class AttachmentOut(serializers.ModelSerializer[Attachment]):
    """A file of a message."""

    class Meta:
        model = Attachment
        fields = ["id", "kind", "content_type", "size", "sha256", "fetched_at", "error"]


class ReactionOut(serializers.ModelSerializer[Reaction]):
    """An emoji on a message: theirs (`contact`) or ours (`us`)."""

    class Meta:
        model = Reaction
        fields = ["by", "emoji", "at"]


class MessageOut(serializers.ModelSerializer[Message]):
    """A line of a conversation."""

    attachments = AttachmentOut(many=True, read_only=True)
    reactions = ReactionOut(many=True, read_only=True)
    template = serializers.SlugRelatedField[Template](slug_field="key", read_only=True)

    class Meta:
        model = Message
        fields = [
            "id", "conversation", "seq", "direction", "kind", "body", "content", "reply_to", "template", "status",
            "author_kind", "author_label", "error_code", "error_text", "error_action", "price", "price_currency",
            "price_billable", "price_category", "created_at", "sent_at", "delivered_at", "read_at", "edited_at",
            "deleted_at", "reactions", "attachments",
        ]  # fmt: skip


class MessageIn(serializers.Serializer[Any]):
    """A message to send: text inside the 24 hour window, else a template by its key."""

    body = serializers.CharField(required=False, allow_blank=True, max_length=4096)
    template = serializers.CharField(required=False, allow_blank=True, max_length=60)
    variables = serializers.DictField(child=serializers.CharField(max_length=200), required=False)
    key = serializers.CharField(max_length=80, help_text=_("Clave de idempotencia: la misma clave no envía dos veces."))


class AssigneeIn(serializers.Serializer[Any]):
    """Who takes a conversation."""

    assignee = serializers.PrimaryKeyRelatedField[User](queryset=User.objects.filter(is_active=True), allow_null=True)


class NoteIn(serializers.Serializer[Any]):
    """A note among the staff."""

    body = serializers.CharField(max_length=4000)


class ApprovalOut(serializers.ModelSerializer[Approval]):
    """What a channel's far side thinks of a text."""

    variables = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Approval
        fields = ["id", "channel", "external_id", "name", "language", "category", "status", "reason", "variables"]


class TemplateOut(serializers.ModelSerializer[Template]):
    """A text of a notice."""

    variables = serializers.ListField(child=serializers.CharField(), read_only=True)
    approvals = ApprovalOut(many=True, read_only=True)

    class Meta:
        model = Template
        fields = ["id", "key", "name", "language", "body", "variables", "approvals"]


class ConversationOut(serializers.ModelSerializer[Conversation]):
    """A conversation without its messages."""

    class Meta:
        model = Conversation
        fields = [
            "id", "channel", "address", "contact_name", "customer", "status", "assignee", "bot_active", "seq",
            "unread", "last_message_at", "last_message_text", "last_inbound_at", "waiting_since", "team", "labels",
            "priority", "snoozed_until", "answer_due_at", "resolve_due_at", "blocked_at", "merged_into",
        ]  # fmt: skip


class Conversations(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Conversation]):
    """Conversations, the last active first."""

    serializer_class = ConversationOut
    permission_classes = [Needs.to(read="inbox.view", write="inbox.reply")]
    queryset = Conversation.objects.none()

    def get_queryset(self) -> Any:
        rows = Conversation.objects.visible_to(self.request.user).prefetch_related("labels")
        for name in ("status", "customer"):
            if value := self.request.query_params.get(name):
                rows = _filtered(rows, name, value)
        return rows

    @extend_schema(parameters=[OpenApiParameter("status", str), OpenApiParameter("customer", int)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List conversations."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=ConversationOut)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str = "") -> Response:
        """Close a conversation."""
        found = self.get_object()
        closed = close_conversation(conversation_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
        return Response(ConversationOut(closed).data)

    @extend_schema(request=AssigneeIn, responses=ConversationOut)
    @action(detail=True, methods=["post"], permission_classes=[MAY_ASSIGN])
    def assign(self, request: Request, pk: str = "") -> Response:
        """Give a conversation to a person; to nobody with null."""
        data = AssigneeIn(data=request.data)
        data.is_valid(raise_exception=True)
        person, actor = data.validated_data["assignee"], Actor.of_user(request.user)
        found = self.get_object()
        try:
            given = assign_conversation(conversation_id=found.pk, assignee=person, actor=actor, now=timezone.now())
        except CannotReply as error:
            raise ValidationError({"assignee": [_("Esa persona no puede responder.")]}) from error
        return Response(ConversationOut(given).data)

    @extend_schema(request=NoteIn, responses={201: MessageOut})
    @action(detail=True, methods=["post"])
    def notes(self, request: Request, pk: str = "") -> Response:
        """Write a note that only the staff sees."""
        data = NoteIn(data=request.data)
        data.is_valid(raise_exception=True)
        note = add_note(
            conversation_id=self.get_object().pk,
            body=data.validated_data["body"],
            author=Actor.of_user(request.user),
            now=timezone.now(),
        )
        return Response(MessageOut(note).data, status=status.HTTP_201_CREATED)


class Templates(mixins.ListModelMixin, viewsets.GenericViewSet[Template]):
    """The texts of the notices; those approved on a channel may leave it outside the 24 hour window."""

    serializer_class = TemplateOut
    permission_classes = [Needs.to(read="inbox.view")]
    queryset = Template.objects.prefetch_related("approvals")


class Messages(mixins.ListModelMixin, viewsets.GenericViewSet[Message]):
    """The messages of one conversation, newest first."""

    serializer_class = MessageOut
    permission_classes = [Needs.to(read="inbox.view", write="inbox.reply")]
    queryset = Message.objects.none()
    lookup_value_regex = r"\d+"

    def conversation(self) -> Conversation:
        """Return the conversation of the address, if this key may see it."""
        rows = Conversation.objects.visible_to(self.request.user)
        return get_object_or_404(rows, pk=self.kwargs["conversation"])

    def get_queryset(self) -> Any:
        if "conversation" not in self.kwargs:
            return Message.objects.none()  # the schema is being drawn
        rows = Message.objects.filter(conversation=self.conversation())
        return rows.select_related("template").prefetch_related("attachments", "reactions")

    @extend_schema(request=MessageIn, responses={201: MessageOut})
    def create(self, request: Request, conversation: str = "") -> Response:
        """Send a message. The same `key` again answers with the message it made."""
        found = self.conversation()
        data = MessageIn(data=request.data)
        data.is_valid(raise_exception=True)
        values, now = data.validated_data, timezone.now()
        template = self._template(found, values.get("template", ""), now)
        if template is None and not found.window_is_open(now):
            raise ValidationError(
                {"template": [_("Pasaron más de 24 horas desde su último mensaje: use una plantilla.")]}
            )
        try:
            message = queue_message(
                conversation=found,
                body=values.get("body", ""),
                template=template,
                variables=values.get("variables"),
                author=Actor.of_user(request.user),
                key=f"api:{values['key']}",
                now=now,
            )
        except (NothingToSend, TooLong) as error:
            raise ValidationError({"body": [_("Escriba entre 1 y 1,600 caracteres.")]}) from error
        return Response(MessageOut(message).data, status=status.HTTP_201_CREATED)

    def _template(self, conversation: Conversation, key: str, now: datetime) -> Template | None:
        if not key:
            return None
        found = find_template(key)
        if found is None or not can_go(found, conversation, now):
            raise ValidationError({"template": [_("No hay una plantilla aprobada con esa clave.")]})
        return found


def _filtered(rows: Any, name: str, value: str) -> Any:
    if name == "customer":
        return rows.filter(customer_id=int(value)) if value.isdecimal() else rows.none()
    return rows.filter(status=value)
