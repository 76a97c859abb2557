"""The numbers and accounts a provider writes from, and the texts that may be sent from them at any time."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from inbox.kinds import Capabilities, capabilities_of
from tenants.sealing import SealedField, SealedRow


class Channel(SealedRow):
    """One number (or account) that carries messages. `address` is as the far side writes it, `shown` as people do."""

    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=120)
    shown = models.CharField(max_length=60, blank=True, db_default="")
    account = models.CharField(max_length=80)
    # What opens the far side: an auth token, an access token, a bot's token.
    auth_token = SealedField()
    # What signs its webhooks where that is something else: Meta's app secret, Telegram's secret token.
    hook_secret = SealedField()
    # Names the channel in the address its far side calls, where the call itself does not.
    hook = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    # What the kind's own typed configuration reads: api_base, public_base.
    config = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    # Messages a second that may leave; empty: what the kind allows.
    per_second = models.PositiveSmallIntegerField(null=True, blank=True)
    # The far side asked for silence until then.
    silent_until = models.DateTimeField(null=True, blank=True)
    # Up to when what came in was asked for; None until the first time.
    caught_up_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    # When its approved texts were last asked for.
    templates_synced_at = models.DateTimeField(null=True, blank=True)
    # What is wrong with it now, in a sentence; empty when nothing is known to be.
    problem = models.CharField(max_length=255, blank=True, db_default="")

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
        return self.shown or self.address.removeprefix("whatsapp:")

    @property
    def can(self) -> Capabilities:
        """Return what its kind can do."""
        return capabilities_of(self.kind)


class Template(models.Model):
    """The words of one of the provider's notices. `variables` names {{1}}, {{2}}… in order."""

    key = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=10, default="es")
    body = models.TextField()
    variables = models.JSONField(default=list, blank=True)

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


class Approval(models.Model):
    """A text the far side knows by `external_id` for one channel, and what it thinks of it.

    `notice` is the one of ours it carries; without one it is offered to agents only.
    """

    class Status(models.TextChoices):
        APPROVED = "approved", "Aprobada"
        PENDING = "pending", "En revisión"
        REJECTED = "rejected", "Rechazada"
        PAUSED = "paused", "En pausa"
        DISABLED = "disabled", "Desactivada"
        UNSUBMITTED = "unsubmitted", "Sin enviar a revisión"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="approvals")
    notice = models.ForeignKey(Template, null=True, blank=True, on_delete=models.SET_NULL, related_name="approvals")
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=10)
    category = models.CharField(max_length=30, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.APPROVED)
    reason = models.CharField(max_length=255, blank=True)
    body = models.TextField(blank=True)
    variables = models.JSONField(default=list, blank=True)
    components = models.JSONField(default=list, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id", "language"], name="approval_once"),
            models.UniqueConstraint(
                fields=["channel", "notice"], condition=Q(notice__isnull=False), name="approval_one_a_notice"
            ),
        ]

    def __str__(self) -> str:
        return self.name
