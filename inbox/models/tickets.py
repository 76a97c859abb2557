"""Tickets: something a customer needs done, followed until it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.scoping import ScopedQuerySet
from customers.models import Customer, Service
from inbox.models.conversations import Conversation, Priority
from inbox.models.organising import Team


class TicketQuerySet(ScopedQuerySet):
    """Reads of tickets."""

    view_code = "inbox.view"


class Ticket(models.Model):
    """One matter of one customer. `source` says where it was born: conversation, api, staff, bot, portal."""

    class State(models.TextChoices):
        OPEN = "open", "Abierto"
        IN_PROGRESS = "in_progress", "En curso"
        WAITING = "waiting", "En espera del cliente"
        CLOSED = "closed", "Cerrado"

    class Category(models.TextChoices):
        FAULT = "fault", "Falla"
        BILLING = "billing", "Cobranza"
        INSTALLATION = "installation", "Instalación"
        CHANGE = "change", "Cambio de plan o domicilio"
        OTHER = "other", "Otro"

    number = models.PositiveIntegerField(unique=True)
    subject = models.CharField(max_length=160)
    category = models.CharField(max_length=12, choices=Category, default=Category.OTHER)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="tickets")
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets")
    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets"
    )
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets")
    source = models.CharField(max_length=20)
    # The caller's own key: the same one twice is one ticket.
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at", "id"], name="ticket_state"),
            models.Index(fields=["customer", "-id"], name="ticket_customer"),
            models.Index(fields=["due_at"], condition=~Q(state="closed"), name="ticket_due"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"


class TicketComment(models.Model):
    """Words under a ticket; `is_public` ones are seen by the customer. The author is a snapshot."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments")
    body = models.TextField()
    is_public = models.BooleanField(default=False)
    author_kind = models.CharField(max_length=20)
    author_id = models.BigIntegerField(null=True, blank=True)
    author_label = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.body[:40]
