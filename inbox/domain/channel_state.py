"""How a channel is, in words: what is wrong, what to do, when it was last heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.utils.translation import gettext as _

from inbox.channels.registry import CHANNELS
from inbox.models import Channel, Conversation, Message, Notification
from inbox.models.messages import PENDING

STUCK = timedelta(minutes=10)  # a message that waits longer than this does not simply wait its turn


@dataclass(frozen=True)
class State:
    """`tone` is a colour of status.css; `what` and `todo` are sentences, empty when all is well."""

    tone: str
    word: str
    what: str = ""
    todo: str = ""


def state_of(
    channel: Channel, *, now: datetime, heard_at: datetime | None = None, waiting_since: datetime | None = None
) -> State:
    """Say how a channel is. `heard_at`: its last webhook; `waiting_since`: its oldest unsent message."""
    if not channel.is_active:
        return State("paused", _("Apagado"), _("No recibe ni envía."), "")
    if channel.problem:
        return State("cut", _("Con problema"), channel.problem, _("Corrija los datos de abajo y pruebe de nuevo."))
    if channel.silent_until and channel.silent_until > now:
        return State("overdue", _("En pausa"), _("El proveedor pidió enviar más despacio."), _("Sigue solo."))
    if waiting_since is not None and now - waiting_since > STUCK:
        return State("overdue", _("Con demora"), _("Hay mensajes que no salen."), _("Pruebe la conexión."))
    if is_called(channel.kind) and heard_at is None and channel.caught_up_at is None:
        return State("due", _("Falta un paso"), _("Todavía no llega nada por aquí."), _("Pegue la dirección allá."))
    return State("active", _("Conectado"))


def is_called(kind: str) -> bool:
    """Say whether a far side calls us for a kind."""
    return kind in CHANNELS and CHANNELS[kind].is_called


def state_of_one(channel: Channel, *, now: datetime) -> State:
    """Say how a channel is, with what came and what waits looked up: the same words as in the list."""
    found: State = next(row["state"] for row in channel_rows(now=now) if row["channel"].pk == channel.pk)
    return found


def channel_rows(*, now: datetime) -> list[dict[str, Any]]:
    """Return each channel with its kind, state, last messages and queue; the same queries however many there are."""
    sent = Message.objects.filter(channel=OuterRef("pk"), direction="out").order_by("-id").values("created_at")[:1]
    heard = Notification.objects.filter(channel=OuterRef("pk")).order_by("-received_at").values("received_at")[:1]
    rows = Channel.objects.annotate(last_out=Subquery(sent), heard_at=Subquery(heard)).order_by("name", "id")
    came = dict(Conversation.objects.values_list("channel_id").annotate(last=Max("last_inbound_at")))
    queue = {
        row["channel_id"]: row
        for row in Message.objects.filter(status__in=PENDING, next_try_at__isnull=False)
        .values("channel_id")
        .annotate(count=Count("id"), oldest=Min("created_at"))
    }
    return [_row(row, came, queue, now) for row in rows]


def _row(channel: Any, came: dict[int, datetime | None], queue: dict[int, Any], now: datetime) -> dict[str, Any]:
    waiting = queue.get(channel.pk, {})
    last_in = came.get(channel.pk)
    return {
        "channel": channel,
        "kind": CHANNELS.get(channel.kind),
        "last_in": last_in,
        "last_out": channel.last_out,
        "unsent": waiting.get("count", 0),
        "state": state_of(channel, now=now, heard_at=channel.heard_at or last_in, waiting_since=waiting.get("oldest")),
    }
