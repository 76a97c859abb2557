"""The service in a thread: `with TelegramSimulator() as telegram:` then talk to `telegram.url`."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.telegram.bot_api import BotApi
from simulators.telegram.control import Control
from simulators.telegram.people import Person
from simulators.telegram.requests import read_parameters
from simulators.telegram.updates import Updates, call_hook
from simulators.telegram.world import TOKEN, Bot, Fault, Hook, Refusal, Shown, World, stamp
from simulators.threaded import ThreadedServer

__all__ = ["TOKEN", "Shown", "TelegramSimulator"]

DOWNLOADS = {".jpg": "image/jpeg", ".oga": "audio/ogg", ".mp4": "video/mp4"}


class CutOff(Response):
    """No answer: the connection ends."""

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """End the connection, and give the server a moment to see it."""
        scope["wire"].abort()
        await asyncio.sleep(0.01)


class TelegramSimulator(ThreadedServer):
    """Telegram and its bots, one of them there from the start. What is said of a bot here is said of that one.

    ``anyone``: bots may write to people who never wrote to them, as one whose chats are older than the simulator.
    ``local``: webhooks may be plain http, as with a Bot API server of one's own.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, token: str = TOKEN, anyone: bool = False, local: bool = True
    ) -> None:
        self.world = World(anyone=anyone)
        self.bot = self.world.add_bot(token)
        self.updates = Updates(self.world, local=local)
        self.methods = BotApi(self.world).methods | {
            "setWebhook": self.updates.set_hook,
            "deleteWebhook": self.updates.drop_hook,
            "getWebhookInfo": self.updates.tell_hook,
        }
        self.updates.methods = self.methods
        self.bind(host, port)
        routes = [
            Route("/file/bot{token}/{path:path}", self._file),
            Route("/bot{token}/{method}", self._method, methods=["GET", "POST"]),
            *Control(self.world).routes(),
        ]
        self.serve(_with_wire(Starlette(routes=routes)))

    # --- bots and people -----------------------------------------------------------------------------------

    @property
    def token(self) -> str:
        """The first bot's token."""
        return self.bot.token

    @token.setter
    def token(self, value: str) -> None:
        """@BotFather takes a token back and gives another."""
        self.world.change_token(self.bot, value)

    @property
    def shown(self) -> list[Shown]:
        """What its chats show."""
        return self.bot.shown

    @property
    def answers(self) -> dict[str, str]:
        """What presses were answered."""
        return self.bot.answers

    @property
    def calls(self) -> list[str]:
        """Each method that was called."""
        return self.bot.calls

    @property
    def hook(self) -> dict[str, str]:
        """Its webhook's address and secret."""
        return {"url": self.bot.hook.url, "secret_token": self.bot.hook.secret_token}

    @hook.setter
    def hook(self, value: dict[str, str]) -> None:
        self.bot.hook = Hook(url=value["url"], secret_token=value["secret_token"])

    def add_bot(self, token: str, *, username: str, name: str = "Enlace") -> Bot:
        """Make another bot."""
        return self.world.add_bot(token, username=username, name=name)

    def person(self, number: int, *, bot: Bot | None = None, **about: Any) -> Person:
        """Somebody with Telegram, in the chat with a bot (the first one)."""
        return Person(self.world, bot or self.bot, number, **about)

    def fail(self, kind: str, *, times: int = 1, seconds: float = 0.0, method: str = "") -> None:
        """Let the next calls go wrong: a kind of world.FAULTS. Raises ValueError for another kind."""
        self.world.fail(kind, times=times, seconds=seconds, method=method)

    def update_of_text(self, chat: int, text: str, *, handle: str = "ana") -> dict[str, Any]:
        """The update that says that somebody wrote, for whoever delivers it themselves."""
        person = Person(self.world, self.bot, chat, username=handle)
        message = {"message_id": self.world.next(), "from": person.who(), "date": stamp(), "text": text}
        return {"update_id": self.world.next(), "message": message | {"chat": {"id": chat, "type": "private"}}}

    def update_of_press(self, message: Shown, words: str, *, sender: int | None = None) -> dict[str, Any]:
        """The update that says that somebody pressed the button whose text holds `words`."""
        press = {
            "id": f"press-{self.world.next()}",
            "from": {"id": sender or message.chat, "is_bot": False, "first_name": "Ana"},
            "message": {"message_id": message.number, "chat": {"id": message.chat, "type": "private"}, "date": 1},
            "chat_instance": "1",
            "data": message.button(words)["callback_data"],
        }
        self.bot.presses.add(str(press["id"]))
        return {"update_id": self.world.next(), "callback_query": press}

    def deliver(self, update: dict[str, Any], *, host: str = "") -> int:
        """Call the webhook once, now; return its status. `host` names the site where the address does not."""
        return call_hook(self.bot.hook, update, host=host)[0]

    # --- the Bot API ---------------------------------------------------------------------------------------

    async def _method(self, request: Request) -> Response:
        method, bot = request.path_params["method"], self.world.bots.get(request.path_params["token"])
        if bot is None:
            return _refused(Refusal(401, "Unauthorized"))
        bot.calls.append(method)
        try:
            said = await read_parameters(request)  # before anything is slow: the caller may be gone afterwards
            fault = self.world.take_fault(method)
            if fault and fault.kind in {"slow", "hang"}:
                await asyncio.sleep(fault.seconds)
            if fault and fault.kind not in {"slow", "lost", "drop"}:
                return _broken(fault)
            result = await self._act(bot, method, said)
        except Refusal as refusal:
            return _refused(refusal)
        return _broken(fault) if fault and fault.kind != "slow" else JSONResponse(result)

    async def _act(self, bot: Bot, method: str, said: dict[str, Any]) -> dict[str, Any]:
        if method == "getUpdates":
            return {"ok": True, "result": await self.updates.poll(bot, said)}
        act = self.methods.get(method)
        if act is None:
            raise Refusal(404, "Not Found")
        return {"ok": True, "result": await run_in_threadpool(act, bot, said)}

    async def _file(self, request: Request) -> Response:
        path = request.path_params["path"]
        found = next((f for f in self.world.files.values() if f.path == path), None)
        if found is None or request.path_params["token"] not in self.world.bots:
            return JSONResponse({"ok": False, "error_code": 404, "description": "Not Found"}, 404)
        kind = DOWNLOADS.get("." + path.rpartition(".")[2], "application/octet-stream")
        return Response(found.data, media_type=kind)

    # --- the thread ------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen, and tell the hooks of what happens."""
        super().start()
        self.updates.start()
        return self

    def stop(self) -> None:
        """Tell nobody any more, and stop listening."""
        self.updates.stop()
        super().stop()


def _with_wire(app: ASGIApp) -> ASGIApp:
    """The application with the connection at hand, for what must end it without an answer."""

    async def wired(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's `send` is a method of the request's cycle, which holds the connection.
        scope["wire"] = send.__self__.transport  # type: ignore[attr-defined]
        await app(scope, receive, send)

    return wired


def _refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.body, refusal.body["error_code"])


def _broken(fault: Fault) -> Response:
    if fault.kind == "html":
        return Response("<html>Bad Gateway</html>", 502, media_type="text/html")
    if fault.kind in {"hang", "drop"}:
        return CutOff()
    wait = int(fault.seconds) or 3
    return _refused(
        {
            "rate": Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait),
            "error": Refusal(500, "Internal Server Error"),
            "lost": Refusal(500, "Internal Server Error"),
            "blocked": Refusal(403, "Forbidden: bot was blocked by the user"),
        }[fault.kind]
    )
