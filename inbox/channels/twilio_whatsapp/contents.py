"""Reading Twilio's Content API: what it keeps in forms of its own, told in the parts Meta names.

https://www.twilio.com/docs/content/content-types-overview, read in 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from inbox.channels.base import FarTemplate

PLACES = re.compile(r"\{\{\s*(\w+)\s*\}\}")
STATUSES = {
    "approved": "approved",
    "received": "pending",
    "pending": "pending",
    "rejected": "rejected",
    "paused": "paused",
    "disabled": "disabled",
    "unsubmitted": "unsubmitted",
}
# Only these can be approved for WhatsApp, or say what an approved one looks like.
KINDS = (
    "whatsapp/card",
    "twilio/card",
    "twilio/media",
    "twilio/call-to-action",
    "twilio/quick-reply",
    "whatsapp/authentication",
    "twilio/text",
)
FORMATS = {"jpg": "IMAGE", "jpeg": "IMAGE", "png": "IMAGE", "webp": "IMAGE", "mp4": "VIDEO", "pdf": "DOCUMENT"}


def read_content(row: Any) -> FarTemplate | None:
    """Return a listed content with its approval; None for one that has no form of WhatsApp's."""
    types = row.types if isinstance(row.types, Mapping) else {}
    form = next((types[kind] for kind in KINDS if isinstance(types.get(kind), Mapping)), None)
    if form is None or not row.sid:
        return None
    approval = row.approval_requests if isinstance(row.approval_requests, Mapping) else {}
    body = str(form.get("body") or form.get("title") or "")
    places = list(dict.fromkeys(PLACES.findall(json.dumps(form, ensure_ascii=False))))
    if all(place.isdecimal() for place in places):
        places.sort(key=int)
    status = str(approval.get("status") or "unsubmitted").lower()
    return FarTemplate(
        external_id=str(row.sid),
        name=str(approval.get("name") or row.friendly_name or row.sid)[:120],
        language=str(row.language or "")[:10],
        category=str(approval.get("category") or "").lower()[:30],
        status=STATUSES.get(status, "pending"),
        body=body,
        variables=tuple(places),
        reason=str(approval.get("rejection_reason") or ""),
        components=_components(form, body),
    )


def _components(form: Mapping[str, Any], body: str) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    media = form.get("media")
    link = str(media[0] if isinstance(media, list) and media else media or "")
    if link:
        ending = link.rpartition(".")[2].partition("?")[0].lower()
        # The file is part of what was approved: nothing is attached when it is sent.
        parts.append({"type": "HEADER", "format": FORMATS.get(ending, "IMAGE"), "link": link})
    elif form.get("header_text"):
        parts.append({"type": "HEADER", "format": "TEXT", "text": str(form["header_text"])})
    parts.append({"type": "BODY", "text": body})
    if footer := form.get("footer") or form.get("subtitle"):
        parts.append({"type": "FOOTER", "text": str(footer)})
    actions = [a for a in form.get("actions") or [] if isinstance(a, Mapping)]
    buttons = [
        {
            "type": str(action.get("type") or "QUICK_REPLY").upper(),
            "text": str(action.get("title") or ""),
            **({"url": str(action["url"])} if action.get("url") else {}),
            **({"phone_number": str(action["phone"])} if action.get("phone") else {}),
        }
        for action in actions
    ]
    return [*parts, {"type": "BUTTONS", "buttons": buttons}] if buttons else parts
