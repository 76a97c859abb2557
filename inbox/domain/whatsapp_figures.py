"""The figures that the WhatsApp servers before us told, of the provider entered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q
from django.db.models.functions import ExtractHour

from inbox.models import Conversation, Message, Ticket
from tenants.current import tenant_zone

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
STAFF_NOTE = "note"

# From a person's message to the answer that came right after it.
RESPONSE = """
SELECT avg(extract(epoch FROM created_at - before_at)) FROM (
    SELECT message.created_at, message.direction,
        lag(message.direction) OVER talk AS before, lag(message.created_at) OVER talk AS before_at
    FROM inbox_message message JOIN inbox_conversation conversation ON conversation.id = message.conversation_id
    WHERE conversation.last_message_at >= %(since)s AND message.created_at >= %(since)s AND message.direction <> 'note'
    WINDOW talk AS (PARTITION BY message.conversation_id ORDER BY message.seq)
) lines WHERE direction = 'out' AND before = 'in'
"""


def whatsapp_figures(*, now: datetime) -> dict[str, Any]:
    """Return the figures at `now`. Times are seconds; engagement, registrations and incidents are of the last 30 days.

    Mean response: of the last 7 days, from a person's message to the answer right after it; None without one.
    Registered: customers who came to be after their conversation had begun. Incidents: tickets, by the channel of
    their conversation, else by where they were born.
    """
    people = Conversation.objects.filter(merged_into=None)
    active = people.aggregate(
        open=Count("id", filter=~Q(status=Conversation.Status.RESOLVED) & Q(blocked_at=None)),
        day=Count("id", filter=Q(last_inbound_at__gte=now - DAY)),
        week=Count("id", filter=Q(last_inbound_at__gte=now - WEEK)),
        waiting=Count("id", filter=Q(waiting_since__isnull=False, blocked_at=None)),
    )
    return {
        "active_conversations": active["open"],
        "waiting_conversations": active["waiting"],
        "messages": _messages(now),
        "mean_response_seconds": _mean_response(now - WEEK),
        "active_users": {"last_24h": active["day"], "last_7d": active["week"]},
        "engagement": _engagement(now),
        "registrations_by_channel": _by_channel(
            people.filter(customer__created_at__gte=now - MONTH).filter(customer__created_at__gte=F("created_at"))
        ),
        "incidents_by_channel": _incidents(now - MONTH),
    }


def _messages(now: datetime) -> dict[str, int]:
    recent = Message.objects.filter(conversation__last_message_at__gte=now - WEEK, created_at__gte=now - WEEK)
    return recent.exclude(direction=STAFF_NOTE).aggregate(
        received_24h=Count("id", filter=Q(direction="in", created_at__gte=now - DAY)),
        sent_24h=Count("id", filter=Q(direction="out", created_at__gte=now - DAY)),
        received_7d=Count("id", filter=Q(direction="in")),
        sent_7d=Count("id", filter=Q(direction="out")),
    )


def _mean_response(since: datetime) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(RESPONSE, {"since": since})
        mean = cursor.fetchone()[0]
    return round(float(mean), 1) if mean is not None else None


def _engagement(now: datetime) -> dict[str, Any]:
    rows = Conversation.objects.filter(merged_into=None, last_inbound_at__gte=now - MONTH)
    wrote = rows.count()
    heard = rows.filter(messages__direction="out", messages__created_at__gte=now - MONTH).distinct().count()
    returning = rows.filter(created_at__lt=now - MONTH).count()
    lines = Message.objects.filter(
        conversation__last_inbound_at__gte=now - WEEK, direction="in", created_at__gte=now - WEEK
    )
    hours = lines.annotate(hour=ExtractHour("created_at", tzinfo=tenant_zone())).values("hour").annotate(n=Count("id"))
    found = {row["hour"]: row["n"] for row in hours}
    return {
        "wrote": wrote,
        "answered": heard,
        "answered_share": round(heard / wrote, 3) if wrote else None,
        "returning": returning,
        "by_hour": [found.get(hour, 0) for hour in range(24)],
    }


def _by_channel(rows: Any) -> dict[str, int]:
    counted = rows.values_list("channel__kind").annotate(n=Count("customer", distinct=True)).order_by()
    return dict(counted)


def _incidents(since: datetime) -> dict[str, int]:
    found: dict[str, int] = {}
    rows = Ticket.objects.filter(created_at__gte=since).values_list("conversation__channel__kind", "source")
    for kind, source, n in rows.annotate(n=Count("id")).order_by():
        found[kind or source] = found.get(kind or source, 0) + n
    return found
