"""The service in a thread: `with ModelSimulator() as model:` then talk to `model.url`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulators.openai.audio import check_audio, read_form
from simulators.openai.chat import chat_answer, check_chat
from simulators.openai.obeying import obey
from simulators.openai.requests import Refusal, check_caller, check_parameters
from simulators.openai.responses import check_response, response_answer
from simulators.openai.script import Fault, Said, Script
from simulators.threaded import ThreadedServer

KEY = "sk-simulated"

Check = Callable[..., None]
Shape = Callable[..., dict[str, Any]]


class ModelSimulator(ThreadedServer, Script):
    """Answers with what `say` or `call` was given, in turn; the last one stays. `requests` keeps what was asked."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, key: str = KEY) -> None:
        Script.__init__(self)
        self.key = key
        # Whether each model takes a strict schema; DeepSeek's only take json_object.
        self.models = {"chico": True, "sin-esquema": False}
        self.requests: list[dict[str, Any]] = []
        self.sounds: list[dict[str, Any]] = []
        self.heard = [""]
        self.sound_usage: dict[str, object] = {}  # what is told of a sound's price; nothing, as some services do
        # How the worst model behaves, and what it is told to say; empty: what `say` and `call` were given.
        self.manner, self.wants = "", ""
        self.refused: set[str] = set()  # parameters no model takes, such as the temperature of those that reason
        self.bind(host, port)
        self.url += "/v1"
        routes = [
            Route("/v1/chat/completions", self._endpoint(check_chat, chat_answer), methods=["POST"]),
            Route("/v1/audio/transcriptions", self._listen, methods=["POST"]),
            Route("/v1/responses", self._endpoint(check_response, response_answer), methods=["POST"]),
        ]
        self.serve(Starlette(routes=routes))

    async def _listen(self, request: Request) -> Response:
        """Write down a sound: the next of `heard`, of which the last one stays."""
        try:
            form = read_form(await request.body(), request.headers.get("content-type", ""))
            self.sounds.append(form)
            check_audio(form, authorization=request.headers.get("authorization", ""), key=self.key)
        except Refusal as refusal:
            return JSONResponse(refusal.body, status_code=refusal.status)
        fault = self.next_fault()
        if fault is not None and fault.kind != "slow":
            return broken(fault, {"model": form["model"], "messages": []}, lambda _body, said: {"text": said.text})
        if fault is not None:
            await asyncio.sleep(fault.seconds)
        text = self.heard.pop(0) if len(self.heard) > 1 else self.heard[0]
        return JSONResponse({"text": text, **({"usage": self.sound_usage} if self.sound_usage else {})})

    def _endpoint(self, check: Check, shape: Shape) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            body = await request.json()
            self.requests.append(body)
            try:
                sent = request.headers.get("authorization", "")
                check_caller(body, authorization=sent, key=self.key, models=self.models)
                check_parameters(body, self.refused)
                check(body, takes_schema=self.models[body["model"]])
            except Refusal as refusal:
                return JSONResponse(refusal.body, status_code=refusal.status)
            fault = self.next_fault()
            if fault is not None and fault.kind != "slow":
                return broken(fault, body, shape)
            if fault is not None:
                await asyncio.sleep(fault.seconds)
            number = f"req_{len(self.requests)}"
            said = obey(self.manner, body, wants=self.wants) if self.manner else self.next_answer()
            return JSONResponse(shape(body, said), headers={"x-request-id": number})

        return answer


def broken(fault: Fault, body: Mapping[str, Any], shape: Shape) -> Response:
    """Return the answer of a service on which something is wrong."""
    elsewhere = {"location": "http://127.0.0.1:9/v1/chat/completions"}
    nothing = {"id": "none", "object": "chat.completion", "choices": [], "output": []}
    answers: dict[str, Callable[[], Response]] = {
        "error": lambda: JSONResponse({"error": {"message": "The server had an error"}}, 500),
        "rate": lambda: _too_many("rate_limit_exceeded", "0"),
        "rate_long": lambda: _too_many("rate_limit_exceeded", "30"),
        "rate_bare": lambda: _too_many("rate_limit_exceeded", None),
        "quota": lambda: _too_many("insufficient_quota", "0"),
        "json": lambda: Response('{"id": "chatcmpl-1", "choices": [', media_type="application/json"),
        "html": lambda: Response("<html>Bienvenido</html>", media_type="text/html"),
        "empty": lambda: JSONResponse(nothing),
        "redirect": lambda: Response(status_code=307, headers=elsewhere),
        "refusal": lambda: JSONResponse(shape(body, Said(refusal="I cannot help with that"))),
        "length": lambda: JSONResponse(shape(body, Said(""), cut_short=True)),
        "cut": lambda: StreamingResponse(_begun(), headers={"content-length": "5000"}, media_type="application/json"),
    }
    return answers[fault.kind]()


async def _begun() -> Any:
    """Begin an answer and break the connection."""
    yield b'{"id": "chatcmpl-1", '
    raise ConnectionResetError


def _too_many(code: str, after: str | None) -> Response:
    headers = {"retry-after": after} if after is not None else {}
    return JSONResponse({"error": {"message": "Too many requests", "code": code}}, 429, headers)
