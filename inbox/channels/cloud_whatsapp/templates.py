"""Reading the approved texts as Graph lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from inbox.channels.base import FarTemplate

FIELDS = "name,language,status,category,components,parameter_format,rejected_reason"
PLACES = re.compile(r"\{\{\s*(\w+)\s*\}\}")

STATUSES = {
    "APPROVED": "approved",
    "REINSTATED": "approved",
    "FLAGGED": "approved",
    "UNFLAGGED": "approved",
    "PENDING": "pending",
    "IN_APPEAL": "pending",
    "PENDING_DELETION": "disabled",
    "REJECTED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "disabled",
    "DELETED": "disabled",
    "LIMIT_EXCEEDED": "disabled",
    "ARCHIVED": "disabled",
}


def read_template(row: Mapping[str, Any]) -> FarTemplate | None:
    """Return a listed template; None for a row without a name. A state that is new counts as pending."""
    name, language = str(row.get("name") or ""), str(row.get("language") or "")
    if not (name and language):
        return None
    raw = row.get("components")
    components = [part for part in raw if isinstance(part, Mapping)] if isinstance(raw, list) else []
    body = next((str(p.get("text") or "") for p in components if str(p.get("type", "")).upper() == "BODY"), "")
    reason = str(row.get("rejected_reason") or "")
    return FarTemplate(
        external_id=name,
        name=name,
        language=language,
        category=str(row.get("category") or "").lower(),
        status=STATUSES.get(str(row.get("status") or "").upper(), "pending"),
        body=body,
        variables=tuple(dict.fromkeys(PLACES.findall(body))),
        reason="" if reason == "NONE" else reason,
        components=components,
    )
