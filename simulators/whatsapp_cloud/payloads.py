"""Webhook bodies as Meta writes them: the envelope, messages of every type, delivery states, and the other fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.whatsapp_cloud.world import ERRORS, Business, Person, Phone, StoredMessage


@dataclass
class Change:
    """One change of an account: which field, and its value. `phone` gives it the number's metadata."""

    field: str
    value: dict[str, Any]
    phone: Phone | None = None


def envelope(business: Business, changes: Iterable[Change]) -> dict[str, Any]:
    """One POST with one entry of the account that carries all changes."""
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": business.waba_id, "changes": [_change(change) for change in changes]}],
    }


def _change(change: Change) -> dict[str, Any]:
    value = dict(change.value)
    if change.phone is not None:
        value = {"messaging_product": "whatsapp", "metadata": metadata(change.phone), **value}
    return {"field": change.field, "value": value}


def metadata(phone: Phone) -> dict[str, str]:
    """Which number a change is about; the number for people may contain spaces."""
    return {"display_phone_number": phone.display, "phone_number_id": phone.id}


def contact(person: Person) -> dict[str, Any]:
    """The `contacts` row of a sender."""
    profile = {"name": person.name} | ({"username": person.username} if person.username else {})
    return {
        "profile": profile,
        **_known(wa_id=person.wa_id, user_id=person.user_id, parent_user_id=person.parent_user_id),
    }


def inbound(message: StoredMessage) -> dict[str, Any]:
    """The `messages` row of a customer's message. What the sender has no number for is absent."""
    person = message.person
    return {
        **_known(
            **{"from": person.wa_id, "from_user_id": person.user_id, "from_parent_user_id": person.parent_user_id}
        ),
        "id": message.id,
        "timestamp": seconds(message.created),
        "type": message.kind,
        **message.content,
    }


def messages_change(phone: Phone, messages: list[StoredMessage]) -> Change:
    """A change that carries messages of one number, with the contact of each sender once."""
    people = {m.person.key: contact(m.person) for m in messages}
    return Change("messages", {"contacts": list(people.values()), "messages": [inbound(m) for m in messages]}, phone)


def status(message: StoredMessage, state: str, at: datetime, *, error: int | None = None) -> dict[str, Any]:
    """The `statuses` row of one of the business's messages; what it costs comes with sent and delivered."""
    person = message.person
    row: dict[str, Any] = {
        "id": message.id,
        "status": state,
        "timestamp": seconds(at),
        **_known(recipient_id=person.wa_id, recipient_user_id=person.user_id),
        **_known(biz_opaque_callback_data=message.opaque),
    }
    if state in {"sent", "delivered"}:
        free = message.category == "service"
        row["pricing"] = {
            "billable": not free,
            "pricing_model": "PMP",
            "category": message.category,
            "type": "free_customer_service" if free else "regular",
        }
    if error is not None:
        row["errors"] = [error_row(error)]
    return row


def error_row(code: int) -> dict[str, Any]:
    """An error inside a webhook."""
    _status, title, details = ERRORS.get(code, (400, "Error", "Error"))
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }


def statuses_change(phone: Phone, rows: list[dict[str, Any]]) -> Change:
    """A change that carries delivery states of one number's messages."""
    return Change("messages", {"statuses": rows}, phone)


def echo(phone: Phone, person: Person, message_id: str, at: datetime, content: dict[str, Any]) -> Change:
    """What the business wrote on its own telephone (coexistence)."""
    digits = "".join(c for c in phone.display if c.isdigit())
    row = {"from": digits, "to": person.key, "id": message_id, "timestamp": seconds(at), **content}
    return Change("smb_message_echoes", {"message_echoes": [row]}, phone)


def template_status(template: dict[str, Any], event: str, reason: str = "NONE") -> Change:
    """A template was approved, rejected, paused…"""
    value = {
        "event": event,
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "reason": reason,
    }
    return Change("message_template_status_update", value)


def quality(phone: Phone, event: str, limit: str) -> Change:
    """A number's quality or limit changed."""
    value = {"display_phone_number": phone.display, "event": event, "current_limit": limit}
    return Change("phone_number_quality_update", value)


def account(event: str, **facts: Any) -> Change:
    """Something befell the account: restricted, disabled…"""
    return Change("account_update", {"event": event, **facts})


def user_id_update(phone: Phone, person: Person, previous: str, at: datetime) -> Change:
    """A person's business-scoped id changed."""
    row = {
        **_known(wa_id=person.wa_id),
        "detail": "user_id changed",
        "user_id": {"previous": previous, "current": person.user_id},
        "timestamp": seconds(at),
    }
    return Change("user_id_update", {"contacts": [contact(person)], "user_id_update": [row]}, phone)


def seconds(moment: datetime) -> str:
    """A moment as webhooks have it: whole seconds, in a string."""
    return str(int(moment.timestamp()))


def _known(**facts: str) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}
