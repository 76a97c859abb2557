"""One conversation over either API: what is sent, and what came back, in one form.

The conversation is ours and sent whole each time; nothing is kept at the far side. The customer's words are the
user's, the provider's earlier words the assistant's, results of tools are results; only our instructions are system.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import openai
from openai.types.chat import ChatCompletion
from openai.types.responses import Response, ResponseFunctionToolCall

from chatbot.engines.openai.config import ModelConfig
from chatbot.engines.openai.failures import nonsense
from chatbot.engines.talking import Task, Tool

OPENAI = "api.openai.com"
# Some models of one's own think aloud before they speak.
THOUGHTS = re.compile(r"^\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
ROLES = {True: "assistant", False: "user"}


@dataclass(frozen=True)
class Call:
    """A tool the model asks for; `arguments` is JSON, if the model wrote JSON."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Step:
    """One answer of the model: a text, calls, or both; `unfinished` when it was cut short or refused."""

    text: str
    calls: tuple[Call, ...]
    input_tokens: int
    output_tokens: int
    unfinished: str = ""


class Wire(Protocol):
    """A conversation that goes on."""

    def ask(self, client: openai.OpenAI, *, seconds: float, without: frozenset[str]) -> Step:
        """Let the model go on. Raises openai.OpenAIError, EngineError for what is no answer."""

    def add_results(self, results: Sequence[tuple[Call, str]]) -> None:
        """Add what the last step's calls gave."""


def wire_for(config: ModelConfig, task: Task) -> Wire:
    """Return the Responses API where the service is OpenAI, and else what all services speak."""
    speaks_responses = config.responses if config.responses is not None else is_openai(config)
    return ResponsesWire(config, task) if speaks_responses else ChatWire(config, task)


def is_openai(config: ModelConfig) -> bool:
    """Say whether the service is OpenAI itself."""
    return urlsplit(config.base_url).hostname == OPENAI


def _function(tool: Tool) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in tool.parameters.items()},
        "required": list(tool.parameters),
        "additionalProperties": False,
    }
    return {"name": tool.name, "description": tool.description, "parameters": schema}


class ChatWire:
    """Chat Completions."""

    def __init__(self, config: ModelConfig, task: Task) -> None:
        self._messages: list[Any] = [{"role": "system", "content": task.instructions}]
        self._messages += [{"role": ROLES[line.ours], "content": line.text} for line in task.lines]
        if task.given:
            calls = [_chat_call(f"given_{name}", name) for name in task.given]
            self._messages.append({"role": "assistant", "content": None, "tool_calls": calls})
            self._messages += [_chat_result(f"given_{name}", result) for name, result in task.given.items()]
        self._asked: dict[str, Any] = {
            "model": config.model,
            "max_tokens": task.max_tokens,
            "temperature": task.temperature,
        }
        if task.tools:
            self._asked["tools"] = [{"type": "function", "function": _function(tool)} for tool in task.tools]
        if is_openai(config):
            self._asked["store"] = False

    def ask(self, client: openai.OpenAI, *, seconds: float, without: frozenset[str]) -> Step:
        asked = {name: value for name, value in self._asked.items() if name not in without}
        create: Any = client.chat.completions.create
        completion = create(messages=self._messages, timeout=seconds, **asked)
        if not isinstance(completion, ChatCompletion) or not completion.choices:
            raise nonsense()
        choice, used = completion.choices[0], completion.usage
        # Sent back as it came: some services put a signature beside a call and want to see it again.
        self._messages.append(choice.message.model_dump(exclude_none=True))
        calls = [c for c in choice.message.tool_calls or () if c.type == "function"]
        return Step(
            text=THOUGHTS.sub("", choice.message.content or ""),
            calls=tuple(Call(c.id, c.function.name, c.function.arguments or "") for c in calls),
            input_tokens=(used.prompt_tokens or 0) if used else 0,
            output_tokens=(used.completion_tokens or 0) if used else 0,
            unfinished="refusal" if choice.message.refusal else "length" if choice.finish_reason == "length" else "",
        )

    def add_results(self, results: Sequence[tuple[Call, str]]) -> None:
        self._messages += [_chat_result(call.id, result) for call, result in results]


def _chat_call(call_id: str, name: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}


def _chat_result(call_id: str, result: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": result}


class ResponsesWire:
    """The Responses API, without its memory."""

    def __init__(self, config: ModelConfig, task: Task) -> None:
        self._items: list[Any] = [{"role": ROLES[line.ours], "content": line.text} for line in task.lines]
        for name, result in task.given.items():
            call_id = f"given_{name}"
            self._items.append({"type": "function_call", "call_id": call_id, "name": name, "arguments": "{}"})
            self._items.append(_output(call_id, result))
        self._asked: dict[str, Any] = {
            "model": config.model,
            "instructions": task.instructions,
            "max_output_tokens": task.max_tokens,
            "temperature": task.temperature,
            "store": False,
            # A model that reasons goes on where it was: its thoughts come sealed and are sent back.
            "include": ["reasoning.encrypted_content"],
        }
        if task.tools:
            self._asked["tools"] = [{"type": "function", "strict": True, **_function(tool)} for tool in task.tools]

    def ask(self, client: openai.OpenAI, *, seconds: float, without: frozenset[str]) -> Step:
        asked = {name: value for name, value in self._asked.items() if name not in without}
        create: Any = client.responses.create
        response = create(input=self._items, timeout=seconds, **asked)
        if not isinstance(response, Response) or not response.output:
            raise nonsense()
        self._items += [item.model_dump(exclude_none=True) for item in response.output]
        used = response.usage
        return Step(
            text=response.output_text,
            calls=tuple(
                Call(item.call_id, item.name, item.arguments)
                for item in response.output
                if isinstance(item, ResponseFunctionToolCall)
            ),
            input_tokens=used.input_tokens if used else 0,
            output_tokens=used.output_tokens if used else 0,
            unfinished=_unfinished(response),
        )

    def add_results(self, results: Sequence[tuple[Call, str]]) -> None:
        self._items += [_output(call.id, result) for call, result in results]


def _output(call_id: str, result: str) -> Mapping[str, str]:
    return {"type": "function_call_output", "call_id": call_id, "output": result}


def _unfinished(response: Response) -> str:
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    if any(part.type == "refusal" for part in parts):
        return "refusal"
    return "length" if response.status == "incomplete" else ""
