"""Reading Twilio's webhooks: the signature, a message, a delivery state."""

from __future__ import annotations

from django.http import QueryDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from inbox.channels.base import Inbound, InboundMedia, StatusReport
from inbox.channels.twilio_whatsapp.errors import explain

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
    if form.get("Latitude") and form.get("Longitude"):
        place = " ".join(filter(None, (form.get("Label"), form.get("Address"))))
        point = f"https://maps.google.com/?q={form['Latitude']},{form['Longitude']}"
        body = "\n".join(filter(None, (body, place, point)))
    return Inbound(
        external_id=external_id,
        sender=sender,
        recipient=recipient,
        body=body,
        sender_name=form.get("ProfileName", ""),
        media=tuple(_media(form)),
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
