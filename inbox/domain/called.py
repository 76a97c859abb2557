"""Whom a webhook is for: from what a call names to a provider's channel and the secret that signs its calls.

What was found is remembered for a few seconds in this process, by provider: a change is seen at once by the process
that made it, and within `SECONDS` by the others. Who was not found is looked for again each time.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from inbox.channels.base import Envelope
from inbox.channels.registry import CHANNELS
from inbox.models import Channel
from tenants.current import entered
from tenants.models import Route, Tenant

SECONDS = 5.0
MOST = 5000  # numbers remembered at once
# In a channel's configuration: until when the secret before this one, kept as the second, still signs.
PREVIOUS_UNTIL = "previous_until"

Key = tuple[str, str, str, str, int]
logger = logging.getLogger(__name__)
_known: dict[Key, tuple[float, tuple[Called, ...]]] = {}


@dataclass(frozen=True)
class Called:
    """A channel that was called. `secrets` sign its calls: the kind's own first, then a second key where it has one."""

    tenant: Tenant
    channel_id: int
    public_base: str
    secrets: tuple[str, ...] = field(repr=False)


def find_called(*, kind: str, envelope: Envelope, hook: str, here: Tenant | None) -> tuple[Called, ...]:
    """Return the channels an envelope is for: one, or none; a call about a whole account may concern several providers.

    `here` is the provider on whose host the call came; None on the platform's, where the number's route tells.
    Raises SealError when a secret cannot be opened.
    """
    key = (kind, hook, envelope.account, envelope.number, here.pk if here else 0)
    entry = _known.get(key)
    if entry and entry[0] > time.monotonic():
        return entry[1]
    if any("\x00" in text for text in (envelope.account, envelope.number)):
        return ()
    tenants = [here] if here else _routed(kind, envelope, hook)
    found = tuple(called for tenant in tenants if (called := _channel_of(tenant, kind, envelope, hook)))
    if found and len(_known) < MOST:
        _known[key] = (time.monotonic() + SECONDS, found)
    elif not found:
        _known.pop(key, None)
    return found


def _routed(kind: str, envelope: Envelope, hook: str) -> list[Tenant]:
    """Return the providers that a number (an account, where no number is named) is routed to."""
    wanted = Q(account=hook) if hook else Q(account=envelope.account)
    if envelope.number and not hook:
        wanted &= Q(number=envelope.number)
    rows = Route.objects.filter(wanted, provider=CHANNELS[kind].provider, tenant__status=Tenant.Status.READY)
    return list({row.tenant_id: row.tenant for row in rows.select_related("tenant__brand")}.values())


def _channel_of(tenant: Tenant, kind: str, envelope: Envelope, hook: str) -> Called | None:
    with entered(tenant):
        rows = Channel.objects.filter(kind=kind, is_active=True)
        if hook:
            rows = rows.filter(hook=hook)
        elif envelope.number:
            rows = rows.filter(account=envelope.account, address=envelope.number)
        else:
            rows = rows.filter(account=envelope.account)
        channel = rows.order_by("id").first()
        if channel is None:
            return None
        until = str(channel.config.get(PREVIOUS_UNTIL) or "")
        over = bool(until) and datetime.fromisoformat(until) <= timezone.now()
        fields = dict.fromkeys((CHANNELS[kind].signed_with, *([] if over else ["hook_secret"])))
        base = str(channel.config.get("public_base") or "").rstrip("/")
        # An empty secret signs nothing: anybody could.
        return Called(tenant, channel.pk, base, tuple(filter(None, map(channel.reveal, fields))))


@receiver([post_save, post_delete], sender=Channel)
@receiver([post_save, post_delete], sender=Route)
@receiver([post_save, post_delete], sender=Tenant)
def forget_called(**_: Any) -> None:
    """Drop all that is remembered: channels and routes change rarely."""
    _known.clear()
