"""What a far side says of itself: that a template was judged, that a number has a problem."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from events.domain import Actor, record
from inbox.channels.base import ChannelReport, TemplateReport
from inbox.models import Approval, Channel


@transaction.atomic
def note_template(*, channel: Channel, item: TemplateReport, now: datetime) -> str:
    """Keep how a template was judged; one that is not known yet comes with the next look at all of them."""
    rows = Approval.objects.filter(channel__account=channel.account, language=item.language)
    rows = rows.filter(external_id__in=[item.external_id, item.name])
    if not rows.update(status=item.status, reason=item.reason[:255], synced_at=now):
        return "template: unknown"
    facts: dict[str, Any] = {"name": item.name, "status": item.status, "reason": item.reason[:255]}
    record("template.judged", subject=channel, actor=Actor.system("Bandeja"), at=now, **facts)
    return f"template {item.status}"


@transaction.atomic
def note_channel(*, channel: Channel, item: ChannelReport, now: datetime) -> str:
    """Keep what is wrong with a number, or that nothing is any more."""
    if channel.problem == item.problem[:255]:
        return "channel: nothing new"
    Channel.objects.filter(pk=channel.pk).update(problem=item.problem[:255], checked_at=now)
    record("channel.reported", subject=channel, actor=Actor.system("Bandeja"), at=now, problem=item.problem[:255])
    return "channel problem" if item.problem else "channel is well"
