"""Reading Twilio's webhooks: the signature, a message, a delivery state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.http import QueryDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from inbox.channels.base import Call, Envelope, Inbound, InboundMedia, Item, Malformed, StatusReport
from inbox.channels.twilio_whatsapp.errors import explain
from inbox.kinds import ContentKind

MEDIA_LIMIT = 10  # Twilio numbers MediaUrl0 to MediaUrl9

STATUSES = {
    "accepted": "sending",
    "scheduled": "sending",
    "queued": "sending",
    "sending": "sending",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}


def is_signed(*, secret: str, url: str, form: QueryDict, signature: str, settings: str = "") -> bool:
    """Whether Twilio signed this request. ``url`` is the public one, as Twilio called it.

    Only SHA1 with the auth token is accepted: the SHA-256 variant uses another key, which no channel has.
    """
    if not signature or get_signature_algorithm(settings) != "HMAC_SHA1":
        return False
    return bool(RequestValidator(secret).validate(url, form, signature))


def read_message(form: QueryDict) -> Inbound:
    """The message in a webhook. Raises ValueError when it has no id, sender or recipient."""
    external_id, sender, recipient = (
        form.get("MessageSid") or form.get("SmsMessageSid") or "",
        form.get("From", ""),
        form.get("To", ""),
    )
    if not (external_id and sender and recipient):
        raise ValueError("MessageSid, From and To are needed")
    body = form.get("Body", "")
    kind, content = ContentKind.TEXT, {}
    if form.get("Latitude") and form.get("Longitude"):
        kind = ContentKind.LOCATION
        content = {
            "latitude": float(str(form["Latitude"])),
            "longitude": float(str(form["Longitude"])),
            "name": form.get("Label", ""),
            "address": form.get("Address", ""),
        }
    return Inbound(
        external_id=external_id,
        sender=sender,
        recipient=recipient,
        body=body,
        sender_name=form.get("ProfileName", ""),
        media=tuple(_media(form)),
        kind=kind,
        content=content,
    )


def _media(form: QueryDict) -> list[InboundMedia]:
    try:
        count = min(int(form.get("NumMedia") or 0), MEDIA_LIMIT)
    except ValueError:
        count = 0
    rows = [(form.get(f"MediaUrl{i}", ""), form.get(f"MediaContentType{i}", "")) for i in range(count)]
    return [InboundMedia(url=url, content_type=kind) for url, kind in rows if url]


def read_status(form: QueryDict, *, key: str) -> StatusReport:
    """The delivery state in a callback; ``key`` is our message id from the callback's own address.

    Raises ValueError when the state is missing or unknown.
    """
    status = STATUSES.get(form.get("MessageStatus") or form.get("SmsStatus") or "")
    external_id = form.get("MessageSid", "")
    if status is None or not external_id:
        raise ValueError("MessageSid and a known MessageStatus are needed")
    code = form.get("ErrorCode", "")
    text, action = explain(code)
    failed = status == "failed"
    return StatusReport(
        external_id=external_id,
        status=status,
        key=key,
        error_code=code if failed else "",
        error_text=text if failed else "",
        action=action,
    )


class TwilioDoor:
    """Twilio's webhooks: a message, or a delivery state with our key in the address."""

    def route(self, call: Call) -> Sequence[Envelope]:
        """A form names the account and both numbers. Raises Malformed."""
        form = _form(call)
        is_state = "message" in call.query or ("MessageStatus" in form and "Body" not in form)
        number = form.get("From" if is_state else "To", "")
        sid = form.get("MessageSid") or form.get("SmsMessageSid") or ""
        if not (sid and number and form.get("AccountSid")):
            raise Malformed("AccountSid, MessageSid and a number are needed")
        state = form.get("MessageStatus") or form.get("SmsStatus") or ""
        return [
            Envelope(
                account=str(form["AccountSid"]),
                number=number,
                provider_id=f"{sid}:{state}" if is_state else sid,
                payload={"form": dict(form.items()), "key": call.query.get("message", ""), "is_state": is_state},
            )
        ]

    def is_genuine(self, call: Call, *, secrets: Sequence[str]) -> bool:
        """Check X-Twilio-Signature over each address under which we may have been called."""
        form = _form(call)
        signature = call.headers.get("x-twilio-signature", "")
        settings = call.headers.get("x-twilio-webhooks-signature-settings", "")
        return any(
            is_signed(secret=secret, url=url, form=form, signature=signature, settings=settings)
            for secret in secrets
            for url in call.urls
        )

    def read(self, payload: Mapping[str, Any], *, now: datetime) -> Sequence[Item]:
        """Read a stored form. Raises ValueError."""
        form = QueryDict(mutable=True)
        form.update(payload["form"])
        if payload["is_state"]:
            return [read_status(form, key=str(payload.get("key", "")))]
        return [read_message(form)]


def _form(call: Call) -> QueryDict:
    form = QueryDict(mutable=True)
    for name, value in parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True):
        form.appendlist(name, value)
    return form
