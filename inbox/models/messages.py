"""Messages and their files."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from events.domain import Actor
from inbox.kinds import ContentKind
from inbox.models.channels import Approval, Channel, Template
from inbox.models.conversations import Conversation
from inbox.models.searching import word_vector

UNSENT = ("queued", "sending")
PENDING = (*UNSENT, "doubtful")


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages."""

    def due(self, now: datetime) -> Self:
        """Return what the sender may take up: the head of each conversation's line, and doubtful ones to look up.

        Replies before notices: who is talking to us now does not wait for a month's reminders.
        """
        earlier = Message.objects.filter(
            conversation_id=OuterRef("conversation_id"), seq__lt=OuterRef("seq"), status__in=UNSENT
        )
        return self.filter(Q(status="doubtful") | ~Exists(earlier), status__in=PENDING, next_try_at__lte=now).order_by(
            "as_template", "next_try_at", "id"
        )


class Message(models.Model):
    """A line of a conversation: in, out, or a note among the staff. The author is a snapshot."""

    class Direction(models.TextChoices):
        IN = "in", "Recibido"
        OUT = "out", "Enviado"
        NOTE = "note", "Nota"

    class Status(models.TextChoices):
        RECEIVED = "received", "Recibido"
        QUEUED = "queued", "En cola"
        SENDING = "sending", "Enviando"
        SENT = "sent", "Enviado"
        DELIVERED = "delivered", "Entregado"
        READ = "read", "Leído"
        FAILED = "failed", "No enviado"
        DOUBTFUL = "doubtful", "Quizá enviado"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="messages")
    seq = models.PositiveIntegerField()
    direction = models.CharField(max_length=4, choices=Direction)
    body = models.TextField(blank=True)
    # What is really said where `body` only says that something is, and who may read it: inbox.domain.reserved.
    reserved = models.TextField(blank=True, db_default="")
    reserved_for = models.JSONField(default=dict, blank=True, db_default={})
    kind = models.CharField(
        max_length=12, choices=[(k.value, k.value) for k in ContentKind], default="text", db_default="text"
    )
    # What the kind holds besides words; inbox.kinds.ContentKind says what.
    content = models.JSONField(default=dict, blank=True, db_default={})
    # The message it answers. Where that is not (yet) known here, its id at the far side.
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replies")
    reply_to_external = models.CharField(max_length=120, blank=True, db_default="")
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    template = models.ForeignKey(Template, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    variables = models.JSONField(default=dict, blank=True)
    # The approved text itself, when a person chose one that is no notice of ours.
    approval = models.ForeignKey(Approval, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Whether it goes out as the approved template; inside the window the same words go as free text.
    as_template = models.BooleanField(default=False)
    author_kind = models.CharField(max_length=20, blank=True)
    author_id = models.BigIntegerField(null=True, blank=True)
    author_label = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status)
    external_id = models.CharField(max_length=160, blank=True)
    past_external_ids = models.JSONField(default=list, blank=True)
    error_code = models.CharField(max_length=20, blank=True)
    error_text = models.CharField(max_length=255, blank=True)
    # What can be done about it: channels.items.Action.
    error_action = models.CharField(max_length=10, blank=True, db_default="")
    # What the far side says it cost, in its own currency; the category where only that is told.
    price = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    price_currency = models.CharField(max_length=3, blank=True, db_default="")
    price_billable = models.BooleanField(null=True, blank=True)
    price_category = models.CharField(max_length=40, blank=True, db_default="")
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # When anything of the line changed, its files included: a page asks for what changed since it looked.
    updated_at = models.DateTimeField(auto_now=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once"),
            models.UniqueConstraint(
                fields=["channel", "external_id"], condition=~Q(external_id=""), name="message_external_once"
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(status__in=PENDING), name="message_pending"),
            models.Index(fields=["conversation", "seq"], condition=Q(status__in=UNSENT), name="message_unsent"),
            # Words and not trigrams: a line has ten words and sixty trigrams, and each is paid for by the webhook.
            # A short pending list keeps the moment in which it is merged short too.
            GinIndex(word_vector("body"), gin_pending_list_limit=1024, name="message_words"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.seq}"

    @property
    def author(self) -> Actor:
        """Return who wrote it, as they were then."""
        return Actor(self.author_kind, self.author_id, self.author_label)

    @property
    def is_echo(self) -> bool:
        """Say whether it was written by the provider on another device."""
        return self.direction == "out" and self.author_kind == "phone"


class Revision(models.Model):
    """The words a message had before its sender changed or deleted it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    body = models.TextField(blank=True)
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.body[:40]


class Reaction(models.Model):
    """An emoji on a message: the person's (`by` "contact"), or ours (`by` "us"). One of each.

    Ours is also the row that tells the far side: while `next_try_at` is set it has yet to hear of `emoji`, and what
    it knows is `told`. An empty `emoji` waits to be taken away there too.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    by = models.CharField(max_length=8)
    author_label = models.CharField(max_length=120, blank=True)
    emoji = models.CharField(max_length=16, blank=True)
    at = models.DateTimeField()
    told = models.CharField(max_length=16, blank=True, db_default="")
    error = models.CharField(max_length=255, blank=True, db_default="")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "by"], name="reaction_once")]
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(next_try_at__isnull=False), name="reaction_due")
        ]

    def __str__(self) -> str:
        return self.emoji


def author_fields(actor: Actor) -> dict[str, Any]:
    """Return an actor as the author fields of a message."""
    return {"author_kind": actor.kind, "author_id": actor.id, "author_label": actor.label}


def attachment_path(_instance: Attachment, filename: str) -> str:
    """Return where a file lies under the tenant's folder; its name is never the sender's."""
    return f"inbox/{timezone.now():%Y/%m}/{uuid.uuid4().hex}{filename}"


class Attachment(models.Model):
    """A file of a message. `content_type` is what its bytes say; `claimed_type` what the sender said."""

    class Kind(models.TextChoices):
        IMAGE = "image", "Imagen"
        AUDIO = "audio", "Audio"
        VIDEO = "video", "Video"
        DOCUMENT = "document", "Documento"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DOCUMENT)
    file = models.FileField(upload_to=attachment_path, blank=True, max_length=200)
    content_type = models.CharField(max_length=80, blank=True)
    claimed_type = models.CharField(max_length=80, blank=True)
    filename = models.CharField(max_length=160, blank=True, db_default="")
    is_voice = models.BooleanField(default=False, db_default=False)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    remote_url = models.TextField(blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=255, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(next_try_at__isnull=False), name="attachment_due")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
