"""Conversations: one per channel and address, for as long as the two know each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.scoping import ScopedQuerySet
from customers.models import Customer
from inbox.addresses import is_valid, phone_of, phone_variants
from inbox.models.channels import Channel

WINDOW = timedelta(hours=24)  # WhatsApp's: free text only this long after the person's last message


class ConversationQuerySet(ScopedQuerySet):
    """Reads of conversations."""

    view_code = "inbox.view"

    def in_queue(self, queue: str, user: Any) -> Self:
        """Return those of a queue of the inbox: waiting, mine, unassigned, bot, open, closed."""
        rows = self if queue == "closed" else self.exclude(status=Conversation.Status.CLOSED)
        return rows.filter(QUEUES[queue](user))


class Conversation(models.Model):
    """The talk with one address over one channel. `seq` numbers its messages, given under this row's lock."""

    class Status(models.TextChoices):
        OPEN = "open", "Abierta"
        WAITING = "waiting", "En espera"
        CLOSED = "closed", "Cerrada"

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="conversations")
    # A channel address: a phone for most, but WhatsApp also has ids (MX.150…) that are no phone.
    address = models.CharField(max_length=120)
    contact_name = models.CharField(max_length=120, blank=True)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    bot_active = models.BooleanField(default=True)
    seq = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField(default=timezone.now)
    last_message_text = models.CharField(max_length=160, blank=True)
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="conversation_once")]
        indexes = [
            models.Index(fields=["-last_message_at", "-id"], name="conversation_recent"),
            models.Index(fields=["status", "-last_message_at", "-id"], name="conversation_status"),
            models.Index(fields=["assignee", "status"], name="conversation_assignee"),
            models.Index(fields=["customer", "-last_inbound_at"], name="conversation_customer"),
        ]

    def __str__(self) -> str:
        return self.contact_name or self.written_address

    @property
    def display_address(self) -> str:
        """Return the address without the wire's prefix."""
        return self.address.partition(":")[2] or self.address

    @property
    def written_address(self) -> str:
        """Return the address as people write it: WhatsApp's +521 of Mexico is +52 to everybody else."""
        phone = phone_of(self.address)
        return next((p for p in phone_variants(phone) if is_valid(p)), phone) if phone else self.display_address

    def window_closes_at(self) -> datetime | None:
        """Return when free text stops being allowed; None when the person never wrote."""
        return self.last_inbound_at + WINDOW if self.last_inbound_at else None

    def window_is_open(self, now: datetime) -> bool:
        """Say whether free text may be sent at `now`."""
        closes_at = self.window_closes_at()
        return closes_at is not None and now < closes_at


def _unassigned(_user: Any) -> Q:
    # What the bot is busy with needs nobody yet.
    return Q(assignee=None) & ~Q(bot_active=True, status=Conversation.Status.OPEN)


QUEUES: dict[str, Callable[[Any], Q]] = {
    "waiting": lambda _user: Q(status=Conversation.Status.WAITING),
    "mine": lambda user: Q(assignee_id=user.pk),
    "unassigned": _unassigned,
    "bot": lambda _user: Q(bot_active=True, status=Conversation.Status.OPEN),
    "open": lambda _user: ~Q(status=Conversation.Status.CLOSED),
    "closed": lambda _user: Q(status=Conversation.Status.CLOSED),
}
