"""Reading updates: what somebody wrote, changed, pressed, put on a message, or that they blocked the bot.

Only private chats are read. A bot in a group hears of other people's talk, which is nobody's conversation with us.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any

from inbox.channels.base import Call, Envelope, Malformed
from inbox.channels.items import Blocked, Edited, Ignored, Inbound, InboundMedia, Introduced, Item, Reacted
from inbox.channels.telegram.config import PREFIX
from inbox.kinds import ContentKind

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 -- the header's name
LATE = timedelta(minutes=1)  # from then on a message counts from when it was written
TEXT_LIMIT = 255  # characters of a name or a title that are kept
PHONE = re.compile(r"\+[1-9]\d{6,14}")
Wire = Mapping[str, Any]

# The parameter that holds a file, in the order they are looked for: an animation also comes as a document.
FILES: tuple[tuple[str, ContentKind, str], ...] = (
    ("animation", ContentKind.VIDEO, "video/mp4"),
    ("voice", ContentKind.AUDIO, "audio/ogg"),
    ("audio", ContentKind.AUDIO, "audio/mpeg"),
    ("video", ContentKind.VIDEO, "video/mp4"),
    ("video_note", ContentKind.VIDEO, "video/mp4"),
    ("sticker", ContentKind.STICKER, "image/webp"),
    ("document", ContentKind.DOCUMENT, "application/octet-stream"),
    ("photo", ContentKind.IMAGE, "image/jpeg"),
)
# What a person says that we cannot show, and what only tells of the chat itself.
UNREADABLE = ("poll", "dice", "story", "game", "invoice", "giveaway", "paid_media", "checklist")


class TelegramDoor:
    """Telegram's webhook: one update a call, for the bot whose channel the address names."""

    def route(self, call: Call) -> Sequence[Envelope]:
        """An update has a number. Raises Malformed."""
        try:
            update = json.loads(call.body)
        except (ValueError, RecursionError):
            raise Malformed("not JSON") from None
        number = update.get("update_id") if isinstance(update, dict) else None
        if call.method != "POST" or not isinstance(number, int) or isinstance(number, bool) or not call.path_key:
            raise Malformed("an update with its update_id is needed")
        return [envelope_of(call.path_key, update)]

    def is_genuine(self, call: Call, *, secrets: Sequence[str]) -> bool:
        """Compare the secret that was given to Telegram, in a time that tells nothing."""
        said = call.headers.get(SECRET, "").encode()
        return any(compare_digest(secret.encode(), said) for secret in secrets if secret)

    def read(self, payload: Mapping[str, Any], *, now: datetime) -> Sequence[Item]:
        """Read a stored update. Raises ValueError for one that cannot be read."""
        try:
            return _read(payload, now)
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"an update without what its kind has: {type(error).__name__}") from None


def envelope_of(hook: str, update: Mapping[str, Any]) -> Envelope:
    """An update for the channel with this hook, as it is stored; its id is Telegram's."""
    return Envelope(account=hook, number=hook, provider_id=str(update["update_id"]), payload=update)


def _read(update: Wire, now: datetime) -> Sequence[Item]:
    if message := update.get("message"):
        return _written(message, now)
    if message := update.get("edited_message"):
        text = str(message.get("text") or message.get("caption") or "")
        edited = Edited(external_id=_id_of(message), sender=_address(message["from"]), body=text)
        return [_not_private(message) or edited]
    if press := update.get("callback_query"):
        return [_pressed(press)]
    if reaction := update.get("message_reaction"):
        return [_not_private(reaction) or _reacted(reaction)]
    if member := update.get("my_chat_member"):
        status = str(member["new_chat_member"]["status"])
        blocked = Blocked(sender=_address(member["from"]), blocked=status in {"kicked", "left"})
        return [_not_private(member) or blocked]
    kind = next((name for name in update if name != "update_id"), "nothing")
    return [Ignored(why=f"{kind} is not for us")]


def _written(message: Wire, now: datetime) -> Sequence[Item]:
    if away := _not_private(message):
        return [away]
    sender = message.get("from")
    if not isinstance(sender, Mapping) or sender.get("is_bot"):
        return [Ignored(why="nobody wrote it")]
    found = _content(message)
    if found is None:
        names = [name for name in message if name not in {"message_id", "from", "chat", "date"}]
        return [Ignored(why=f"service message: {', '.join(sorted(names))[:80]}")]
    at = datetime.fromtimestamp(int(message["date"]), UTC)
    values: dict[str, Any] = {
        "external_id": _id_of(message),
        "sender": _address(sender),
        "recipient": "",
        "sender_name": _name(sender),
        "at": at if now - at > LATE else None,
        "body": str(message.get("text") or message.get("caption") or ""),
        "reply_to": _id_of(message["reply_to_message"]) if message.get("reply_to_message") else "",
    }
    command, _, code = values["body"].strip().partition(" ")
    if command == "/start" and code:
        # The code is a key to somebody's account: it is no words of the conversation.
        inbound = Inbound(**{**values, "body": command})
        return [inbound, Introduced(sender=inbound.sender, token=code.strip()[:64])]
    return [Inbound(**(values | found))]


def _content(message: Wire) -> dict[str, Any] | None:
    """What a message holds besides words; None when nobody said anything with it."""
    for name, kind, claimed in FILES:
        if message.get(name):
            return _with_file(message[name], name, kind, claimed)
    if message.get("venue") or message.get("location"):
        return {"kind": ContentKind.LOCATION, "content": _place(message)}
    if contact := message.get("contact"):
        return _contact(contact, message["from"])
    if "text" in message:
        return {}
    unknown = next((name for name in UNREADABLE if name in message), "")
    if unknown:
        why = "Telegram no da su contenido a un bot, o no se puede mostrar aquí."
        return {"kind": ContentKind.UNSUPPORTED, "content": {"type": unknown, "why": why}}
    return None


def _with_file(file: Any, name: str, kind: ContentKind, claimed: str) -> dict[str, Any]:
    if name == "photo":  # in several sizes
        file = max(file, key=lambda size: int(size.get("width", 0)) * int(size.get("height", 0)))
    found: dict[str, Any] = {"kind": kind, "media": (_file(file, claimed, voice=name == "voice"),)}
    if name == "sticker":
        moving = file.get("is_animated") or file.get("is_video")
        if moving and file.get("thumbnail"):  # an animation no page shows: its still picture does
            found["media"] = (_file(file["thumbnail"], "image/webp"),)
        found["body"] = str(file.get("emoji") or "")
    return found


def _file(file: Wire, claimed: str, *, voice: bool = False) -> InboundMedia:
    return InboundMedia(
        url=str(file["file_id"]),
        content_type=str(file.get("mime_type") or claimed)[:80],
        filename=str(file.get("file_name") or "")[:TEXT_LIMIT],
        voice=voice,
    )


def _place(message: Wire) -> dict[str, Any]:
    venue = message.get("venue") or {}
    point = message.get("location") or venue["location"]
    return {
        "latitude": float(point["latitude"]),
        "longitude": float(point["longitude"]),
        "name": str(venue.get("title") or "")[:TEXT_LIMIT],
        "address": str(venue.get("address") or "")[:TEXT_LIMIT],
    }


def _contact(contact: Wire, sender: Wire) -> dict[str, Any]:
    """A contact; the phone is the sender's own only when Telegram says that it is their account's."""
    phone = "+" + "".join(c for c in str(contact["phone_number"]) if c in "0123456789")
    shown = {"name": _name(contact), "phones": [phone]}
    own = PHONE.fullmatch(phone) and contact.get("user_id") is not None and contact["user_id"] == sender["id"]
    return {
        "kind": ContentKind.CONTACTS,
        "content": {"contacts": [shown]},
        "phone": phone if own else "",
    }


def _pressed(press: Wire) -> Item:
    message = press.get("message")
    if not isinstance(message, Mapping):
        return Ignored(why="a button of no message")
    if away := _not_private(message):
        return away
    data = str(press.get("data") or "")
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    title = next((str(b.get("text", "")) for row in rows for b in row if b.get("callback_data") == data), data)
    return Inbound(
        external_id=f"press:{press['id']}",
        sender=_address(press["from"]),
        recipient="",
        sender_name=_name(press["from"]),
        body=title,
        kind=ContentKind.CHOICE,
        content={"id": data, "title": title},
        reply_to=_id_of(message),
    )


def _reacted(reaction: Wire) -> Item:
    if not reaction.get("user"):
        return Ignored(why="a reaction of nobody")
    number, put = f"{int(reaction['chat']['id'])}:{int(reaction['message_id'])}", reaction.get("new_reaction") or []
    # A custom emoji has a number and no character; a star is what Telegram sells.
    emoji = next((str(r.get("emoji") or ("⭐" if r.get("type") == "paid" else "❔")) for r in put), "")
    return Reacted(external_id=number, sender=_address(reaction["user"]), emoji=emoji)


def _not_private(holder: Wire) -> Ignored | None:
    kind = str(holder["chat"].get("type"))
    return None if kind == "private" else Ignored(why=f"written in a {kind}, not to us")


def _id_of(message: Wire) -> str:
    return f"{int(message['chat']['id'])}:{int(message['message_id'])}"


def _address(user: Wire) -> str:
    return f"{PREFIX}{int(user['id'])}"


def _name(user: Wire) -> str:
    whole = " ".join(str(user.get(part) or "") for part in ("first_name", "last_name")).strip()
    return (whole or str(user.get("username") or ""))[:TEXT_LIMIT]
