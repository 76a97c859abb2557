"""What a change of an account says: messages of every type, delivery states, and news of numbers and templates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from inbox.channels.cloud_whatsapp.addresses import address_of, phone_in
from inbox.channels.cloud_whatsapp.contents import contents_of
from inbox.channels.cloud_whatsapp.raw import mapping, rows, text
from inbox.channels.cloud_whatsapp.reports import account_news, name_news, quality_news, status_of, template_news
from inbox.channels.items import AddressChanged, Blocked, Deleted, Edited, Ignored, Inbound, Item, Reacted

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=1)  # a message this old was held up: it counts from when it was written

LONGEST_ID, LONGEST_ADDRESS = 160, 120  # what we keep; Meta's are shorter


class Person:
    """Who wrote: by number, by business-scoped id, or both."""

    def __init__(self, wa_id: str, user_id: str, contact: Mapping[str, Any]) -> None:
        wa_id = wa_id or text(contact, "wa_id")
        user_id = user_id or text(contact, "user_id")
        self.address = address_of(wa_id=wa_id, user_id=user_id)
        self.phone = phone_in(wa_id)
        parent = text(contact, "parent_user_id")
        others = (address_of(user_id=one) for one in (user_id, parent) if one)
        self.aliases = tuple(one for one in dict.fromkeys(others) if one != self.address)
        profile = mapping(contact, "profile")
        self.name = text(profile, "name") or text(profile, "username")


def items_of(change: Mapping[str, Any], *, now: datetime) -> list[Item]:
    """Read a change whole. What cannot be read of it is told as ignored, and the rest is read all the same."""
    field, value = text(change, "field"), mapping(change, "value")
    read = FIELDS.get(field)
    if read is None:
        return [Ignored(why=f"field {field[:60] or '?'}")]
    return list(read(value, now))


def _messages(value: Mapping[str, Any], now: datetime) -> Iterator[Item]:
    contacts = rows(value, "contacts")
    number = text(mapping(value, "metadata"), "phone_number_id")
    for row in rows(value, "messages"):
        yield _safely(partial(_customers, row, contacts, number, now), row)
    for row in rows(value, "statuses"):
        yield _safely(partial(status_of, row), row)
    for row in rows(value, "errors"):
        yield Ignored(why=f"error {text(row, 'code')} {text(row, 'title')}"[:200])


def _customers(row: Mapping[str, Any], contacts: list[Mapping[str, Any]], number: str, now: datetime) -> Item:
    return _message(row, _sender(row, contacts), number, now)


def _echoes(value: Mapping[str, Any], now: datetime) -> Iterator[Item]:
    number = text(mapping(value, "metadata"), "phone_number_id")
    for row in rows(value, "message_echoes"):
        to = Person(text(row, "to"), text(row, "to_user_id"), {})
        yield _safely(partial(_message, row, to, number, now, echo=True), row)


def _safely(read: Callable[[], Item], row: Mapping[str, Any]) -> Item:
    """Read one thing; one that breaks the reader does not take the others of its batch with it."""
    try:
        return read()
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        logger.exception("a %s of WhatsApp could not be read", text(row, "type") or text(row, "status") or "row")
        return Ignored(why=f"unreadable {text(row, 'type')[:30]} {text(row, 'id')[:120]}: {type(error).__name__}")


def _sender(row: Mapping[str, Any], contacts: list[Mapping[str, Any]]) -> Person:
    """The sender of a message, with the contact that goes with it."""
    wa_id, user_id = text(row, "from"), text(row, "from_user_id")
    mine = [c for c in contacts if (wa_id and text(c, "wa_id") == wa_id) or (user_id and text(c, "user_id") == user_id)]
    if not mine and len(contacts) == 1:
        mine = contacts
    return Person(wa_id, user_id, mine[0] if mine else {})


def _message(row: Mapping[str, Any], person: Person, number: str, now: datetime, *, echo: bool = False) -> Item:
    external_id, kind = text(row, "id"), text(row, "type")
    if not 0 < len(external_id) <= LONGEST_ID or not 0 < len(person.address) <= LONGEST_ADDRESS:
        raise ValueError("a message needs an id and a sender")
    aside = _change_of_mind(row, kind, person, echo=echo)
    if aside is not None:
        return aside
    context = mapping(row, "context")
    contents = contents_of(row, kind)
    return Inbound(
        external_id=external_id,
        sender=person.address,
        recipient=number,
        body=contents.body,
        sender_name="" if echo else person.name,
        media=contents.media,
        at=_late(row, now),
        kind=contents.kind,
        content={**contents.content, **_circumstances(row, context)},
        reply_to=text(context, "id"),
        aliases=person.aliases,
        phone=person.phone,
        echo=echo,
    )


def _change_of_mind(row: Mapping[str, Any], kind: str, person: Person, *, echo: bool) -> Item | None:
    """What is told as a message and is none: about another message, or about the person."""
    part = mapping(row, kind)
    if kind == "reaction" and text(part, "message_id"):
        emoji = text(part, "emoji")
        return Reacted(external_id=text(part, "message_id"), sender=person.address, emoji=emoji, echo=echo)
    original = text(part, "original_message_id")
    if kind == "revoke" and original:
        return Deleted(external_id=original, sender=person.address)
    if kind == "edit" and original:
        inner = mapping(part, "message")
        return Edited(
            external_id=original, sender=person.address, body=contents_of(inner, text(inner, "type") or "text").body
        )
    if kind == "system":
        return _system(part, person)
    return None


def _system(part: Mapping[str, Any], person: Person) -> Item:
    kind, new = text(part, "type"), text(part, "wa_id") or text(part, "new_wa_id")
    if kind in {"user_changed_number", "customer_changed_number"} and new:
        return AddressChanged(old=person.address, new=address_of(wa_id=new), phone=phone_in(new))
    return Ignored(why=f"system {kind[:60]}")


def _circumstances(row: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """What is worth knowing beside the words: an advertisement it came from, that it was forwarded."""
    found: dict[str, Any] = {}
    if referral := mapping(row, "referral"):
        names = ("source_type", "source_url", "source_id", "headline", "body", "ctwa_clid")
        found["referral"] = {name: text(referral, name)[:500] for name in names if text(referral, name)}
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        found["forwarded"] = True
    if product := mapping(context, "referred_product"):
        found["product"] = text(product, "product_retailer_id")[:200]
    if text(row, "group_id"):
        found["group"] = text(row, "group_id")[:120]
    return found


def _late(row: Mapping[str, Any], now: datetime) -> datetime | None:
    try:
        at = datetime.fromtimestamp(int(text(row, "timestamp")), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at < now - LATE else None


def _id_changes(value: Mapping[str, Any], _now: datetime) -> Iterator[Item]:
    for row in rows(value, "user_id_update"):
        ids = mapping(row, "user_id")
        old, new = text(ids, "previous") or text(row, "previous_user_id"), text(ids, "current")
        if old and new:
            phone = phone_in(text(row, "wa_id"))
            yield AddressChanged(old=address_of(user_id=old), new=address_of(user_id=new), phone=phone)
        else:
            yield Ignored(why="user_id_update without ids")


def _preferences(value: Mapping[str, Any], _now: datetime) -> Iterator[Item]:
    for row in rows(value, "user_preferences"):
        sender, wish = address_of(wa_id=text(row, "wa_id"), user_id=text(row, "user_id")), text(row, "value")
        if sender and wish in {"stop", "resume"}:
            about = text(row, "category")
            yield Blocked(sender=sender, blocked=wish == "stop", marketing=about.startswith("marketing"))
        else:
            yield Ignored(why=f"preference {wish[:30]}")


FIELDS: dict[str, Callable[[Mapping[str, Any], datetime], Iterator[Item]]] = {
    "messages": _messages,
    "smb_message_echoes": _echoes,
    "user_id_update": _id_changes,
    "user_preferences": _preferences,
    "message_template_status_update": lambda value, _now: iter([template_news(value)]),
    "phone_number_quality_update": lambda value, _now: iter([quality_news(value)]),
    "phone_number_name_update": lambda value, _now: iter([name_news(value)]),
    "account_update": lambda value, _now: iter([account_news(value)]),
}
