"""The sandbox phone: a page on which one chats with any provider number as the customer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from simulators.twilio.control import customer_writes, show
from simulators.twilio.webhooks import Webhooks
from simulators.twilio.world import Media, World, new_sid

PAGE = Path(__file__).parent / "phone"
PHOTO_LIMIT = 16 * 1024 * 1024  # bytes


class Phone:
    """Everything under /phone/."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks

    def routes(self) -> list[Route | Mount]:
        """The page and what it calls."""
        return [
            Route("/", lambda _request: RedirectResponse("/phone/")),
            Route("/phone", lambda _request: RedirectResponse("/phone/")),
            Route("/phone/", lambda _request: FileResponse(PAGE / "index.html")),
            Route("/phone/api/book", self.book),
            Route("/phone/api/stream", self.stream),
            Route("/phone/api/send", self.send, methods=["POST"]),
            Route("/phone/api/photo", self.photo, methods=["POST"]),
            Route("/phone/api/read", self.read, methods=["POST"]),
            Route("/phone/api/media/{sid}/{media}", self.media),
            Mount("/phone/static", StaticFiles(directory=PAGE)),
        ]

    async def book(self, _request: Request) -> Response:
        """Which providers can be written to, and which customers are known."""
        numbers = [{"number": n, "name": a.name or n} for a in self.world.accounts.values() for n in a.numbers]
        contacts = [{"phone": p, "name": n} for p, n in list(self.world.contacts.items())]
        return JSONResponse({"numbers": numbers, "contacts": contacts})

    def _chat(self, number: str, customer: str) -> dict[str, Any]:
        return {
            "messages": [show(m) for m in self.world.between(number, customer)],
            "window_open": self.world.window_open(number, customer),
        }

    async def stream(self, request: Request) -> Response:
        """Server-sent events: the whole chat, each time it changes."""
        number, customer = request.query_params["number"], request.query_params["customer"]

        async def events() -> AsyncIterator[str]:
            seen, sent, quiet = -1, "", 0.0
            while not await request.is_disconnected():
                if self.world.version != seen:
                    seen = self.world.version
                    text = json.dumps(self._chat(number, customer))
                    if text != sent:
                        sent, quiet = text, 0.0
                        yield f"data: {text}\n\n"
                await asyncio.sleep(0.1)
                quiet += 0.1
                if quiet > 15:
                    quiet = 0.0
                    yield ": still here\n\n"

        return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def send(self, request: Request) -> Response:
        """The customer writes a text, answers a line, presses one of its buttons, or shares a place."""
        data = await request.json()
        body, location = str(data.get("body", "")).strip(), data.get("location") or {}
        answers, choose = (str(data.get(name) or "") for name in ("answers", "choose"))
        if not body and not location and not choose:
            return JSONResponse({"error": "Escribe algo antes de enviar."}, status_code=400)
        return self._write(
            data["number"], data["customer"], body=body, location=location, answers=answers, choose=choose
        )

    async def photo(self, request: Request) -> Response:
        """The customer sends a file: its bytes are the body of the request."""
        data = await request.body()
        if not data or len(data) > PHOTO_LIMIT:
            return JSONResponse({"error": "El archivo está vacío o pesa más de 16 MB."}, status_code=400)
        kind = request.headers.get("content-type", "application/octet-stream").partition(";")[0]
        query = request.query_params
        media = [Media(new_sid("ME"), kind, data, query.get("name", ""))]
        return self._write(query["number"], query["customer"], body=query.get("body", ""), media=media)

    def _write(
        self,
        number: str,
        customer: str,
        *,
        body: str,
        media: list[Media] | None = None,
        location: dict[str, str] | None = None,
        answers: str = "",
        choose: str = "",
    ) -> Response:
        try:
            message = customer_writes(
                self.world,
                self.webhooks,
                number=number,
                customer=customer,
                body=body,
                media=media,
                location=location,
                answers=answers,
                choose=choose,
            )
        except LookupError:
            return JSONResponse({"error": "Ya no se puede: ese número o ese mensaje no existe."}, status_code=404)
        return JSONResponse({"sid": message.sid}, status_code=201)

    async def read(self, request: Request) -> Response:
        """The chat is on screen: what was delivered has now been read."""
        data = await request.json()
        account = self.world.account_of(data["number"])
        if account is None:
            return JSONResponse({"read": 0})
        waiting = [
            m for m in self.world.between(data["number"], data["customer"]) if not m.inbound and m.status == "delivered"
        ]
        for message in waiting:
            with self.world.lock:
                message.status = "read"
            self.webhooks.clock.after(0.05, partial(self.webhooks.set_status, account, message, "read"))
        return JSONResponse({"read": len(waiting)})

    async def media(self, request: Request) -> Response:
        """A picture in the chat."""
        message = self.world.by_sid.get(request.path_params["sid"])
        found = [m for m in message.media if m.sid == request.path_params["media"]] if message else []
        if not found:
            return JSONResponse({"error": "No existe."}, status_code=404)
        return Response(found[0].data, media_type=found[0].content_type)
