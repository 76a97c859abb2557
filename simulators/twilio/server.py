"""The simulator as a server: an ASGI application and a class that runs it in a thread."""

from __future__ import annotations

import base64
from typing import Any

from starlette.applications import Starlette

from simulators.clock import Clock
from simulators.threaded import ThreadedServer
from simulators.twilio.control import Control, customer_writes, show
from simulators.twilio.phone import Phone
from simulators.twilio.rest import RefusalError, Rest, refusal_response
from simulators.twilio.webhooks import Webhooks
from simulators.twilio.world import Media, StoredMessage, World, new_sid


class TwilioSimulator(ThreadedServer):
    """Twilio in a thread. ``with TwilioSimulator() as twilio:`` then talk to ``twilio.url``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.world = World()
        self.clock = Clock()
        self.webhooks = Webhooks(self.world, self.clock, lambda: self.url)
        self.bind(host, port)
        self.serve(self.app())

    def app(self) -> Starlette:
        """All endpoints in one application."""
        parts = (Rest(self.world, self.webhooks), Control(self.world, self.webhooks))
        routes: list[Any] = [route for part in parts for route in part.routes()]
        routes.extend(Phone(self.world, self.webhooks).routes())
        return Starlette(routes=routes, exception_handlers={RefusalError: refusal_response})

    def stop(self) -> None:
        """Stop listening and drop what was still to be delivered."""
        self.clock.stop()
        super().stop()

    # -- for tests ---------------------------------------------------------------------------------

    def add_account(self, **data: object) -> None:
        """Add an account: sid, token, numbers, webhook_url, name, contents."""
        self.world.add_account(data)

    def customer_writes(
        self,
        *,
        number: str,
        customer: str,
        body: str = "",
        photo: bytes | None = None,
        profile_name: str = "",
        answers: str = "",
        choose: str = "",
    ) -> StoredMessage:
        """A customer writes (with a JPEG or PNG photo); the signed webhook follows from another thread.

        `answers`: the sid of the line that is quoted; `choose`: the title of one of its buttons or rows.
        """
        media = None
        if photo is not None:
            kind = "image/png" if photo.startswith(b"\x89PNG") else "image/jpeg"
            media = [Media(new_sid("ME"), kind, photo)]
        return customer_writes(
            self.world,
            self.webhooks,
            number=number,
            customer=customer,
            body=body,
            media=media,
            profile_name=profile_name,
            answers=answers,
            choose=choose,
        )

    def received(self, customer: str) -> list[dict[str, Any]]:
        """What a customer's phone got, oldest first."""
        with self.world.lock:
            return [show(m) for m in self.world.messages if m.customer == customer and not m.inbound]

    def basic(self, sid: str) -> dict[str, str]:
        """The Authorization header of an account."""
        raw = f"{sid}:{self.world.accounts[sid].token}".encode()
        return {"Authorization": "Basic " + base64.b64encode(raw).decode()}
