"""Reading Twilio's webhooks: the signature, a message, a delivery state.

Twilio adds fields without notice (twilio.com/docs/messaging/guides/webhook-request): the form is kept whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm

from inbox.channels.base import Call, Envelope, Malformed
from inbox.channels.items import Ignored, Inbound, InboundMedia, Item, Reacted, StatusReport
from inbox.channels.twilio_whatsapp.errors import explain
from inbox.kinds import ContentKind

MEDIA_LIMIT = 10  # Twilio numbers MediaUrl0 to MediaUrl9
FIELD_LIMIT = 1000  # a message has some thirty
PREFIX = "whatsapp:"
Form = Mapping[str, str]

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
KINDS = {"image": ContentKind.IMAGE, "audio": ContentKind.AUDIO, "video": ContentKind.VIDEO}
# Types whose words are in the body, whatever Twilio calls them.
WORDS = {"", "text", "interactive", "button", "template", "image", "audio", "video", "document", "sticker", "location"}


def is_signed(*, secrets: Sequence[str], url: str, fields: Mapping[str, Any], signature: str, settings: str) -> bool:
    """Whether Twilio signed this request. ``url`` is the public one, as Twilio called it.

    SHA1 with the auth token, or with the one before while Twilio goes on with it; SHA256 with a shared key, where one
    was set. Anything else is refused.
    """
    algorithm = get_signature_algorithm(settings).upper()
    keys = {HMAC_SHA1: secrets, HMAC_SHA256: secrets[1:]}.get(algorithm, ())
    return bool(signature) and any(_signs(key, url, fields, signature, algorithm) for key in keys if key)


def _signs(key: str, url: str, fields: Mapping[str, Any], signature: str, algorithm: str) -> bool:
    """Whether a key signs the address as it stands; else the SDK also tries it with and without its port."""
    validator = RequestValidator(key)
    signed = validator.compute_signature(url, fields, algorithm)
    return compare_digest(signed.encode(), signature.encode()) or validator.validate(url, fields, signature, algorithm)


class _Fields(dict[str, list[str]]):
    """A form as the SDK wants it: a name may come more than once."""

    def getall(self, name: str) -> list[str]:
        return self[name]


@lru_cache(maxsize=8)
def _fields(body: bytes) -> _Fields:
    """Read a form; the same one is asked for again while one call is served. Raises Malformed."""
    found = _Fields()
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELD_LIMIT)
    except ValueError:
        raise Malformed("not a form of Twilio's") from None
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


class TwilioDoor:
    """Twilio's webhooks: a message, or a delivery state with our key in the address."""

    def route(self, call: Call) -> Sequence[Envelope]:
        """A form names the account and both numbers. Raises Malformed."""
        form = {name: values[-1] for name, values in _fields(call.body).items()}
        is_state = "message" in call.query or ("MessageStatus" in form and form["MessageStatus"] != "received")
        number = with_prefix(form.get("From" if is_state else "To", ""))
        sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid") or ""
        if not (sid and number and form.get("AccountSid")):
            raise Malformed("AccountSid, MessageSid and a number are needed")
        if not is_state and not form.get("From"):
            raise Malformed("From is needed")
        return [
            Envelope(
                account=form["AccountSid"],
                number=number,
                provider_id=f"{sid}:{_status_of(form)}" if is_state else sid,
                payload={"form": form, "key": call.query.get("message", "")[:40], "is_state": is_state},
            )
        ]

    def is_genuine(self, call: Call, *, secrets: Sequence[str]) -> bool:
        """Check X-Twilio-Signature over each address under which we may have been called."""
        fields = _fields(call.body)
        signature = call.headers.get("x-twilio-signature", "")
        settings = call.headers.get("x-twilio-webhooks-signature-settings", "")
        return any(
            is_signed(secrets=secrets, url=url, fields=fields, signature=signature, settings=settings)
            for url in call.urls
        )

    def read(self, payload: Mapping[str, Any], *, now: datetime) -> Sequence[Item]:
        """Read a stored form. Raises ValueError."""
        form = {str(name): str(value) for name, value in payload["form"].items()}
        if payload["is_state"]:
            return [read_status(form, key=str(payload.get("key", "")))]
        return [read_message(form)]


def with_prefix(address: str) -> str:
    """Return an address with the wire's prefix, which Twilio leaves out at times; nothing else of it is changed."""
    return address if not address or address.startswith(PREFIX) else PREFIX + address


def read_message(form: Form) -> Item:
    """Read the message of a webhook. Raises ValueError when it has no id, sender or recipient."""
    external_id = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid") or ""
    sender, recipient = with_prefix(form.get("From", "")), with_prefix(form.get("To", ""))
    if not (external_id and sender and recipient):
        raise ValueError("MessageSid, From and To are needed")
    answered = form.get("OriginalRepliedMessageSid", "")
    if form.get("MessageType") == "reaction" and answered:
        return Reacted(external_id=answered, sender=sender, emoji=form.get("Body", ""))
    media = tuple(_media(form))
    kind, content = _content(form, media)
    return Inbound(
        external_id=external_id,
        sender=sender,
        recipient=recipient,
        body=form.get("Body", "") or content.get("title", ""),
        sender_name=form.get("ProfileName", ""),
        media=media,
        kind=kind,
        content=content | _origin(form),
        reply_to=answered,
        aliases=_aliases(form, sender),
        phone=_phone(form, sender),
    )


def _content(form: Form, media: Sequence[InboundMedia]) -> tuple[ContentKind, dict[str, Any]]:
    """Return what a message is, and what it holds besides words and files."""
    told = form.get("MessageType", "").lower()
    if form.get("Latitude") and form.get("Longitude"):
        try:
            place = {"latitude": float(form["Latitude"]), "longitude": float(form["Longitude"])}
        except ValueError:
            return ContentKind.UNSUPPORTED, {"type": "location", "why": "coordinates that are none"}
        return ContentKind.LOCATION, place | {"name": form.get("Label", ""), "address": form.get("Address", "")}
    taken = form.get("ButtonPayload") or form.get("ListId") or ""
    title = form.get("ButtonText") or form.get("ListTitle") or ""
    if taken or title:
        return ContentKind.CHOICE, {"id": taken or title, "title": title or form.get("Body", "") or taken}
    if media:
        family = media[0].content_type.partition("/")[0]
        return (ContentKind.STICKER if told == "sticker" else KINDS.get(family, ContentKind.DOCUMENT)), {}
    if told not in WORDS and not form.get("Body"):
        return ContentKind.UNSUPPORTED, {"type": told[:60], "why": "Twilio tells nothing more of it"}
    return ContentKind.TEXT, {}


def _origin(form: Form) -> dict[str, Any]:
    """Return where a message comes from: passed on, or written from an advertisement."""
    found: dict[str, Any] = {}
    for name, key in (("Forwarded", "forwarded"), ("FrequentlyForwarded", "frequently_forwarded")):
        if form.get(name, "").lower() == "true":
            found[key] = True
    referral = {
        name.removeprefix("Referral"): value for name, value in form.items() if name.startswith("Referral") and value
    }
    if set(referral) - {"NumMedia"}:
        found["referral"] = referral
    if username := form.get("ProfileUsername") or form.get("Username"):
        found["username"] = username
    return found


def _aliases(form: Form, sender: str) -> tuple[str, ...]:
    """Return the person's other addresses: WhatsApp's id of them, and their number where they write without it."""
    known = [with_prefix(form.get("ExternalUserId", ""))]
    if phone := _phone(form, sender):
        known.append(PREFIX + phone)
    return tuple(address for address in dict.fromkeys(known) if address not in {"", sender})


def _phone(form: Form, sender: str) -> str:
    """Return a number that can be called; an id of WhatsApp's (MX.150…) is never made into one."""
    for text in (sender.removeprefix(PREFIX), "+" + form.get("WaId", "").removeprefix("+")):
        if re.fullmatch(r"\+[1-9]\d{6,14}", text):
            return text
    return ""


def _media(form: Form) -> list[InboundMedia]:
    try:
        count = min(int(form.get("NumMedia") or 0), MEDIA_LIMIT)
    except ValueError:
        count = 0
    rows = [(form.get(f"MediaUrl{i}", ""), form.get(f"MediaContentType{i}", "")) for i in range(count)]
    # WhatsApp's voice notes are the only files of theirs in Ogg.
    return [InboundMedia(url=url, content_type=kind, voice=kind.startswith("audio/ogg")) for url, kind in rows if url]


def _status_of(form: Form) -> str:
    return form.get("MessageStatus") or form.get("SmsStatus") or ""


def read_status(form: Form, *, key: str) -> Item:
    """Read the delivery state of a callback; ``key`` is our message id from the callback's own address.

    Raises ValueError when it names no message.
    """
    external_id = form.get("MessageSid") or form.get("SmsSid") or ""
    if not external_id:
        raise ValueError("MessageSid is needed")
    status = STATUSES.get(_status_of(form).lower())
    if status is None:
        return Ignored(why=f"a state that we do not know: {_status_of(form)[:40]}")
    code = form.get("ErrorCode", "")
    text, action = explain(code)
    failed = status == "failed"
    return StatusReport(
        external_id=external_id,
        status=status,
        key=key if _is_uuid(key) else "",
        error_code=code if failed else "",
        error_text=text if failed else "",
        action=action,
    )


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", text.replace("-", "")) is not None
