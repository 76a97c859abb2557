"""What customers do: write, send files, press buttons, react, edit, take back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from simulators.whatsapp_cloud.world import Person, Phone, StoredMessage, World, new_wamid, now

FILES = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/ogg", "document": "application/pdf"}


def compose(
    world: World,
    *,
    phone_id: str,
    person: Person,
    kind: str,
    content: dict[str, Any],
    data: bytes | None = None,
    wamid: str = "",
    reply_to: str = "",
) -> StoredMessage:
    """A customer's message of any type, kept; `data` are the bytes of a file. Raises LookupError for no such number."""
    business = world.business_of(phone_id)
    if business is None:
        raise LookupError(f"No business has the number {phone_id}")
    content = dict(content)
    if data is not None:
        claimed = content.get("mime_type") or FILES.get(kind, "application/octet-stream")
        media = world.keep_media(business.waba_id, data, claimed, content.get("filename", ""))
        content |= {"id": media.id, "mime_type": claimed, "sha256": hashlib.sha256(data).hexdigest()}
    wire: dict[str, Any] = {kind: content} if kind != "contacts" else {"contacts": content["contacts"]}
    for aside in ("referral", "errors", "context", "forwarded"):
        if aside in content:
            wire[aside] = content.pop(aside)
    if wire.pop("forwarded", False):
        wire["context"] = wire.get("context", {}) | {"forwarded": True}
    if reply_to:
        phone = business.phones[phone_id]
        wire["context"] = {"from": _digits(phone), "id": reply_to}
    if kind == "unsupported":
        wire.setdefault("errors", [_unsupported()])
    stored = StoredMessage(
        id=wamid or new_wamid(),
        phone_id=phone_id,
        person=person,
        inbound=True,
        kind=kind,
        content=wire,
        status="received",
        created=now(),
    )
    world.store(stored)
    return stored


def _unsupported() -> dict[str, Any]:
    details = "Message type is not currently supported."
    return {"code": 131051, "title": "Message type unknown", "message": details, "error_data": {"details": details}}


def _digits(phone: Phone) -> str:
    return "".join(c for c in phone.display if c.isdigit())


# Each type of message there is, with content as in the documentation; for a test that walks them all.
EVERY: dict[str, Callable[[], dict[str, Any]]] = {
    "text": lambda: {"body": "¿Cuánto debo? 🙂 https://norte.example/pago"},
    "image": lambda: {"caption": "Mi comprobante"},
    "video": lambda: {"caption": "Así se ve la luz roja"},
    "document": lambda: {"filename": "recibo.pdf"},
    "audio": lambda: {"mime_type": "audio/ogg; codecs=opus", "voice": True},
    "sticker": lambda: {"mime_type": "image/webp", "animated": False},
    "location": lambda: {"latitude": 22.15, "longitude": -100.98, "name": "Casa", "address": "Calle 5"},
    "contacts": lambda: {
        "contacts": [{"name": {"formatted_name": "Luis Pérez"}, "phones": [{"phone": "+52 444 111 2233"}]}]
    },
    "interactive": lambda: {"type": "button_reply", "button_reply": {"id": "pay", "title": "Pagar"}},
    "button": lambda: {"payload": "YES", "text": "Sí"},
    "reaction": lambda: {"message_id": "wamid.none", "emoji": "👍"},
    "order": lambda: {"catalog_id": "1", "product_items": [{"product_retailer_id": "a", "quantity": 1}]},
    "system": lambda: {"type": "user_changed_number", "body": "Ana changed", "wa_id": "5214449999999"},
    "edit": lambda: {
        "original_message_id": "wamid.none",
        "message": {"type": "text", "text": {"body": "Quise decir: ¿cuánto pago?"}},
    },
    "revoke": lambda: {"original_message_id": "wamid.none"},
    "unsupported": lambda: {"type": "poll"},
}
