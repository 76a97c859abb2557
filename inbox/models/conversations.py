"""Conversations: one with each person over a channel, for as long as the two know each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedQuerySet
from customers.models import Customer
from inbox.addresses import VISITOR, is_valid, phone_of, phone_variants
from inbox.models.channels import Channel
from inbox.models.organising import Label, Team
from inbox.models.searching import plain_text


class ConversationQuerySet(ScopedQuerySet):
    """Reads of conversations."""

    view_code = "inbox.view"

    def in_queue(self, queue: str, user: Any) -> Self:
        """Return those of a queue of the inbox: waiting, mine, unassigned, bot, open, snoozed, resolved, blocked."""
        return self.filter(QUEUES[queue](user), merged_into=None)

    def going_on(self) -> Self:
        """Return those that are not resolved."""
        return self.exclude(status=Conversation.Status.RESOLVED)


class OptOut(models.TextChoices):
    """What somebody refused our notices with."""

    WORDS = "words", "Con una palabra"  # BAJA, STOP
    BLOCK = "block", "Bloqueó el número"
    REFUSED = "refused", "El proveedor no lo dejó pasar"


class Priority(models.IntegerChoices):
    """How pressing a conversation or a ticket is."""

    LOW = 1, _("Baja")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("Alta")
    URGENT = 4, _("Urgente")


class Conversation(models.Model):
    """The talk with one person. `seq` numbers its messages, given under this row's lock.

    `channel` and `address` say where the person wrote last and is answered; every address that leads here is an
    `Address`. Open: it is the staff's. Pending: the bot has it, or it waits for somebody else. Whoever waits for an
    answer of ours has `waiting_since`, whatever the status.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Abierta")
        PENDING = "pending", _("Pendiente")
        SNOOZED = "snoozed", _("Pospuesta")
        RESOLVED = "resolved", _("Resuelta")

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="conversations")
    # A channel address: a phone for most, but WhatsApp also has ids (MX.150…) that are no phone.
    address = models.CharField(max_length=120)
    # A number that can be called, E.164; empty when none is known.
    phone = models.CharField(max_length=20, blank=True, db_default="")
    contact_name = models.CharField(max_length=120, blank=True)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations")
    labels = models.ManyToManyField(Label, blank=True, related_name="conversations")
    priority = models.PositiveSmallIntegerField(
        choices=Priority, default=Priority.NORMAL, db_default=Priority.NORMAL.value
    )
    bot_active = models.BooleanField(default=True)
    seq = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField(default=timezone.now)
    last_message_text = models.CharField(max_length=160, blank=True)
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    # Who put it off, and is told when it comes back.
    snoozed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Until when somebody must have answered, and until when it must be resolved; empty where nothing is owed.
    answer_due_at = models.DateTimeField(null=True, blank=True)
    resolve_due_at = models.DateTimeField(null=True, blank=True)
    # The nearer of the two: past it, the conversation is late.
    due_at = models.GeneratedField(
        expression=Least("answer_due_at", "resolve_due_at"),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    # Of the present stretch: since it was last opened.
    opened_at = models.DateTimeField(null=True, blank=True)
    first_answered_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True)
    # This person refused to hear from this address: no notices, whoever the customer is.
    opted_out_at = models.DateTimeField(null=True, blank=True)
    # What they said so with: only words of theirs take back what words said.
    opted_out_by = models.CharField(max_length=10, choices=OptOut, blank=True, db_default="")
    # They refused advertisements alone, at the far side; notices about their service still go.
    marketing_refused_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="merged")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-last_message_at", "-id"], name="conversation_recent"),
            models.Index(fields=["status", "-last_message_at", "-id"], name="conversation_status"),
            models.Index(fields=["assignee", "status"], name="conversation_assignee"),
            models.Index(fields=["customer", "-last_inbound_at"], name="conversation_customer"),
            models.Index(
                fields=["waiting_since", "id"], condition=Q(waiting_since__isnull=False), name="conversation_waiting"
            ),
            models.Index(fields=["snoozed_until"], condition=Q(status="snoozed"), name="conversation_snoozed"),
            models.Index(
                fields=["answer_due_at"], condition=Q(answer_due_at__isnull=False), name="conversation_answer_due"
            ),
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="conversation_due"),
            # What is going on is few among all there ever was: the queues and their counts read this one alone.
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=~Q(status="resolved") & Q(blocked_at=None, merged_into=None),
                include=["status", "assignee", "team", "waiting_since", "bot_active"],
                name="conversation_going_on",
            ),
            GinIndex(OpClass(plain_text("contact_name"), "gin_trgm_ops"), name="conversation_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.contact_name or self.written_address

    @property
    def display_address(self) -> str:
        """Return the address without the wire's prefix."""
        return self.address.partition(":")[2] or self.address

    @property
    def written_address(self) -> str:
        """Return the address as people write it: WhatsApp's +521 of Mexico is +52 to everybody else.

        A visitor of a page has none; the beginning of what the browser keeps tells two of them apart.
        """
        if self.address.startswith(VISITOR):
            return gettext("Visitante %(mark)s") % {"mark": self.display_address[:4]}
        phone = phone_of(self.address)
        return next((p for p in phone_variants(phone) if is_valid(p)), phone) if phone else self.display_address

    def window_closes_at(self) -> datetime | None:
        """Return when free text stops being allowed; None when it never was, or never stops."""
        window = self.channel.can.window
        return self.last_inbound_at + window if self.last_inbound_at and window else None

    def window_is_open(self, now: datetime, channel: Channel | None = None) -> bool:
        """Say whether free text may be sent at `now`; on another `channel` counts what the person wrote there."""
        if channel is not None and channel.pk != self.channel_id:
            came = self.messages.filter(channel=channel, direction="in")
            last = came.aggregate(last=models.Max("created_at"))["last"]
        else:
            channel, last = self.channel, self.last_inbound_at
        if channel.can.window is None:
            return channel.can.can_start or last is not None
        return last is not None and now < last + channel.can.window


class Address(models.Model):
    """One way a person is known on a channel: a number, a WhatsApp id, a Telegram id. They may change; all lead here.

    Which of a number's writings came first is kept; the others (+52, +521) are found as its variants.
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="addresses")
    value = models.CharField(max_length=120)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="addresses")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "value"], name="address_once")]
        # A few digits of a number find its talk. Addresses hardly change, conversations with every line.
        indexes = [GinIndex(OpClass("value", "gin_trgm_ops"), name="address_value_trgm")]

    def __str__(self) -> str:
        return self.value


# What keeps a person busy: snoozed ones do not.
BUSY = (Conversation.Status.OPEN, Conversation.Status.PENDING)

_going_on = ~Q(status=Conversation.Status.RESOLVED) & Q(blocked_at=None)
_awake = _going_on & ~Q(status=Conversation.Status.SNOOZED)

QUEUES: dict[str, Callable[[Any], Q]] = {
    "waiting": lambda _user: _awake & Q(waiting_since__isnull=False),
    "mine": lambda user: _awake & Q(assignee_id=user.pk),
    # What the bot is busy with needs nobody yet.
    "unassigned": lambda _user: Q(status=Conversation.Status.OPEN, assignee=None, blocked_at=None),
    "bot": lambda _user: Q(bot_active=True, status=Conversation.Status.PENDING, blocked_at=None),
    "open": lambda _user: _awake,
    "snoozed": lambda _user: Q(status=Conversation.Status.SNOOZED, blocked_at=None),
    "resolved": lambda _user: Q(status=Conversation.Status.RESOLVED, blocked_at=None),
    "blocked": lambda _user: Q(blocked_at__isnull=False),
}
