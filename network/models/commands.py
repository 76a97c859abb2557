"""What was said to a router and what it answered."""

from __future__ import annotations

from django.db import models

from network.models.accesses import Access
from network.models.routers import Router


class Command(models.Model):
    """One exchange with a router. Secrets never reach it: the driver scrubs the sentence before handing it over."""

    router = models.ForeignKey(Router, on_delete=models.CASCADE, related_name="commands")
    access = models.ForeignKey(Access, null=True, blank=True, on_delete=models.SET_NULL, related_name="commands")
    at = models.DateTimeField()
    sentence = models.CharField(max_length=300)
    reply = models.CharField(max_length=300, blank=True)
    ok = models.BooleanField(default=True)
    took_ms = models.FloatField(default=0)
    # Who caused it, as they were then.
    cause = models.CharField(max_length=120, blank=True)
    # The pass it belonged to.
    batch = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["router", "-id"], name="command_log")]

    def __str__(self) -> str:
        return self.sentence
