"""The texts the far sides have approved: asked for daily, kept as rows, and linked to our notices where words match."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.domain import Actor, record
from inbox.channels.base import ChannelError, FarTemplate
from inbox.domain.carriers import carrier_of
from inbox.kinds import KINDS
from inbox.models import Approval, Channel, Template
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

LANE = "inbox.templates"
EVERY = timedelta(days=1)
AFTER_FAILURE = timedelta(hours=1)
# Nobody approves texts there: all of ours count, and no far side could say that they are gone.
APPROVES_ALL = frozenset({"sandbox"})
PLACE = re.compile(r"\{\{\s*\w+\s*\}\}")


@dataclass(frozen=True)
class Synced:
    """What a look at the far side brought: how many texts there are, and how many began to carry a notice."""

    found: int
    linked: int


def drain(*, now: datetime) -> datetime | None:
    """Ask each channel that is due for its texts; return when the next one is."""
    kinds = [kind for kind, can in KINDS.items() if can.templates]
    channels = list(Channel.objects.filter(is_active=True, kind__in=kinds))
    for channel in channels:
        if channel.templates_synced_at is None or channel.templates_synced_at <= now - EVERY:
            _sync_or_later(channel, now)
    due = [channel.templates_synced_at + EVERY for channel in channels if channel.templates_synced_at]
    return max(min(due), now + timedelta(minutes=1)) if due else None


def _sync_or_later(channel: Channel, now: datetime) -> None:
    try:
        sync_channel(channel=channel, actor=Actor.system("Bandeja"), now=now)
        channel.templates_synced_at = now
    except (ChannelError, SealError, KeyError, ValueError) as error:
        logger.warning("the texts of channel %s cannot be asked for: %s", channel.pk, type(error).__name__)
        channel.templates_synced_at = now - EVERY + AFTER_FAILURE
        Channel.objects.filter(pk=channel.pk).update(templates_synced_at=channel.templates_synced_at)


def sync_channel(*, channel: Channel, actor: Actor, now: datetime) -> Synced:
    """Make a channel's approvals what the far side says. No transaction is open while it is asked. Raises ChannelError.

    One that is there no more is disabled and not removed: messages were sent by it.
    """
    if channel.kind in APPROVES_ALL:
        Channel.objects.filter(pk=channel.pk).update(templates_synced_at=now)
        return Synced(channel.approvals.count(), 0)
    found = carrier_of(channel).templates()
    with transaction.atomic():
        # One at a time, so that two presses do not make a text twice.
        Channel.objects.select_for_update().get(pk=channel.pk)
        kept = {_key(row): row for row in channel.approvals.all()}
        for far in found:
            _keep(channel, kept.pop((far.external_id, far.language), None), far, now)
        for gone in kept.values():
            if gone.status != Approval.Status.DISABLED:
                gone.status, gone.reason, gone.synced_at = (
                    Approval.Status.DISABLED,
                    _("Ya no existe en la cuenta."),
                    now,
                )
                gone.save(update_fields=["status", "reason", "synced_at"])
        linked = _link_by_words(channel)
        Channel.objects.filter(pk=channel.pk).update(templates_synced_at=now)
        record("templates.synced", subject=channel, actor=actor, at=now, found=len(found), linked=linked)
    return Synced(len(found), linked)


def _key(row: Approval) -> tuple[str, str]:
    return row.external_id, row.language


def _keep(channel: Channel, row: Approval | None, far: FarTemplate, now: datetime) -> None:
    known = {str(choice) for choice in Approval.Status.values}
    fields: dict[str, Any] = {
        "name": far.name[:120],
        "category": far.category[:30],
        "status": far.status if far.status in known else Approval.Status.PENDING,
        "reason": far.reason[:255],
        "body": far.body,
        "variables": list(far.variables),
        "components": [dict(part) for part in far.components],
        "synced_at": now,
    }
    if row is None:
        Approval.objects.create(channel=channel, external_id=far.external_id, language=far.language, **fields)
        return
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))


def _link_by_words(channel: Channel) -> int:
    """Give each notice without an approved text of this channel the one that says the same; return how many got one."""
    rows = list(channel.approvals.filter(status=Approval.Status.APPROVED, notice=None).order_by("id"))
    taken = set(channel.approvals.exclude(notice=None).values_list("notice_id", flat=True))
    linked = 0
    for notice in Template.objects.exclude(pk__in=taken).order_by("id"):
        same = [row for row in rows if _says_the_same(row, notice)]
        if not same:
            continue
        # Of several with the same words, the one that also has its name.
        best = next((row for row in same if row.name == notice.key), same[0])
        rows.remove(best)
        best.notice = notice
        best.save(update_fields=["notice"])
        linked += 1
    return linked


def _says_the_same(row: Approval, notice: Template) -> bool:
    alike = _bare(row.body) == _bare(notice.body) and row.language[:2] == notice.language[:2]
    return alike and not needs_file(row) and len(row.variables) == len(notice.variables)


def _bare(text: str) -> str:
    return " ".join(PLACE.sub("{}", text).split())


class CannotCarry(ValueError):
    """The text has other places than the notice, or asks for a file; the message is for people."""


@transaction.atomic
def link_notice(*, approval_id: int, notice: Template | None, actor: Actor, now: datetime) -> Approval:
    """Say that an approved text carries one of our notices on its channel, or none. Raises CannotCarry."""
    row: Approval = Approval.objects.select_for_update(of=("self",)).select_related("channel").get(pk=approval_id)
    if notice is not None:
        if needs_file(row):
            raise CannotCarry(_("Este texto lleva un archivo en el encabezado: un aviso no tiene cuál poner."))
        if len(row.variables) != len(notice.variables):
            said = {"has": len(row.variables), "needs": len(notice.variables)}
            raise CannotCarry(_("El texto lleva %(has)s datos y el aviso tiene %(needs)s.") % said)
        Approval.objects.filter(channel=row.channel, notice=notice).exclude(pk=row.pk).update(notice=None)
    row.notice = notice
    row.save(update_fields=["notice"])
    facts: dict[str, Any] = {"name": row.name, "notice": notice.name if notice else ""}
    record("template.linked", subject=row.channel, actor=actor, at=now, **facts)
    return row


def part_of(approval: Approval, kind: str) -> dict[str, Any]:
    """Return a part of an approved text (header, footer, buttons); empty where it has none."""
    parts = (part for part in approval.components if str(part.get("type", "")).upper() == kind.upper())
    return dict(next(parts, {}))


def needs_file(approval: Approval) -> bool:
    """Say whether a file must be attached: its header is one, and not the one that was approved with it."""
    header = part_of(approval, "header")
    return str(header.get("format", "")).upper() in {"IMAGE", "VIDEO", "DOCUMENT"} and not header.get("link")


def sendable(channel: Channel) -> list[Approval]:
    """Return the texts that may be sent over a channel now, by name."""
    return list(channel.approvals.filter(status=Approval.Status.APPROVED).select_related("notice").order_by("name"))
