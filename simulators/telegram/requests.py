"""What a call says: parameters from JSON, a form or the address, and files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from simulators.telegram.world import Refusal


@dataclass(frozen=True)
class Upload:
    """A file of a multipart form."""

    name: str
    data: bytes
    content_type: str


async def read_parameters(request: Request) -> dict[str, Any]:
    """The parameters of a call. Raises Refusal for a body that cannot be read."""
    said: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == "application/json":
        try:
            values = json.loads(body or b"{}")
        except ValueError:
            raise Refusal(400, "Bad Request: can't parse JSON object") from None
        return said | (values if isinstance(values, dict) else {})
    if kind == "application/x-www-form-urlencoded":
        return said | dict(parse_qsl(body.decode(), keep_blank_values=True))
    if kind == "multipart/form-data":
        return said | _parts(request.headers["content-type"], body)
    return said


def _parts(content_type: str, body: bytes) -> dict[str, Any]:
    parts = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body).get_payload()
    said: dict[str, Any] = {}
    for part in parts if isinstance(parts, list) else []:
        value: Any = part.get_payload(decode=True)  # type: ignore[union-attr]
        name = str(part.get_param("name", header="content-disposition"))  # type: ignore[union-attr]
        file = part.get_filename()  # type: ignore[union-attr]
        said[name] = Upload(file, value, part.get_content_type()) if file else value.decode()  # type: ignore[union-attr]
    return said


def read_object(said: dict[str, Any], name: str) -> Any:
    """A parameter that is an object or a list: as JSON, or as JSON in a string. Raises Refusal."""
    value = said.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refusal(400, f"Bad Request: can't parse {name} JSON object") from None


def read_number(said: dict[str, Any], name: str) -> int:
    """A whole number. Raises Refusal."""
    try:
        return int(said[name])
    except KeyError:
        raise Refusal(400, f"Bad Request: {name} is empty") from None
    except (TypeError, ValueError):
        raise Refusal(400, f"Bad Request: {name} must be an Integer") from None
