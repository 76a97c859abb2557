"""The simulator's own JSON interface: bots, faults, what people do, and what was seen."""

from __future__ import annotations

import base64
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.telegram.people import Person
from simulators.telegram.world import Bot, Shown, World

# What a person can do, by the name of the verb.
# fmt: off
ACTS = frozenset({
    "writes", "starts", "sends_photo", "sends_voice", "sends_audio", "sends_video", "sends_video_note",
    "sends_animation", "sends_document", "sends_sticker", "sends_location", "sends_venue", "sends_contact",
    "shares_phone", "sends", "edits", "blocks", "unblocks",
})
# fmt: on


class Control:
    """Everything under /_sim/."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        """The control endpoints."""
        return [
            Route("/_sim/bots", self.bots, methods=["GET", "POST"]),
            Route("/_sim/faults", self.faults, methods=["PUT"]),
            Route("/_sim/people/{chat:int}/{act}", self.act, methods=["POST"]),
            Route("/_sim/chats/{chat:int}", self.chat),
        ]

    async def bots(self, request: Request) -> Response:
        """POST {token, username} makes a bot; GET lists them without their tokens, with what waits for each."""
        if request.method == "POST":
            data = await request.json()
            bot = self.world.add_bot(str(data["token"]), username=str(data.get("username", "enlace_bot")))
            return JSONResponse(bot.me(), 201)
        with self.world.lock:
            rows = [b.me() | {"webhook": b.hook.url, "pending": len(b.pending)} for b in self.world.bots.values()]
        return JSONResponse({"bots": rows})

    async def faults(self, request: Request) -> Response:
        """PUT {kind, times?, seconds?, method?} lets calls go wrong; {repeats} says how often updates come again."""
        data = await request.json()
        if "repeats" in data:
            self.world.repeats = int(data.pop("repeats"))
        if data:
            try:
                self.world.fail(**data)
            except (TypeError, ValueError) as error:
                return _bad(error)
        return JSONResponse({"ok": True})

    async def act(self, request: Request) -> Response:
        """POST what a person does: a verb of Person with its values, files as {"base64": …}. ``?bot=`` its token.

        `presses` and `reacts` name the bot's message: {"message": number, …}.
        """
        bot, name = self._bot(request), request.path_params["act"]
        person = Person(self.world, bot, request.path_params["chat"])
        try:
            values = {k: _value(v) for k, v in (await request.json()).items()}
            if name in {"presses", "reacts"}:
                shown = bot.shown_at(person.chat, int(values.pop("message")))
                update = getattr(person, name)(_there(shown), **values)
            else:
                update = getattr(person, _act(name))(**values)
        except (KeyError, LookupError, TypeError, ValueError) as error:
            return _bad(error)
        return JSONResponse(update, 201)

    async def chat(self, request: Request) -> Response:
        """GET what a chat shows of the bot, oldest first."""
        bot = self._bot(request)
        with self.world.lock:
            shown = [s for s in bot.shown if s.chat == request.path_params["chat"]]
        rows = [
            {"message": s.number, "kind": s.kind, "text": s.text, "buttons": s.buttons, "reply_to": s.reply_to}
            for s in shown
        ]
        return JSONResponse({"messages": rows})

    def _bot(self, request: Request) -> Bot:
        token = request.query_params.get("bot", "")
        return self.world.bots.get(token) or next(iter(self.world.bots.values()))


def _there(shown: Shown | None) -> Shown:
    if shown is None:
        raise LookupError("no such message")
    return shown


def _act(name: str) -> str:
    if name not in ACTS:
        raise LookupError(name)
    return name


def _value(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) and "base64" in value else value


def _bad(error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)
