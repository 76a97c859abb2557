"""What both APIs refuse: a wrong key, an unknown model, a schema or a tool that is not strict, an unknown part."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Refusal(Exception):
    """A request the service would refuse, as HTTP status, `code` and sentence."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def check_caller(body: Any, *, authorization: str, key: str, models: Mapping[str, bool]) -> None:
    """Check the key and the model. `models` says of each whether it takes a JSON schema. Raises Refusal."""
    if authorization != f"Bearer {key}":
        raise Refusal(401, "invalid_api_key", "Incorrect API key provided.")
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise Refusal(400, "missing_required_parameter", "you must provide a model parameter", "model")
    if body["model"] not in models:
        raise Refusal(404, "model_not_found", f"The model `{body['model']}` does not exist.", "model")


def check_parameters(body: Mapping[str, Any], refused: set[str]) -> None:
    """Refuse parameters that no model takes here. Raises Refusal."""
    for name in sorted(refused & set(body)):
        raise Refusal(400, "unsupported_parameter", f"Unsupported parameter: '{name}'", name)


def check_schema(form: Mapping[str, Any], param: str) -> None:
    """Check an answer's strict schema as OpenAI does: every property required, none besides. Raises Refusal."""
    if not form.get("name"):
        raise Refusal(400, "missing_required_parameter", "json_schema needs a name", f"{param}.json_schema")
    if form.get("strict") and not _is_strict(form.get("schema") or {}):
        raise Refusal(400, "invalid_json_schema", f"Invalid schema for {param}", param)


def check_tool(tool: Any) -> None:
    """Check a function that is offered: its name, and its parameters where it is strict. Raises Refusal."""
    if not isinstance(tool, dict) or not NAME.fullmatch(str(tool.get("name", ""))):
        raise Refusal(400, "invalid_value", "a tool needs a name of letters, digits, _ and -", "tools")
    if tool.get("strict") and not _is_strict(tool.get("parameters") or {}):
        raise Refusal(400, "invalid_function_parameters", f"Invalid schema for function '{tool['name']}'", "tools")


def _is_strict(schema: Mapping[str, Any]) -> bool:
    whole = schema.get("type") == "object" and schema.get("additionalProperties") is False
    return whole and set(schema.get("required", ())) == set(schema.get("properties", {}))


def check_content(content: Any, param: str) -> None:
    """Check a message's content: text, or parts with pictures, each picture's bytes in its address. Raises Refusal."""
    if isinstance(content, str):
        return
    if not (isinstance(content, list) and content and all(_is_part(part) for part in content)):
        raise Refusal(400, "invalid_value", "a message needs a known role and content", param)


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    if part.get("type") in {"text", "input_text", "output_text", "refusal"}:
        return isinstance(part.get("text", part.get("refusal")), str)
    address = (part.get("image_url") or {}).get("url", "") if part.get("type") == "image_url" else ""
    kind, _, data = address.partition(";base64,")
    try:
        start = base64.b64decode(data, validate=True)[:3]
    except ValueError:
        return False
    return {"data:image/jpeg": b"\xff\xd8\xff", "data:image/png": b"\x89PN"}.get(kind) == start
