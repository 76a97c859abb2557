"""The simulator's own JSON interface: businesses, faults, what customers do, and what was seen."""

from __future__ import annotations

import base64
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.channel_control import ChannelControl, refused
from simulators.whatsapp_cloud.customers import compose
from simulators.whatsapp_cloud.payloads import messages_change
from simulators.whatsapp_cloud.webhooks import Webhooks
from simulators.whatsapp_cloud.world import WINDOW, Business, StoredMessage, World, now


class Control(ChannelControl):
    """Everything under /_sim/."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks

    def routes(self) -> list[Route]:
        """The control endpoints."""
        return [
            *self.shared_routes(),
            Route("/_sim/businesses", self.businesses, methods=["GET", "POST"]),
            Route("/_sim/window", self.window, methods=["PUT"]),
            Route("/_sim/inbound", self.inbound, methods=["POST"]),
            Route("/_sim/status", self.status, methods=["POST"]),
            Route("/_sim/raw", self.raw, methods=["POST"]),
            Route("/_sim/messages", self.messages),
        ]

    async def businesses(self, request: Request) -> Response:
        """POST adds or replaces a business; GET lists them without their secrets."""
        if request.method == "POST":
            try:
                made = self.world.add_business(await request.json())
            except (KeyError, TypeError, ValueError) as error:
                return refused(error)
            return JSONResponse({"waba_id": made.waba_id}, status_code=201)
        rows = [
            {"waba_id": b.waba_id, "name": b.name, "phones": [asdict(p) for p in b.phones.values()], "url": b.url}
            for b in self.world.businesses.values()
        ]
        return JSONResponse({"businesses": rows})

    async def window(self, request: Request) -> Response:
        """PUT opens or closes the 24 hour window of a chat."""
        data = await request.json()
        moment = now() if data["open"] else now() - WINDOW - timedelta(minutes=1)
        self.world.windows[data["phone_id"], data["customer"]] = moment
        return JSONResponse({"open": self.world.window_open(data["phone_id"], data["customer"])})

    async def inbound(self, request: Request) -> Response:
        """POST makes a customer write: phone_id, customer, name, type (text), body or content, base64 for a file."""
        data = await request.json()
        try:
            business, stored = self._compose(data)
        except (KeyError, LookupError, ValueError) as error:
            return refused(error)
        self.webhooks.tell(business, [messages_change(business.phones[stored.phone_id], [stored])])
        return JSONResponse({"id": stored.id}, status_code=201)

    def _compose(self, data: dict[str, Any]) -> tuple[Business, StoredMessage]:
        business = self.world.business_of(data["phone_id"])
        if business is None:
            raise LookupError(f"No business has the number {data['phone_id']}")
        person = self.world.person(data["customer"], **({"name": data["name"]} if "name" in data else {}))
        stored = compose(
            self.world,
            phone_id=data["phone_id"],
            person=person,
            kind=data.get("type", "text"),
            content=data.get("content") or {"body": data.get("body", "")},
            data=base64.b64decode(data["base64"]) if "base64" in data else None,
            reply_to=data.get("reply_to", ""),
        )
        return business, stored

    async def status(self, request: Request) -> Response:
        """POST gives one of the business's messages a state: id, status, error."""
        data = await request.json()
        message = self.world.by_id.get(data.get("id", ""))
        business = self.world.business_of(message.phone_id) if message else None
        if message is None or business is None:
            return refused(LookupError("No such message"))
        self.webhooks.clock.after(
            0, lambda: self.webhooks.set_status(business, message, data["status"], data.get("error"))
        )
        return JSONResponse({"ok": True})

    async def raw(self, request: Request) -> Response:
        """POST sends these very bytes to a business's address: ?waba_id=…&signature= (else signed rightly)."""
        business = self.world.businesses.get(request.query_params.get("waba_id", ""))
        if business is None:
            return refused(LookupError("No such business"))
        body, signature = await request.body(), request.query_params.get("signature")
        self.webhooks.clock.after(0, lambda: self.webhooks.post(business, body, signature=signature))
        return JSONResponse({"ok": True})

    async def messages(self, request: Request) -> Response:
        """GET all messages, or those of one number and customer."""
        with self.world.lock:
            rows = [show(m) for m in self.world.messages]
        for name in ("phone_id", "customer"):
            if name in request.query_params:
                rows = [r for r in rows if r[name] == request.query_params[name]]
        return JSONResponse({"messages": rows})


def show(message: StoredMessage) -> dict[str, Any]:
    """A message as the control interface shows it."""
    return {
        "id": message.id,
        "phone_id": message.phone_id,
        "customer": message.person.key,
        "inbound": message.inbound,
        "type": message.kind,
        "content": message.content,
        "body": body_of(message),
        "status": message.status,
        "error_code": message.error_code,
        "opaque": message.opaque,
        "read_by_business": message.read_by_business,
        "at": message.created.isoformat(),
    }


def body_of(message: StoredMessage) -> str:
    """The words of a message, if it has any."""
    part = message.content.get(message.kind)
    if not isinstance(part, dict):
        return ""
    body = part.get("body", part.get("caption", ""))
    return str(body.get("text", "")) if isinstance(body, dict) else str(body)
