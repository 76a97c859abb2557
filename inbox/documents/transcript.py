"""A conversation as PDF: who wrote what and when, files by name, notes only where they are asked for."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inbox.kinds import ContentKind
from inbox.models import Attachment, Conversation, Message
from tenants.colors import light_shades, mix, parse_color
from tenants.current import current_tenant, tenant_zone
from tenants.formats import format_phone
from tenants.models import Brand
from tenants.typesetting.letterhead import contact_line, read_logo
from tenants.typesetting.press import picture_file, set_pdf

HERE = Path(__file__).resolve().parent
MOST = 3000  # lines on paper; of a longer talk the last ones
TINT = 0.08  # of the brand under what the provider wrote
WHITE = "#ffffff"


def transcript_pdf(*, conversation: Conversation, notes: bool, now: datetime) -> bytes:
    """Return the conversation as PDF, in the brand of the tenant. `notes` puts in what only the staff wrote."""
    tenant = current_tenant()
    brand = Brand.objects.filter(tenant=tenant).first() or Brand(tenant=tenant, name=tenant.name)
    fill = light_shades(parse_color(brand.primary_color)).fill
    files = {"main.typ": (HERE / "transcript.typ").read_bytes()}
    if logo := read_logo(brand):
        files["logo.svg"] = picture_file(logo)
    lines, total = _lines(conversation, notes=notes)
    sheet = {
        "issuer": brand.name,
        "contact": contact_line(tenant, brand),
        "fill": fill,
        "tint": mix(fill, WHITE, TINT),
        "has_logo": bool(logo),
        "language": (get_language() or tenant.language)[:2],
        "page": _("Página {n} de {of}"),
        "title": _("Conversación con %(who)s") % {"who": _who(conversation)},
        "facts": _facts(conversation, shown=len(lines), total=total, now=now),
        "days": _days(lines),
        "empty": "" if lines else _("Nadie ha escrito todavía."),
    }
    return set_pdf(files, sheet, day=now.astimezone(tenant_zone()).date())


def _who(conversation: Conversation) -> str:
    customer = conversation.customer
    return customer.name if customer else conversation.contact_name or conversation.written_address


def _lines(conversation: Conversation, *, notes: bool) -> tuple[list[Message], int]:
    rows = Message.objects.filter(conversation=conversation)
    if not notes:
        rows = rows.exclude(direction=Message.Direction.NOTE)
    total = rows.count()
    found = rows.prefetch_related("attachments").order_by("-seq")[:MOST]
    return list(reversed(found)), total


def _facts(conversation: Conversation, *, shown: int, total: int, now: datetime) -> list[tuple[str, str]]:
    customer = conversation.customer
    address = format_phone(conversation.written_address, current_tenant().country)
    facts = [
        (_("Cliente"), f"{customer.name} · {customer.code}" if customer else ""),
        (_("Dirección"), f"{address} · {conversation.channel.name}"),
        (_("Impresa"), _moment(now)),
    ]
    if shown < total:
        said = {"shown": shown, "total": total}
        facts.append((_("Mensajes"), _("los últimos %(shown)s de %(total)s") % said))
    return [fact for fact in facts if fact[1]]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(tenant_zone()):%d/%m/%Y %H:%M}"


def _days(lines: list[Message]) -> list[dict[str, Any]]:
    zone = tenant_zone()
    days = groupby(lines, key=lambda line: line.created_at.astimezone(zone).date())
    return [{"name": date_format(day, "DATE_FORMAT"), "lines": [_line(line) for line in found]} for day, found in days]


def _line(line: Message) -> dict[str, Any]:
    by = line.author_label or (_("Cliente") if line.direction == Message.Direction.IN else "")
    if line.direction == Message.Direction.NOTE:
        by = _("Nota de %(who)s") % {"who": by}
    failed = line.error_text or _("No se entregó.") if line.status == Message.Status.FAILED else ""
    return {
        "side": str(line.direction),
        "by": by,
        "at": f"{line.created_at.astimezone(tenant_zone()):%H:%M}",
        "body": line.body or _content(line),
        "files": [_file(attachment) for attachment in line.attachments.all()],
        "state": failed,
    }


def _content(line: Message) -> str:
    """Return a line without words as words: a place, a choice."""
    content = line.content or {}
    if line.kind == ContentKind.LOCATION:
        named = content.get("name") or content.get("address") or ""
        return _("Ubicación: %(place)s") % {
            "place": f"{named} {content.get('latitude')}, {content.get('longitude')}".strip()
        }
    return str(content.get("title") or "")


def _file(attachment: Attachment) -> str:
    name = attachment.filename or str(attachment.get_kind_display())
    size = f" ({max(1, attachment.size // 1024)} kB)" if attachment.size else ""
    return f"[{attachment.get_kind_display()}] {name}{size}"
