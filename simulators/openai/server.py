"""The service in a thread: `with ModelSimulator() as model:` then talk to `model.url`."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.openai.requests import Refusal, check_request
from simulators.threaded import ThreadedServer

KEY = "sk-simulated"
FAULTS = ("error", "rate", "quota", "slow", "json", "html", "empty", "refusal", "redirect")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `seconds` is how long a slow answer takes."""

    kind: str
    seconds: float = 0.0


class ModelSimulator(ThreadedServer):
    """Answers with what `say` was given, in turn; the last one stays. `requests` keeps what was asked."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, key: str = KEY) -> None:
        self.key = key
        # Whether each model takes a strict schema; DeepSeek's only take json_object.
        self.models = {"chico": True, "sin-esquema": False}
        self.requests: list[dict[str, Any]] = []
        self._answers: deque[str] = deque(['{"intent": "none", "confidence": 0.5}'])
        self._faults: deque[Fault] = deque()
        self.bind(host, port)
        self.url += "/v1"
        routes = [Route("/v1/chat/completions", self._complete, methods=["POST"])]
        self.serve(Starlette(routes=routes))

    def say(self, intent: str, confidence: float = 0.9) -> None:
        """Answer the next request with this intent."""
        self.say_text(json.dumps({"intent": intent, "confidence": confidence}))

    def say_proof(self, *, sure: float = 0.97, is_proof: bool = True, **values: str | None) -> None:
        """Answer the next picture with these values (amount, paid_on, bank, reference, payer), all as sure."""
        said: dict[str, object] = {"is_proof": is_proof}
        for name in ("amount", "paid_on", "bank", "reference", "payer"):
            said |= {name: values.get(name), f"{name}_sure": sure if values.get(name) else 0}
        self.say_text(json.dumps(said))

    def say_text(self, content: str) -> None:
        """Answer the next request with this content, whatever it is."""
        self._answers.append(content)

    def fail(self, kind: str, *, times: int = 1, seconds: float = 0.0) -> None:
        """Let the next requests go wrong: one of FAULTS. Raises ValueError for another kind."""
        if kind not in FAULTS:
            raise ValueError(kind)
        self._faults.extend([Fault(kind, seconds)] * times)

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        try:
            check_request(
                body, authorization=request.headers.get("authorization", ""), key=self.key, models=self.models
            )
        except Refusal as refusal:
            return JSONResponse(refusal.body, status_code=refusal.status)
        if self._faults:
            fault = self._faults.popleft()
            if fault.kind != "slow":
                return broken(fault.kind)
            await asyncio.sleep(fault.seconds)
        if len(self._answers) > 1:
            self._answers.popleft()
        return JSONResponse(completion(body, self._answers[0]), headers={"x-request-id": f"req_{len(self.requests)}"})


def completion(body: dict[str, Any], content: str | None, refusal: str | None = None) -> dict[str, Any]:
    """Return a whole chat completion. A token is taken to be four characters."""
    # A picture is taken to be a thousand.
    contents = [message["content"] for message in body["messages"]]
    asked = sum(len(content) // 4 if isinstance(content, str) else 1000 * len(content) for content in contents)
    said = len(content or "") // 4
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return {
        "id": "chatcmpl-simulated",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
    }


def broken(kind: str) -> Response:
    """Return the answer of a service on which something is wrong."""
    elsewhere = {"location": "http://127.0.0.1:9/v1/chat/completions"}
    refused = completion({"messages": [], "model": "chico"}, None, refusal="I cannot help with that")
    answers: dict[str, Response] = {
        "error": JSONResponse({"error": {"message": "The server had an error"}}, 500),
        "rate": _too_many("rate_limit_exceeded"),
        "quota": _too_many("insufficient_quota"),
        "json": Response('{"id": "chatcmpl-1", "choices": [', media_type="application/json"),
        "html": Response("<html>Bienvenido</html>", media_type="text/html"),
        "empty": JSONResponse({"id": "chatcmpl-1", "object": "chat.completion", "choices": []}),
        "redirect": Response(status_code=307, headers=elsewhere),
        "refusal": JSONResponse(refused),
    }
    return answers[kind]


def _too_many(code: str) -> Response:
    return JSONResponse({"error": {"message": "Too many requests", "code": code}}, 429, {"retry-after": "0"})
