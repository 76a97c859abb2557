"""Chat Completions: what a request must be, and what an answer is."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from simulators.openai.requests import Refusal, check_content, check_schema, check_tool
from simulators.openai.script import Said
from simulators.openai.tokens import THE_ANSWER, message_tokens, schema_tokens, text_tokens, tool_tokens

ROLES = {"system", "developer", "user", "assistant", "tool"}


def check_chat(body: Mapping[str, Any], *, takes_schema: bool) -> None:
    """Check a request. Raises Refusal."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refusal(400, "missing_required_parameter", "messages must not be empty", "messages")
    asked: set[str] = set()
    for message in messages:
        asked = _check_message(message, asked)
    if asked:
        raise _unanswered()
    for tool in body.get("tools") or []:
        check_tool(tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None)
    form = body.get("response_format") or {"type": "text"}
    if form.get("type") == "json_schema":
        if not takes_schema:
            raise Refusal(400, "unsupported_value", "response_format json_schema is not available", "response_format")
        check_schema(form.get("json_schema") or {}, "response_format")


def _check_message(message: Any, asked: set[str]) -> set[str]:
    """Check one message, where `asked` are the calls still to be answered; return those that then are."""
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise Refusal(400, "invalid_value", "a message needs a known role and content", "messages")
    if message["role"] == "tool":
        if message.get("tool_call_id") not in asked:
            raise Refusal(400, "invalid_value", "a tool message must follow the call it answers", "messages")
        check_content(message.get("content"), "messages")
        return asked - {message["tool_call_id"]}
    if asked:
        raise _unanswered()
    calls = message.get("tool_calls") or []
    if not calls or message.get("content") is not None:
        check_content(message.get("content"), "messages")
    return {call["id"] for call in calls}


def _unanswered() -> Refusal:
    return Refusal(400, "invalid_value", "every tool call must be followed by its result", "messages")


def chat_answer(body: Mapping[str, Any], said: Said, *, cut_short: bool = False) -> dict[str, Any]:
    """Return a whole chat completion."""
    asked = THE_ANSWER + sum(message_tokens(message) for message in body["messages"])
    asked += tool_tokens(body.get("tools") or ()) + schema_tokens(body.get("response_format"))
    used = text_tokens(said.text or "") + sum(text_tokens(call.name + call.arguments) for call in said.calls)
    message: dict[str, Any] = {"role": "assistant", "content": said.text, "refusal": said.refusal}
    if said.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{uuid.uuid4().hex[:12]}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in said.calls
        ]
    finish = "length" if cut_short else "tool_calls" if said.calls else "stop"
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex[:12]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": asked, "completion_tokens": used, "total_tokens": asked + used},
    }
