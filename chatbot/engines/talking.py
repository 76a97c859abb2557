"""The contract between the bot and a model that talks to a customer, with tools.

Everything comes and goes as plain data. The tools are the caller's: an engine names one and gives arguments, the
caller does what it allows and returns a text. No tool is told whose account it is for; the caller knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from chatbot.engines.base import Usage


@dataclass(frozen=True)
class Line:
    """A line of the conversation, as it was written. `ours`: the provider's, by bot or person."""

    text: str
    ours: bool = False


@dataclass(frozen=True)
class Tool:
    """What a model may ask for. `parameters` are JSON schemas of texts by name; all of them are required.

    `ends`: whoever runs it speaks from then on, and the model is not asked again.
    """

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ends: bool = False


@dataclass(frozen=True)
class ToolUse:
    """A tool that was asked for: how long it took, and `ok` or what was wrong with the call."""

    name: str
    arguments: Mapping[str, Any]
    ms: int
    outcome: str = "ok"


@dataclass(frozen=True)
class Task:
    """What a model is to do: answer the last lines. `run(name, arguments)` returns a tool's result as a text.

    `given` are results that it is shown as if it had asked for them, {tool: result}: what it would ask for anyway.
    """

    instructions: str
    lines: tuple[Line, ...]
    tools: tuple[Tool, ...]
    run: Callable[[str, Mapping[str, Any]], str]
    given: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = 400
    temperature: float = 0.3
    seconds: float = 20.0  # for all of it


@dataclass(frozen=True)
class Talk:
    """What a model said (nothing, where a tool ended it), its tools, how often it was asked, and what that used."""

    text: str
    tools: tuple[ToolUse, ...] = ()
    rounds: int = 1
    model: str = ""
    usage: Usage = field(default_factory=Usage)


@runtime_checkable
class Talks(Protocol):
    """What holds a conversation. One instance may serve many threads."""

    def converse(self, task: Task) -> Talk:
        """Return what to say. Raises EngineError."""
