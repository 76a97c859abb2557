"""Where a guided conversation stands: the form that is being filled in, one a conversation."""

from __future__ import annotations

from django.db import models

from customers.models import Customer
from inbox.models import Conversation


class RunningForm(models.Model):
    """A form that a customer is filling in, answer by answer. It goes when it ends, whichever way.

    Its id is new each time one begins, so that a button of an earlier one is known for what it is.
    """

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="running_form")
    # Whose account it is about: a conversation that is somebody else's by now does not go on with it.
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=30)
    # What was answered, by slot.
    slots = models.JSONField(default=dict)
    # The slot that was asked last.
    waiting_for = models.CharField(max_length=30)
    # Answers to it, in a row, that could not be read.
    misses = models.PositiveSmallIntegerField(default=0)
    # What is taken up again once it is done: {"intent", "text"}; nothing when nothing is.
    resume = models.JSONField(default=dict, blank=True)
    began_at = models.DateTimeField()
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.form}: {self.waiting_for}"
