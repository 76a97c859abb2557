"""A conversation with a model that has tools: bounded in rounds, calls and time, and believed in nothing.

A tool that does not exist and arguments that cannot be read are told to the model once; the second time it is given
up. What the service fails at once in passing is asked again, once; the tools that ran are not run again for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import openai
from django.utils.translation import gettext as _

from chatbot.engines.base import EngineError, Usage
from chatbot.engines.openai.config import ModelConfig
from chatbot.engines.openai.failures import explain, nonsense
from chatbot.engines.openai.prices import cost_of
from chatbot.engines.openai.wires import Call, Step, wire_for
from chatbot.engines.talking import Talk, Task, ToolUse

ROUNDS = 4
CALLS = 6
PAUSE = 0.5  # seconds before asking again, where the service names none
LONGEST_PAUSE = 2.0
LEAST = 0.5  # seconds that must be left to ask again
# What some models do not take, and the word their refusal has for it.
OPTIONAL = {"temperature": "temperature", "include": "encrypted"}


def hold_conversation(config: ModelConfig, client: openai.OpenAI, task: Task) -> Talk:
    """Return what the model says in the end. Raises EngineError."""
    return Conversation(config, client, task).run()


class Conversation:
    """One conversation, from the customer's words to an answer."""

    def __init__(self, config: ModelConfig, client: openai.OpenAI, task: Task) -> None:
        self._config, self._task = config, task
        self._client = client.with_options(max_retries=0)
        self._wire = wire_for(config, task)
        self._ends = time.monotonic() + task.seconds
        self._tools = {tool.name: tool for tool in task.tools}
        self._used = [ToolUse(name, {}, 0, "given") for name in task.given]
        self._calls = self._mistakes = self._input = self._output = 0
        self._retried = self._ended = False
        self._without: frozenset[str] = frozenset()

    def run(self) -> Talk:
        """Ask, run tools, ask again, until there is an answer. Raises EngineError, with what was used until then."""
        try:
            return self._run()
        except EngineError as error:
            error.usage = self._usage()
            raise

    def _run(self) -> Talk:
        for number in range(1, ROUNDS + 1):
            step = self._ask()
            if step.unfinished:
                raise EngineError(_("El modelo no quiso o no pudo contestar."), permanent=False, about_text=True)
            if not step.calls:
                return self._end(step, number)
            results = [(call, self._run_tool(call)) for call in step.calls]
            if self._ended:
                return self._talk(step.text, number)
            self._wire.add_results(results)
        raise _endless()

    def _end(self, step: Step, rounds: int) -> Talk:
        if not step.text.strip():
            raise nonsense()
        return self._talk(step.text, rounds)

    def _talk(self, text: str, rounds: int) -> Talk:
        return Talk(text.strip(), tuple(self._used), rounds, self._config.model, self._usage())

    def _usage(self) -> Usage:
        cost = cost_of(self._config.model, input_tokens=self._input, output_tokens=self._output)
        return Usage(self._input, self._output, cost)

    def _ask(self) -> Step:
        while True:
            left = self._left()
            try:
                seconds = min(self._config.timeout, left)
                step = self._wire.ask(self._client, seconds=seconds, without=self._without)
            except openai.OpenAIError as error:
                self._recover(error)
            except ValueError as error:  # a body that is no JSON
                raise nonsense() from error
            else:
                self._input += step.input_tokens
                self._output += step.output_tokens
                return step

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise EngineError(_("El modelo no contestó a tiempo."), permanent=False)
        return left

    def _recover(self, error: openai.OpenAIError) -> None:
        """Make the next try different or later; raises EngineError where that cannot help."""
        if isinstance(error, openai.BadRequestError):
            refused = {name for name, word in OPTIONAL.items() if word in str(error).lower()} - self._without
            if refused:
                self._without |= refused
                return
        pause = _pause_after(error)
        if self._retried or pause is None or self._ends - time.monotonic() < pause + LEAST:
            raise explain(error, self._config) from error
        self._retried = True
        time.sleep(pause)

    def _run_tool(self, call: Call) -> str:
        self._calls += 1
        if self._calls > CALLS:
            raise _endless()
        began = time.monotonic()
        arguments, wrong = self._arguments(call)
        if wrong:
            self._mistakes += 1
            self._used.append(ToolUse(call.name[:64], arguments, 0, wrong))
            if self._mistakes > 1:
                raise EngineError(_("El modelo pidió lo que no existe."), permanent=False, about_text=True)
            return json.dumps({"error": wrong})
        result = self._task.run(call.name, arguments)
        self._ended = self._ended or self._tools[call.name].ends
        self._used.append(ToolUse(call.name, arguments, round((time.monotonic() - began) * 1000)))
        return result

    def _arguments(self, call: Call) -> tuple[dict[str, Any], str]:
        """A call's arguments, and what is wrong with it."""
        tool = self._tools.get(call.name)
        if tool is None:
            return {}, "unknown tool"
        try:
            arguments = json.loads(call.arguments or "{}")
        except ValueError:
            return {}, "arguments are not JSON"
        if not isinstance(arguments, dict) or not _fits(arguments, tool.parameters):
            return {}, "arguments do not fit"
        return arguments, ""


def _fits(arguments: Mapping[str, Any], parameters: Mapping[str, Mapping[str, Any]]) -> bool:
    """All parameters are texts; a model that adds one of its own is not understood."""
    if set(arguments) != set(parameters):
        return False
    return all(
        isinstance(value, str) and value in parameters[name].get("enum", (value,)) for name, value in arguments.items()
    )


def _endless() -> EngineError:
    return EngineError(_("El modelo no terminó de contestar."), permanent=False, about_text=True)


def _pause_after(error: openai.OpenAIError) -> float | None:
    """Seconds to wait before asking again; None where it cannot help, or not soon."""
    if isinstance(error, openai.APITimeoutError):
        return None
    if isinstance(error, openai.APIConnectionError):
        return PAUSE
    if not isinstance(error, openai.APIStatusError) or error.code == "insufficient_quota":
        return None
    if error.status_code != 429 and error.status_code < 500:
        return None
    try:
        pause = float(error.response.headers.get("retry-after", PAUSE))
    except ValueError:
        return None
    return pause if 0 <= pause <= LONGEST_PAUSE else None
