"""The service in a thread: `with TelegramSimulator() as telegram:` then talk to `telegram.url`."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any, Self

import requests
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "123456:simulado"  # noqa: S105 -- of a bot that is not
FAULTS = ("rate", "error", "blocked", "html", "slow", "lost")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Refusal(Exception):
    """What the Bot API refuses, as its code and description."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters


@dataclass
class Shown:
    """A message of the bot as its chat shows it."""

    chat: int
    number: int
    text: str
    photo: bytes = b""
    buttons: list[list[dict[str, str]]] = field(default_factory=list)

    def button(self, words: str) -> dict[str, str]:
        """The button whose text holds `words`. Raises LookupError."""
        for row in self.buttons:
            for button in row:
                if words in button["text"]:
                    return button
        raise LookupError(words)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: how long a slow answer takes, or what a rate limit asks to wait."""

    kind: str
    seconds: float = 0.0


class TelegramSimulator:
    """One bot and its chats. `shown` is what they show, `answers` what presses were answered, `calls` each method."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, token: str = TOKEN) -> None:
        self.token = token
        self.shown: list[Shown] = []
        self.answers: dict[str, str] = {}
        self.calls: list[str] = []
        self.hook: dict[str, str] = {}
        self._faults: deque[Fault] = deque()
        self._updates = 1000
        self._files: dict[str, bytes] = {}
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.url = "http://{}:{}".format(*self._socket.getsockname()[:2])
        routes = [
            Route("/file/bot{token}/{path:path}", self._file),
            Route("/bot{token}/{method}", self._method, methods=["GET", "POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="telegram-simulator", daemon=True)

    def fail(self, kind: str, *, times: int = 1, seconds: float = 0.0) -> None:
        """Let the next calls go wrong: one of FAULTS. Raises ValueError for another kind."""
        if kind not in FAULTS:
            raise ValueError(kind)
        self._faults.extend([Fault(kind, seconds)] * times)

    # --- people ------------------------------------------------------------------------------------------

    def update_of_text(self, chat: int, text: str, *, handle: str = "ana") -> dict[str, Any]:
        """The update that says that somebody wrote to the bot."""
        sender = {"id": chat, "is_bot": False, "first_name": "Ana", "username": handle}
        message = {
            "message_id": self._next(),
            "from": sender,
            "chat": {"id": chat, "type": "private"},
            "date": int(time.time()),
            "text": text,
        }
        return {"update_id": self._next(), "message": message}

    def update_of_press(self, message: Shown, words: str, *, sender: int | None = None) -> dict[str, Any]:
        """The update that says that somebody pressed the button whose text holds `words`."""
        chat = sender or message.chat
        press = {
            "id": f"press-{self._next()}",
            "from": {"id": chat, "is_bot": False, "first_name": "Ana"},
            "message": {"message_id": message.number, "chat": {"id": message.chat, "type": "private"}, "date": 1},
            "chat_instance": "1",
            "data": message.button(words)["callback_data"],
        }
        return {"update_id": self._next(), "callback_query": press}

    def deliver(self, update: dict[str, Any], *, host: str = "") -> int:
        """Call the webhook as Telegram does; return its status. `host` names the site where the address does not."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.hook.get("secret_token", "")}
        if host:
            headers["Host"] = host
        return requests.post(self.hook["url"], json=update, headers=headers, timeout=15).status_code

    # --- the Bot API ---------------------------------------------------------------------------------------

    async def _method(self, request: Request) -> Response:
        method = request.path_params["method"]
        if request.path_params["token"] != self.token:
            return JSONResponse({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        self.calls.append(method)
        said = await _said(request)
        fault = self._faults.popleft() if self._faults else None
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault and fault.kind != "lost":
            return _broken(fault)
        act = getattr(self, f"_do_{method}", None)
        if act is None:
            return JSONResponse({"ok": False, "error_code": 404, "description": "Not Found"}, 404)
        try:
            result = act(said)
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.body["error_code"])
        if fault and fault.kind == "lost":
            return _broken(Fault("error"))
        return JSONResponse({"ok": True, "result": result})

    async def _file(self, request: Request) -> Response:
        found = self._files.get(request.path_params["path"])
        right = request.path_params["token"] == self.token
        return Response(found, media_type="image/jpeg") if found and right else Response(status_code=404)

    def _do_getMe(self, _said: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 -- the Bot API's name
        return {"id": 123456, "is_bot": True, "first_name": "Enlace", "username": "enlace_bot"}

    def _do_setWebhook(self, said: dict[str, Any]) -> bool:  # noqa: N802
        if not str(said.get("url", "")).startswith(("https://", "http://")):
            raise Refusal(400, "Bad Request: bad webhook: invalid webhook URL specified")
        if not SECRET.fullmatch(str(said.get("secret_token", ""))):
            raise Refusal(400, "Bad Request: bad webhook: secret token contains unallowed characters")
        self.hook = {"url": said["url"], "secret_token": said["secret_token"]}
        return True

    def _do_sendMessage(self, said: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._show(said, str(said.get("text", "")), 4096)

    def _do_sendPhoto(self, said: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        photo = said.get("photo")
        if not isinstance(photo, bytes) or not photo.startswith(b"\xff\xd8\xff"):
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        if len(photo) > 10 * 1024 * 1024:
            raise Refusal(413, "Request Entity Too Large")
        result = self._show(said, str(said.get("caption", "")), 1024, photo, needs_text=False)
        name = f"photos/file_{result['message_id']}.jpg"
        self._files[name] = photo
        return result | {"photo": [{"file_id": name, "file_size": len(photo), "width": 1, "height": 1}]}

    def _do_sendDocument(self, said: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        document = said.get("document")
        if not isinstance(document, bytes) or len(document) > 50 * 1024 * 1024:
            raise Refusal(400, "Bad Request: there is no document in the request")
        return self._show(said, str(said.get("caption", "")), 1024, document, needs_text=False)

    def _do_getFile(self, said: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = str(said.get("file_id", ""))
        if name not in self._files:
            raise Refusal(400, "Bad Request: invalid file_id")
        return {"file_id": name, "file_path": name, "file_size": len(self._files[name])}

    def _do_editMessageCaption(self, said: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._edit(said, str(said.get("caption", "")), 1024, of_photo=True)

    def _do_editMessageText(self, said: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._edit(said, str(said.get("text", "")), 4096, of_photo=False)

    def _do_answerCallbackQuery(self, said: dict[str, Any]) -> bool:  # noqa: N802
        if len(str(said.get("text", ""))) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        self.answers[str(said.get("callback_query_id"))] = str(said.get("text", ""))
        return True

    def _show(
        self, said: dict[str, Any], text: str, longest: int, photo: bytes = b"", *, needs_text: bool = True
    ) -> dict[str, Any]:
        _check(text, longest, needs_text=needs_text)
        shown = Shown(int(said["chat_id"]), self._next(), text, photo, _buttons(said))
        self.shown.append(shown)
        return {"message_id": shown.number, "chat": {"id": shown.chat, "type": "private"}, "date": int(time.time())}

    def _edit(self, said: dict[str, Any], text: str, longest: int, *, of_photo: bool) -> dict[str, Any]:
        found = [s for s in self.shown if (s.chat, s.number) == (int(said["chat_id"]), int(said["message_id"]))]
        if not found:
            raise Refusal(400, "Bad Request: message to edit not found")
        [shown] = found
        if bool(shown.photo) != of_photo:
            raise Refusal(400, "Bad Request: there is no text in the message to edit")
        _check(text, longest, needs_text=not of_photo)
        buttons = _buttons(said)
        if (shown.text, shown.buttons) == (text, buttons):
            raise Refusal(400, "Bad Request: message is not modified: specified new message content is the same")
        shown.text, shown.buttons = text, buttons
        return {"message_id": shown.number}

    def _next(self) -> int:
        self._updates += 1
        return self._updates

    # --- the thread ------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> Self:
        """Listen; returns when the first request can be answered. Raises RuntimeError after 10 seconds."""
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline:
                raise RuntimeError("The Telegram simulator did not start")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Stop listening, without waiting for slow answers."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()


async def _said(request: Request) -> dict[str, Any]:
    """The parameters, from JSON or a form with files."""
    if request.headers.get("content-type", "").startswith("application/json"):
        body = await request.json()
        return body if isinstance(body, dict) else {}
    head = b"Content-Type: " + request.headers.get("content-type", "").encode() + b"\r\n\r\n"
    parts = BytesParser().parsebytes(head + await request.body()).get_payload()
    said: dict[str, Any] = {}
    for part in parts if isinstance(parts, list) else []:
        value: Any = part.get_payload(decode=True)  # type: ignore[union-attr]
        name = str(part.get_param("name", header="content-disposition"))  # type: ignore[union-attr]
        said[name] = value if part.get_filename() else value.decode()  # type: ignore[union-attr]
    return said


def _check(text: str, longest: int, *, needs_text: bool) -> None:
    if needs_text and not text:
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text) > longest:
        raise Refusal(400, "Bad Request: message caption is too long")


def _buttons(said: dict[str, Any]) -> list[list[dict[str, str]]]:
    markup = said.get("reply_markup") or {}
    markup = json.loads(markup) if isinstance(markup, str) else markup
    rows: list[list[dict[str, str]]] = markup.get("inline_keyboard", [])
    for row in rows:
        for button in row:
            if not button.get("text") or not (button.get("url") or button.get("callback_data")):
                raise Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
            if len(button.get("callback_data", "").encode()) > 64:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows


def _broken(fault: Fault) -> Response:
    if fault.kind == "html":
        return Response("<html>Bad Gateway</html>", 502, media_type="text/html")
    refusals = {
        "rate": Refusal(429, "Too Many Requests: retry after 3", retry_after=int(fault.seconds) or 3),
        "error": Refusal(500, "Internal Server Error"),
        "blocked": Refusal(403, "Forbidden: bot was blocked by the user"),
    }
    body = refusals[fault.kind].body
    return JSONResponse(body, body["error_code"])
