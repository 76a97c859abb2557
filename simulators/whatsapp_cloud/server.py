"""The simulator as a server: an ASGI application and a class that runs it in a thread."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.clock import Clock
from simulators.threaded import ThreadedServer
from simulators.whatsapp_cloud.control import Control, show
from simulators.whatsapp_cloud.customers import compose
from simulators.whatsapp_cloud.graph import Graph, refusal_response
from simulators.whatsapp_cloud.payloads import Change, envelope, messages_change
from simulators.whatsapp_cloud.sending import RefusalError
from simulators.whatsapp_cloud.webhooks import Webhooks, encode, sign
from simulators.whatsapp_cloud.world import WINDOW, Business, Person, StoredMessage, World, now


class WhatsAppCloudSimulator(ThreadedServer):
    """Graph in a thread. ``with WhatsAppCloudSimulator() as cloud:`` then talk to ``cloud.url``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.world = World()
        self.clock = Clock()
        self.webhooks = Webhooks(self.world, self.clock)
        self.bind(host, port)
        self.serve(_with_hang_up(self.app()), log_level="critical")

    def app(self) -> Starlette:
        """All endpoints in one application."""
        control = Control(self.world, self.webhooks)
        graph = Graph(self.world, self.webhooks, lambda: self.url)
        routes: list[Any] = [*control.routes(), *graph.routes()]
        return Starlette(routes=routes, exception_handlers={RefusalError: refusal_response})

    def stop(self) -> None:
        """Stop listening and drop what was still to be delivered."""
        self.clock.stop()
        super().stop()

    # -- for tests ---------------------------------------------------------------------------------

    def add_business(self, **data: object) -> Business:
        """Add a business: waba_id, token, app_secret, phones [{id, display, name}], verify_token, webhook_url…"""
        return self.world.add_business(data)

    def person(self, key: str, **facts: str) -> Person:
        """A customer by number or BSUID: wa_id, user_id, name, username… can be set."""
        return self.world.person(key, **facts)

    def compose(
        self, phone_id: str, customer: str, *, kind: str = "text", data: bytes | None = None, **content: Any
    ) -> StoredMessage:
        """A customer's message of any type, kept but not told: for `tell_messages` in the order a test wants."""
        aside = {name: content.pop(name) for name in ("wamid", "reply_to") if name in content}
        person = self.world.person(customer)
        return compose(self.world, phone_id=phone_id, person=person, kind=kind, content=content, data=data, **aside)

    def customer_sends(self, phone_id: str, customer: str, **content: Any) -> StoredMessage:
        """As `compose`, and the signed webhook follows from another thread."""
        message = self.compose(phone_id, customer, **content)
        self.tell_messages(message)
        return message

    def tell_messages(self, *messages: StoredMessage) -> None:
        """Tell of several messages in one POST, of one business, one change a number."""
        business = self._business(messages[0])
        self.webhooks.tell(business, self.changes(*messages))

    def changes(self, *messages: StoredMessage) -> list[Change]:
        """The changes that carry messages, one a number."""
        business = self._business(messages[0])
        phones = dict.fromkeys(m.phone_id for m in messages)
        return [messages_change(business.phones[p], [m for m in messages if m.phone_id == p]) for p in phones]

    def tell(self, business: Business, *changes: Change) -> None:
        """Send changes in one POST, signed."""
        self.webhooks.tell(business, list(changes))

    def signed(self, business: Business, *changes: Change) -> tuple[bytes, str]:
        """A body with its signature, for a test that posts it itself."""
        raw = encode(envelope(business, list(changes)))
        return raw, sign(business.app_secret, raw)

    def set_status(self, message: StoredMessage, state: str, error: int | None = None) -> None:
        """Give one of the business's messages a state and tell of it, now."""
        self.webhooks.set_status(self._business(message), message, state, error)

    def close_window(self, phone_id: str, customer: str) -> None:
        """A day has passed since a customer wrote."""
        self.world.windows[phone_id, customer] = now() - WINDOW

    def received(self, customer: str) -> list[dict[str, Any]]:
        """What a customer's phone got, oldest first."""
        with self.world.lock:
            return [show(m) for m in self.world.messages if m.person.key == customer and not m.inbound]

    def sent_to(self, customer: str) -> list[StoredMessage]:
        """The same, as the simulator keeps it."""
        with self.world.lock:
            return [m for m in self.world.messages if m.person.key == customer and not m.inbound]

    def _business(self, message: StoredMessage) -> Business:
        business = self.world.business_of(message.phone_id)
        if business is None:
            raise LookupError(f"No business has the number {message.phone_id}")
        return business


def _with_hang_up(app: ASGIApp) -> ASGIApp:
    """Let a response break its connection off: uvicorn's own `send` belongs to what holds the transport."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        cycle: Any = getattr(send, "__self__", None)
        if cycle is not None:
            scope["hang_up"] = cycle.transport.abort
        await app(scope, receive, send)

    return wrapped
