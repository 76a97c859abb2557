"""How many tokens a request is taken to have, counted as OpenAI describes it.

A token is three and a half characters, which is more tokens than Spanish has in fact. Tools are counted in the short
form the models are shown, and not as the JSON that is sent.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

CHARACTERS = 3.5
PICTURE = 1000
A_MESSAGE, A_TOOL, A_PROPERTY, A_VALUE, THE_TOOLS, THE_ANSWER = 4, 7, 3, 3, 12, 3


def text_tokens(text: str) -> int:
    """Return the tokens of a text."""
    return math.ceil(len(text) / CHARACTERS)


def content_tokens(content: Any) -> int:
    """Return the tokens of a message's content: a text, or parts of which some are pictures."""
    if isinstance(content, str):
        return text_tokens(content)
    parts = content if isinstance(content, list) else []
    return sum(text_tokens(part["text"]) if isinstance(part.get("text"), str) else PICTURE for part in parts)


def message_tokens(message: Mapping[str, Any]) -> int:
    """Return the tokens of one message, call or result of either API."""
    total = A_MESSAGE + content_tokens(message.get("content"))
    total += sum(text_tokens(c["function"]["name"] + c["function"]["arguments"]) for c in message.get("tool_calls", ()))
    if message.get("type") == "function_call":
        total += text_tokens(message["name"] + message["arguments"])
    if message.get("type") == "function_call_output":
        total += text_tokens(message["output"])
    return total


def tool_tokens(tools: Iterable[Mapping[str, Any]]) -> int:
    """Return the tokens of the tools' descriptions, of either API."""
    total = 0
    for tool in tools:
        function = tool.get("function", tool)
        total += A_TOOL + text_tokens(f"{function['name']}:{function.get('description', '').rstrip('.')}")
        for name, schema in function.get("parameters", {}).get("properties", {}).items():
            total += A_PROPERTY + text_tokens(f"{name}:{schema.get('type')}:{schema.get('description', '')}")
            total += sum(A_VALUE + text_tokens(str(value)) for value in schema.get("enum", ()))
    return total + THE_TOOLS if total else 0


def schema_tokens(form: Any) -> int:
    """Return the tokens of an answer's schema."""
    return text_tokens(json.dumps(form, separators=(",", ":"))) if isinstance(form, dict) and len(form) > 1 else 0
