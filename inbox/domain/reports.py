"""What a far side says of itself: that a template was judged, that a number has a problem."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import transaction

from events.domain import Actor, record
from inbox.addresses import phone_variants
from inbox.channels.items import ChannelReport, TemplateReport
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
    """Keep what is wrong with a number, or that nothing is any more; of a whole account, with each of its numbers."""
    found = _meant(channel, item.number)
    changed = [row for row in found if row.problem != item.problem[:255]]
    for row in changed:
        Channel.objects.filter(pk=row.pk).update(problem=item.problem[:255], checked_at=now)
        record("channel.reported", subject=row, actor=Actor.system("Bandeja"), at=now, problem=item.problem[:255])
    if not changed:
        return "channel: nothing new" if found else "channel: another number"
    return "channel problem" if item.problem else "channel is well"


def _meant(channel: Channel, number: str) -> list[Channel]:
    """Return the channels of an account that news are about. Meta may write a number otherwise than we keep it."""
    rows = list(Channel.objects.filter(kind=channel.kind, account=channel.account).order_by("id"))
    if not number:
        return rows
    writings = phone_variants(_plain(number))
    return [row for row in rows if _plain(row.number) in writings]


def _plain(number: str) -> str:
    return "+" + re.sub(r"\D", "", number)
