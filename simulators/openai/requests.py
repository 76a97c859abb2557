"""What the real services refuse: a wrong key, an unknown model, a schema that is not strict."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

ROLES = {"system", "developer", "user", "assistant", "tool"}


class Refusal(Exception):
    """A request the service would refuse, as HTTP status, `code` and sentence."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def check_request(body: Any, *, authorization: str, key: str, models: Mapping[str, bool]) -> None:
    """Check a chat completion's request. `models` says of each whether it takes a JSON schema. Raises Refusal."""
    if authorization != f"Bearer {key}":
        raise Refusal(401, "invalid_api_key", "Incorrect API key provided.")
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise Refusal(400, "missing_required_parameter", "you must provide a model parameter", "model")
    if body["model"] not in models:
        raise Refusal(404, "model_not_found", f"The model `{body['model']}` does not exist.", "model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refusal(400, "missing_required_parameter", "messages must not be empty", "messages")
    for message in messages:
        if message.get("role") not in ROLES or not _is_content(message.get("content")):
            raise Refusal(400, "invalid_value", "a message needs a known role and content", "messages")
    form = body.get("response_format") or {"type": "text"}
    if form.get("type") == "json_schema":
        if not models[body["model"]]:
            raise Refusal(400, "unsupported_value", "response_format json_schema is not available", "response_format")
        check_schema(form.get("json_schema") or {})


def check_schema(form: Mapping[str, Any]) -> None:
    """Check a strict schema as OpenAI does: every property required, none besides. Raises Refusal."""
    schema = form.get("schema") or {}
    if not form.get("name"):
        raise Refusal(400, "missing_required_parameter", "json_schema needs a name", "response_format.json_schema")
    if not form.get("strict"):
        return
    whole = schema.get("type") == "object" and schema.get("additionalProperties") is False
    if not whole or set(schema.get("required", ())) != set(schema.get("properties", {})):
        raise Refusal(400, "invalid_json_schema", "Invalid schema for response_format", "response_format")


def _is_content(content: Any) -> bool:
    """Text, or parts of it with pictures, each picture's bytes in its address."""
    if isinstance(content, str):
        return True
    return isinstance(content, list) and bool(content) and all(_is_part(part) for part in content)


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    if part.get("type") == "text":
        return isinstance(part.get("text"), str)
    address = (part.get("image_url") or {}).get("url", "") if part.get("type") == "image_url" else ""
    kind, _, data = address.partition(";base64,")
    try:
        start = base64.b64decode(data, validate=True)[:3]
    except ValueError:
        return False
    return {"data:image/jpeg": b"\xff\xd8\xff", "data:image/png": b"\x89PN"}.get(kind) == start
