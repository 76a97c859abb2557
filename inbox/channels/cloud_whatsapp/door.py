"""Meta's webhooks: for which numbers a call is, whether Meta signed it, and all that it says."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from inbox.channels.base import Call, Envelope, Malformed
from inbox.channels.cloud_whatsapp.inbound import items_of
from inbox.channels.cloud_whatsapp.raw import load, mapping, rows, text
from inbox.channels.items import Inbound, Item, StatusReport

SIGNATURE = "x-hub-signature-256"
MOST = 1000  # numbers in a call: Meta puts no more things than this into one
OBJECT = "whatsapp_business_account"


class CloudDoor:
    """One address serves every number of every account: a call says whose it is."""

    def route(self, call: Call) -> Sequence[Envelope]:
        """Take a call apart: one envelope for each number in it, with that number's changes. Raises Malformed."""
        try:
            body = load(call.body)
        except (ValueError, RecursionError):
            raise Malformed("not JSON") from None
        if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
            raise Malformed("not a notification of Graph")
        if body.get("object") != OBJECT:
            return []
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for entry in rows(body, "entry"):
            for change in rows(entry, "changes"):
                value = mapping(change, "value")
                number = text(mapping(value, "metadata"), "phone_number_id")
                kept = {"field": text(change, "field"), "value": dict(value)}
                if kept["field"] != "messages":
                    # What is told without an id of its own is told by its moment: the same may happen again.
                    kept["time"] = text(entry, "time")
                found.setdefault((text(entry, "id")[:80], number[:80]), []).append(kept)
        if len(found) > MOST:
            raise Malformed("more numbers than a call has")
        return [
            Envelope(account=account, number=number, provider_id=_id_of(account, changes), payload={"changes": changes})
            for (account, number), changes in found.items()
        ]

    def is_genuine(self, call: Call, *, secrets: Sequence[str]) -> bool:
        """Check X-Hub-Signature-256 over the bytes as they came: JSON written again has other bytes."""
        given = call.headers.get(SIGNATURE, "")
        signatures = (sign(secret, call.body) for secret in secrets if secret)
        return any(hmac.compare_digest(given.encode(), one.encode()) for one in signatures)

    def read(self, payload: Mapping[str, Any], *, now: datetime) -> Sequence[Item]:
        """Read all changes of a number: messages first, then delivery states, whatever their order in the call."""
        items = [item for change in rows(payload, "changes") for item in items_of(change, now=now)]
        return sorted(items, key=_turn)


def sign(secret: str, raw: bytes) -> str:
    """The signature of a body under an app secret."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def _turn(item: Item) -> int:
    # What a state or a reaction is about may be in the same call; sorting keeps the order of equals.
    if isinstance(item, Inbound):
        return 0
    return 2 if isinstance(item, StatusReport) else 1


def _id_of(account: str, changes: list[dict[str, Any]]) -> str:
    """The far side's id of what is told, when it is one thing; else a digest of all of it."""
    told = list(_ids(changes))
    if len(told) == 1 and told[0]:
        return told[0]
    raw = json.dumps([account, changes], sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def _ids(changes: list[dict[str, Any]]) -> Iterator[str]:
    for change in changes:
        value = mapping(change, "value")
        if change["field"] != "messages":
            yield ""
        for message in rows(value, "messages"):
            yield text(message, "id")[:180]
        for status in rows(value, "statuses"):
            yield f"{text(status, 'id')[:180]}:{text(status, 'status')[:12]}"
