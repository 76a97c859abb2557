"""Delivery states with their price and reason, and what Meta says of templates, numbers and accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.channels.cloud_whatsapp.errors import explain
from inbox.channels.cloud_whatsapp.raw import mapping, rows, text
from inbox.channels.cloud_whatsapp.templates import STATUSES as TEMPLATE_STATUSES
from inbox.channels.items import ChannelReport, Ignored, Item, Price, StatusReport, TemplateReport

STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
QUALITY_GOOD = frozenset({"ONBOARDING", "UPGRADE", "UNFLAGGED", "THROUGHPUT_UPGRADE"})
# Facts of an account that change nothing of what can be sent.
ACCOUNT_FINE = frozenset({"VERIFIED_ACCOUNT", "ACCOUNT_VERIFIED", "REINSTATE", "ACCOUNT_RESTORED"})
ACCOUNT_BAD: dict[str, object] = {
    "DISABLED_UPDATE": gettext_lazy("Meta desactivó la cuenta de WhatsApp."),
    "ACCOUNT_VIOLATION": gettext_lazy("Meta avisó de una infracción a sus políticas."),
    "ACCOUNT_RESTRICTION": gettext_lazy("Meta restringió la cuenta de WhatsApp."),
    "ACCOUNT_DELETED": gettext_lazy("La cuenta de WhatsApp fue eliminada en Meta."),
    "PHONE_NUMBER_REMOVED": gettext_lazy("El número fue quitado de la cuenta de WhatsApp."),
    "PARTNER_REMOVED": gettext_lazy("La cuenta de WhatsApp ya no está compartida con esta aplicación."),
}


def status_of(row: Mapping[str, Any]) -> Item:
    """A delivery state; our own id of the message comes back with it."""
    external_id, status = text(row, "id"), STATUSES.get(text(row, "status"))
    if not external_id or status is None:
        return Ignored(why=f"status {text(row, 'status')[:30]}")
    key = text(row, "biz_opaque_callback_data")
    failed = status == "failed"
    error = (rows(row, "errors") or [{}])[0]
    code = text(error, "code")
    sentence, action = explain(code, text(mapping(error, "error_data"), "details") or text(error, "title"))
    return StatusReport(
        external_id=external_id,
        status=status,
        key=key if UUID.fullmatch(key) else "",
        error_code=code if failed else "",
        error_text=sentence if failed else "",
        action=action,
        price=_price(mapping(row, "pricing")),
    )


def _price(pricing: Mapping[str, Any]) -> Price | None:
    """Meta tells the category and whether it is charged; the amount stands in its price list."""
    if not pricing:
        return None
    billable = pricing.get("billable")
    model = " ".join(filter(None, (text(pricing, "pricing_model"), text(pricing, "type"))))
    return Price(
        billable=billable if isinstance(billable, bool) else None, category=text(pricing, "category"), model=model
    )


def template_news(value: Mapping[str, Any]) -> Item:
    """A template was judged."""
    event, name = text(value, "event").upper(), text(value, "message_template_name")
    if not name or event not in TEMPLATE_STATUSES:
        return Ignored(why=f"template {event[:30]}")
    reason = text(value, "reason")
    info = mapping(value, "other_info")
    return TemplateReport(
        external_id=name,
        name=name,
        language=text(value, "message_template_language"),
        status=TEMPLATE_STATUSES[event],
        reason=(text(info, "description") or ("" if reason == "NONE" else reason))[:255],
    )


def quality_news(value: Mapping[str, Any]) -> Item:
    """The quality of a number, or how many people it may write to, changed."""
    event = text(value, "event").upper()
    # Told for the account, which may have several numbers.
    number = text(value, "display_phone_number")[:40]
    if event in QUALITY_GOOD:
        return ChannelReport(problem="", number=number)
    limit = text(value, "current_limit")
    problem = _("Meta bajó la calidad del número %(number)s: los clientes bloquean o reportan sus mensajes.")
    problem %= {"number": number}
    if limit:
        problem += " " + _("Límite actual: %(limit)s.") % {"limit": limit[:40]}
    return ChannelReport(problem=problem, number=number)


def name_news(value: Mapping[str, Any]) -> Item:
    """The name that customers see was judged."""
    if text(value, "decision").upper() == "APPROVED":
        return Ignored(why="name approved")
    number = text(value, "display_phone_number")[:40]
    return ChannelReport(problem=_("Meta no aprobó el nombre visible de este número."), number=number)


def account_news(value: Mapping[str, Any]) -> Item:
    """Something befell the account."""
    event = text(value, "event").upper()
    if event in ACCOUNT_FINE:
        return ChannelReport(problem="")
    state = text(mapping(value, "ban_info"), "waba_ban_state").upper()
    if event == "DISABLED_UPDATE" and state == "REINSTATE":
        return ChannelReport(problem="")
    if event in ACCOUNT_BAD:
        return ChannelReport(problem=str(ACCOUNT_BAD[event]))
    return Ignored(why=f"account {event[:60]}")
