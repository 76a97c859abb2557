"""The simulator's own JSON interface: accounts, faults, inbound messages, and what was seen."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.channel_control import ChannelControl, refused
from simulators.twilio.webhooks import Webhooks
from simulators.twilio.world import WINDOW, Media, StoredMessage, World, new_sid, now


class Control(ChannelControl):
    """Everything under /_sim/."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks

    def routes(self) -> list[Route]:
        """The control endpoints."""
        return [
            *self.shared_routes(),
            Route("/_sim/accounts", self.accounts, methods=["GET", "POST"]),
            Route("/_sim/window", self.window, methods=["PUT"]),
            Route("/_sim/inbound", self.inbound, methods=["POST"]),
            Route("/_sim/messages", self.messages),
        ]

    async def accounts(self, request: Request) -> Response:
        """POST adds or replaces an account; GET lists them without their tokens."""
        if request.method == "POST":
            try:
                account = self.world.add_account(await request.json())
            except (KeyError, TypeError, ValueError) as error:
                return refused(error)
            return JSONResponse({"sid": account.sid}, status_code=201)
        rows = [
            {"sid": a.sid, "name": a.name, "numbers": a.numbers, "webhook_url": a.webhook_url}
            for a in self.world.accounts.values()
        ]
        return JSONResponse({"accounts": rows})

    async def window(self, request: Request) -> Response:
        """PUT opens or closes the 24 hour window of a chat."""
        data = await request.json()
        moment = now() if data["open"] else now() - WINDOW - timedelta(minutes=1)
        self.world.windows[data["number"], data["customer"]] = moment
        return JSONResponse({"open": self.world.window_open(data["number"], data["customer"])})

    async def inbound(self, request: Request) -> Response:
        """POST makes a customer write: number, customer, body, media [{content_type, base64}], location.

        `answers` is the sid of a line of the chat that is quoted; `choose` the title of one of its buttons or rows.
        """
        data = await request.json()
        try:
            media = [
                Media(new_sid("ME"), m["content_type"], base64.b64decode(m["base64"])) for m in data.get("media", [])
            ]
            message = customer_writes(
                self.world,
                self.webhooks,
                number=data["number"],
                customer=data["customer"],
                body=data.get("body", ""),
                media=media,
                location=data.get("location"),
                profile_name=data.get("profile_name", ""),
                answers=data.get("answers", ""),
                choose=data.get("choose", ""),
            )
        except (KeyError, LookupError, ValueError) as error:
            return refused(error)
        return JSONResponse({"sid": message.sid}, status_code=201)

    async def messages(self, request: Request) -> Response:
        """GET all messages, or those of one number and customer."""
        query = request.query_params
        with self.world.lock:
            rows = [show(m) for m in self.world.messages]
        for name in ("number", "customer"):
            if name in query:
                rows = [r for r in rows if r[name] == query[name]]
        return JSONResponse({"messages": rows})


def customer_writes(
    world: World,
    webhooks: Webhooks,
    *,
    number: str,
    customer: str,
    body: str = "",
    media: list[Media] | None = None,
    location: dict[str, str] | None = None,
    profile_name: str = "",
    answers: str = "",
    choose: str = "",
) -> StoredMessage:
    """A customer sends a message to a provider's number, answers a line of the chat, or chooses what it offers.

    Raises LookupError for a number nobody has, a line that is not of this chat, or a choice it does not offer.
    """
    account = world.account_of(number)
    if account is None:
        raise LookupError(f"No account has the number {number}")
    quoted = next((m for m in world.between(number, customer) if m.sid == answers), None)
    if answers and quoted is None:
        raise LookupError(f"There is no {answers} in this chat")
    chosen = next((c for c in quoted.choices if c.title == choose), None) if quoted else None
    if choose and chosen is None:
        raise LookupError(f"That line does not offer {choose}")
    message = StoredMessage(
        sid=new_sid("MM" if media else "SM"),
        account_sid=account.sid,
        number=number,
        customer=customer,
        inbound=True,
        body=chosen.title if chosen else body,
        status="received",
        created=now(),
        media=media or [],
        location=location or {},
        answers=answers,
        chosen=chosen,
    )
    name = profile_name or world.contacts.get(customer, "")
    world.contacts.setdefault(customer, name)
    world.store(message)
    webhooks.announce_inbound(account, message, name)
    return message


def show(message: StoredMessage) -> dict[str, Any]:
    """A message as the control interface and the phone show it."""
    return {
        "sid": message.sid,
        "number": message.number,
        "customer": message.customer,
        "inbound": message.inbound,
        "body": message.body,
        "status": message.status,
        "error_code": message.error_code,
        "content_sid": message.content_sid,
        "at": message.created.isoformat(),
        "location": message.location,
        "answers": message.answers,
        "choices": [choice.title for choice in message.choices],
        "media": [{"sid": m.sid, "content_type": m.content_type} for m in message.media],
    }
