"""The numbers a provider writes from, and the texts WhatsApp approved for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from tenants.sealing import SealedField, SealedRow


class Channel(SealedRow):
    """One number (or account) that carries messages. `address` is as the far side writes it."""

    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=120)
    account = models.CharField(max_length=80)
    auth_token = SealedField()
    # What the kind's own typed configuration reads: api_base, public_base.
    config = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    # Up to when what came in was asked for; None until the first time.
    caught_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "address"], name="channel_address_once"),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="channel_one_default"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """Return the address as people write it: without the «whatsapp:» of the wire."""
        return self.address.removeprefix("whatsapp:")


class Template(models.Model):
    """A text that may be sent when a person has not written for a day. `variables` names {{1}}, {{2}}… in order."""

    key = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=10, default="es")
    body = models.TextField()
    variables = models.JSONField(default=list, blank=True)
    content_sid = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "language"], name="template_key_once")]

    def __str__(self) -> str:
        return self.name

    def numbered(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the values as the far side wants them: {"1": …}; a value that is missing is a dash."""
        return {str(i): str(values.get(name) or "—") for i, name in enumerate(self.variables, start=1)}

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the text with its values in place."""
        numbered = self.numbered(values)
        return re.sub(r"\{\{(\d+)\}\}", lambda m: numbered.get(m[1], m[0]), self.body)
