"""What Meta accepts as a message: the documented shapes and limits."""

from __future__ import annotations

import re
from typing import Any

import requests

from simulators.clock import reachable
from simulators.whatsapp_cloud.world import (
    ERRORS,
    FAILS_AT_ONCE,
    FAILS_LATER,
    Business,
    Person,
    StoredMessage,
    World,
    magic_error,
    new_wamid,
    now,
)

MEDIA = {"image", "video", "audio", "document", "sticker"}
LIMITS = {"image": 5, "video": 16, "audio": 16, "document": 100, "sticker": 1}  # MB
FREE = {"text", *MEDIA, "interactive", "location", "contacts", "reaction"}
BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


class RefusalError(Exception):
    """An error Graph answers with at once."""

    def __init__(self, code: int, details: str = "", *, status: int = 0, subcode: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.details = details or ERRORS.get(code, (0, "", ""))[2]
        self.status = status or ERRORS.get(code, (400, "", ""))[0]
        self.subcode = subcode


def accept(world: World, business: Business, phone_id: str, data: dict[str, Any]) -> tuple[StoredMessage, int | None]:
    """Check a send and keep it. Returns the message and the error it will end with. Raises RefusalError."""
    if data.get("messaging_product") != "whatsapp":
        raise RefusalError(100, "The parameter messaging_product is required.")
    person = _recipient(world, data)
    at_once = magic_error(person.key, FAILS_AT_ONCE)
    if at_once is not None:
        raise RefusalError(at_once)
    kind = data.get("type", "text")
    if kind != "template" and kind not in FREE:
        raise RefusalError(131009, f"Unsupported type {kind}")
    content = data.get(kind)
    if not isinstance(content, dict):
        raise RefusalError(131008, f"The parameter {kind} is required.")
    if not isinstance(data.get("biz_opaque_callback_data", ""), str):
        raise RefusalError(131009, "biz_opaque_callback_data must be a string of at most 512 characters")
    if len(data.get("biz_opaque_callback_data", "")) > 512:
        raise RefusalError(131009, "biz_opaque_callback_data must be a string of at most 512 characters")
    error = magic_error(person.key, FAILS_LATER)
    category = "service"
    if kind == "template":
        category = _template(business, content)
    else:
        error = _check(world, business, kind, content) or error
        if not world.window_open(phone_id, person.key):
            if world.faults.window_over_http:
                raise RefusalError(131047)
            error = error or 131047
    stored = StoredMessage(
        id=new_wamid(),
        phone_id=phone_id,
        person=person,
        inbound=False,
        kind=kind,
        content={kind: content} | ({"context": data["context"]} if "context" in data else {}),
        status="accepted",
        created=now(),
        opaque=data.get("biz_opaque_callback_data", ""),
        category=category,
    )
    world.store(stored)
    return stored, error


def _recipient(world: World, data: dict[str, Any]) -> Person:
    to, recipient = str(data.get("to") or ""), str(data.get("recipient") or "")
    if to:
        digits = re.sub(r"[^\d]", "", to)
        if not re.fullmatch(r"\+?[\d\s()-]+", to) or not 7 <= len(digits) <= 15:
            raise RefusalError(131009, "The parameter to is not a valid phone number.")
        return world.person(digits)
    if not recipient:
        raise RefusalError(131008, "The parameter to is required.")
    if not BSUID.fullmatch(recipient):
        raise RefusalError(131009, "The parameter recipient is not a business-scoped user id.")
    return next((p for p in world.people.values() if p.user_id == recipient), None) or world.person(recipient)


def _check(world: World, business: Business, kind: str, content: dict[str, Any]) -> int | None:
    """The limits of a kind. Returns the error it ends with, None when all is well. Raises RefusalError."""
    if kind == "text":
        body = content.get("body")
        if not isinstance(body, str) or not body:
            raise RefusalError(131008, "The parameter text.body is required.")
        _short(body, 4096, "text.body")
    elif kind in MEDIA:
        return _media(world, business, kind, content)
    elif kind == "interactive":
        _interactive(content)
    elif kind == "location":
        for name in ("latitude", "longitude"):
            try:
                float(content[name])
            except (KeyError, TypeError, ValueError):
                raise RefusalError(131009, f"location.{name}") from None
    elif kind == "reaction" and (content.get("message_id") not in world.by_id or "emoji" not in content):
        raise RefusalError(131009, "reaction.message_id")
    return None


def _media(world: World, business: Business, kind: str, content: dict[str, Any]) -> int | None:
    if len({"id", "link"} & set(content)) != 1:
        raise RefusalError(131008, f"{kind}: either id or link")
    if kind in {"audio", "sticker"} and "caption" in content:
        raise RefusalError(131009, f"{kind} has no caption")
    if "caption" in content:
        _short(str(content["caption"]), 1024, "caption")
    if "id" in content:
        found = world.media.get(str(content["id"]))
        if found is None or found.waba_id != business.waba_id:
            raise RefusalError(131009, "Media id does not exist")
        size, claimed = len(found.data), found.content_type
    else:
        fetched = _fetch(str(content["link"]))
        if fetched is None:
            return 131053
        size, claimed = fetched
    family = claimed.partition("/")[0]
    if size > LIMITS[kind] * 1024 * 1024 or (kind in {"image", "video", "audio"} and family != kind):
        return 131053
    return None


def _fetch(link: str) -> tuple[int, str] | None:
    target, headers = reachable(link)
    try:
        answer = requests.get(target, headers=headers, timeout=(5, 10))
    except requests.RequestException:
        return None
    if answer.status_code != 200:
        return None
    return len(answer.content), answer.headers.get("Content-Type", "").partition(";")[0]


def _interactive(content: dict[str, Any]) -> None:
    """Buttons and lists with their limits. Raises RefusalError."""
    action = content.get("action") or {}
    _short(str((content.get("body") or {}).get("text", "")), 1024, "interactive.body")
    if not (content.get("body") or {}).get("text"):
        raise RefusalError(131008, "interactive.body.text")
    _short(str((content.get("footer") or {}).get("text", "")), 60, "interactive.footer")
    if content.get("type") == "button":
        buttons = [b.get("reply") or {} for b in action.get("buttons", [])]
        if not 1 <= len(buttons) <= 3 or len({b.get("title") for b in buttons}) < len(buttons):
            raise RefusalError(131009, "interactive.action.buttons: from 1 to 3, with different titles")
        for button in buttons:
            _needed(button, {"id": 256, "title": 20})
    elif content.get("type") == "list":
        _needed(action, {"button": 20})
        sections = action.get("sections", [])
        rows = [row for section in sections for row in section.get("rows", [])]
        if not 1 <= len(rows) <= 10 or len({r.get("id") for r in rows}) < len(rows):
            raise RefusalError(131009, "interactive.action.sections: from 1 to 10 rows, with different ids")
        if len(sections) > 1 and not all(s.get("title") for s in sections):
            raise RefusalError(131008, "interactive.action.sections.title")
        for row in rows:
            _needed(row, {"id": 200, "title": 24})
            _short(str(row.get("description", "")), 72, "description")
    else:
        raise RefusalError(131009, "interactive.type")


def _needed(row: dict[str, Any], limits: dict[str, int]) -> None:
    for name, limit in limits.items():
        if not row.get(name):
            raise RefusalError(131008, name)
        _short(str(row[name]), limit, name)


def _short(text: str, limit: int, name: str) -> None:
    if len(text) > limit:
        raise RefusalError(131009, f"{name}: at most {limit} characters")


def _template(business: Business, content: dict[str, Any]) -> str:
    """The category of the template that is meant. Raises RefusalError when it is not there or filled wrongly."""
    language = (content.get("language") or {}).get("code")
    named = [t for t in business.templates if t["name"] == content.get("name") and t["language"] == language]
    if not named or named[0]["status"] not in {"APPROVED", "PAUSED"}:
        raise RefusalError(132001)
    template = named[0]
    if template["status"] == "PAUSED":
        raise RefusalError(132015, "Template is paused")
    given = {str(c.get("type", "")).upper(): c for c in content.get("components", [])}
    for part in template["components"]:
        wanted = len(set(re.findall(r"\{\{\w+\}\}", part.get("text", ""))))
        if part["type"] == "HEADER" and part.get("format", "TEXT") != "TEXT":
            wanted = 1
        if part["type"] in {"BODY", "HEADER"}:
            found = len(given.get(part["type"], {}).get("parameters", []))
            if found != wanted:
                raise RefusalError(132000, f"{part['type'].lower()}: number of params ({found}) expected ({wanted})")
    return str(template["category"]).lower()
