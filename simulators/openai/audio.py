"""Audio transcriptions: what a request must be (a form with a sound and a model), and what an answer is."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes
from typing import Any

from simulators.openai.requests import Refusal

MOST = 25 * 1024 * 1024  # bytes of a sound
MODELS = {"whisper-1", "gpt-4o-mini-transcribe"}
ENDINGS = (".flac", ".mp3", ".mp4", ".mpeg", ".mpga", ".m4a", ".ogg", ".wav", ".webm")


def read_form(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the fields of a form; the file as {"filename", "size", "start"}. Raises Refusal."""
    message: Any = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    if not message.is_multipart():
        raise Refusal(400, "invalid_request", "expected a multipart form", "file")
    found: dict[str, Any] = {}
    for part in message.get_payload():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True) or b""
        filename = part.get_filename()
        if filename:
            found[str(name)] = {"filename": filename, "size": len(data), "start": data[:4]}
        else:
            found[str(name)] = data.decode()
    return found


def check_audio(form: Mapping[str, Any], *, authorization: str, key: str) -> None:
    """Check a request. Raises Refusal."""
    if authorization != f"Bearer {key}":
        raise Refusal(401, "invalid_api_key", "Incorrect API key provided.")
    if form.get("model") not in MODELS:
        raise Refusal(404, "model_not_found", f"The model `{form.get('model')}` does not exist.", "model")
    file = form.get("file")
    if not isinstance(file, dict) or not file["filename"].endswith(ENDINGS):
        raise Refusal(400, "invalid_value", "Unrecognized file format.", "file")
    if not file["size"] or file["size"] > MOST:
        raise Refusal(400, "invalid_value", "Audio file is too short or too large.", "file")
