"""Notifications as Meta documents them."""

from __future__ import annotations

import json
from typing import Any

from inbox.channels.base import Call
from inbox.channels.cloud_whatsapp.door import sign

WABA, PHONE, CUSTOMER, BSUID = "102290129340398", "106540352242922", "5214441234567", "MX.1502576394655843"
SECRET = "0123456789abcdef" * 2


def value(**parts: Any) -> dict[str, Any]:
    """The value of a `messages` change."""
    metadata = {"display_phone_number": "52 1 444 000 0001", "phone_number_id": PHONE}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def message(kind: str, content: Any = None, **more: Any) -> dict[str, Any]:
    """A row of `messages`."""
    row = {"from": CUSTOMER, "id": f"wamid.{kind}", "timestamp": "1763760000", "type": kind, **more}
    return row if content is None else {**row, kind: content}


def contact(**more: Any) -> dict[str, Any]:
    """A row of `contacts`."""
    return {"profile": {"name": "Ana Muñoz"}, "wa_id": CUSTOMER, **more}


def change(*messages: dict[str, Any], field: str = "messages", **parts: Any) -> dict[str, Any]:
    """A change with messages."""
    told = {"contacts": [contact()], "messages": list(messages)} if messages else {}
    return {"field": field, "value": value(**{**told, **parts})}


def status(state: str, **more: Any) -> dict[str, Any]:
    """A row of `statuses`."""
    return {"id": "wamid.ours", "status": state, "timestamp": "1763760000", "recipient_id": CUSTOMER, **more}


def body(*changes: dict[str, Any], waba: str = WABA) -> dict[str, Any]:
    """A whole notification."""
    return {"object": "whatsapp_business_account", "entry": [{"id": waba, "changes": list(changes)}]}


def call(data: Any, *, secret: str = SECRET, signature: str | None = None) -> Call:
    """A POST with a body, signed."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    signed = sign(secret, raw) if signature is None else signature
    headers = {"x-hub-signature-256": signed} if signed else {}
    return Call(method="POST", urls=(), path_key="", query={}, headers=headers, body=raw)
