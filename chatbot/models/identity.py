"""Who writes: what proved it and until when, what was asked of them, and what was wrong."""

from __future__ import annotations

from django.db import models

from customers.models import Customer, Service
from inbox.models import Conversation


class Acquaintance(models.Model):
    """What is known of whoever writes in a conversation, and what was wanted when something had to be asked first.

    It holds for one address: where the conversation is led on from another one, it is nobody's.
    """

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="acquaintance")
    address = models.CharField(max_length=120)
    # Whose account it is: by a control datum.
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+")
    proved_at = models.DateTimeField(null=True)
    # Which of their services they speak of, where there are several.
    service = models.ForeignKey(Service, null=True, on_delete=models.SET_NULL, related_name="+")
    service_at = models.DateTimeField(null=True)
    # What they wanted when they were asked: the intent and their own words.
    wish = models.CharField(max_length=30, blank=True)
    words = models.CharField(max_length=1000, blank=True)

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.customer_id}"


class WrongDatum(models.Model):
    """A control datum that was wrong. Which one it was is not kept."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="wrong_data", db_index=False)
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.CASCADE, related_name="wrong_data", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "-at"], name="wrong_datum_conversation"),
            models.Index(fields=["customer", "-at"], name="wrong_datum_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.at}"
