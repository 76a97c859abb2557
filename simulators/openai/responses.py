"""The Responses API: what a request must be, and what an answer is. Nothing is kept from one to the next."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from simulators.openai.requests import Refusal, check_content, check_schema, check_tool
from simulators.openai.script import Said
from simulators.openai.tokens import THE_ANSWER, message_tokens, schema_tokens, text_tokens, tool_tokens

ROLES = {"system", "developer", "user", "assistant"}


def check_response(body: Mapping[str, Any], *, takes_schema: bool) -> None:
    """Check a request. Raises Refusal."""
    if body.get("previous_response_id"):
        raise Refusal(400, "previous_response_not_found", "Previous response not found.", "previous_response_id")
    items = _items(body)
    if not items:
        raise Refusal(400, "missing_required_parameter", "input must not be empty", "input")
    asked: set[str] = set()
    for item in items:
        _check_item(item, asked)
    if asked:
        raise Refusal(400, "invalid_value", f"No tool output found for function call {min(asked)}.", "input")
    for tool in body.get("tools") or []:
        check_tool(tool if isinstance(tool, dict) and tool.get("type") == "function" else None)
    form = (body.get("text") or {}).get("format") or {"type": "text"}
    if form.get("type") == "json_schema":
        if not takes_schema:
            raise Refusal(400, "unsupported_value", "text.format json_schema is not available", "text.format")
        check_schema(form, "text.format")


def _items(body: Mapping[str, Any]) -> list[Any]:
    asked = body.get("input")
    return [{"role": "user", "content": asked}] if isinstance(asked, str) else list(asked or [])


def _check_item(item: Any, asked: set[str]) -> None:
    kind = item.get("type", "message") if isinstance(item, dict) else None
    if kind == "message" and item.get("role") in ROLES:
        check_content(item.get("content"), "input")
    elif kind == "function_call" and item.get("call_id") and isinstance(item.get("arguments"), str):
        asked.add(item["call_id"])
    elif kind == "function_call_output" and isinstance(item.get("output"), str):
        if item.get("call_id") not in asked:
            raise Refusal(400, "invalid_value", "No tool call found for function call output.", "input")
        asked.discard(item["call_id"])
    elif kind != "reasoning":
        raise Refusal(400, "invalid_value", "an input item of an unknown kind", "input")


def response_answer(body: Mapping[str, Any], said: Said, *, cut_short: bool = False) -> dict[str, Any]:
    """Return a whole response."""
    asked = THE_ANSWER + text_tokens(body.get("instructions") or "")
    asked += sum(message_tokens(item) for item in _items(body)) + tool_tokens(body.get("tools") or ())
    asked += schema_tokens((body.get("text") or {}).get("format"))
    used = text_tokens(said.text or "") + sum(text_tokens(call.name + call.arguments) for call in said.calls)
    return {
        "id": f"resp_{uuid.uuid4().hex[:12]}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "incomplete" if cut_short else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut_short else None,
        "error": None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "model": body["model"],
        "output": _output(said),
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "store": body.get("store", True),
        "usage": {
            "input_tokens": asked,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": used,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": asked + used,
        },
    }


def _output(said: Said) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if said.text is not None:
        parts.append({"type": "output_text", "text": said.text, "annotations": []})
    if said.refusal is not None:
        parts.append({"type": "refusal", "refusal": said.refusal})
    name = uuid.uuid4().hex[:12]
    message = {"type": "message", "id": f"msg_{name}", "role": "assistant", "status": "completed", "content": parts}
    calls = [
        {
            "type": "function_call",
            "id": f"fc_{name}{number}",
            "call_id": f"call_{name}{number}",
            "name": call.name,
            "arguments": call.arguments,
            "status": "completed",
        }
        for number, call in enumerate(said.calls)
    ]
    return [*([message] if parts else []), *calls]
