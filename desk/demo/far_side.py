"""The customers' phones: what they received, and making them write. Speaks to the messaging simulator over HTTP."""

from __future__ import annotations

import base64
import json
import urllib.parse
import urllib.request
from typing import Any


class FarSide:
    """The messaging simulator's control interface."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}/_sim"

    def received(self, *, number: str, customer: str) -> list[dict[str, Any]]:
        """Return what a customer's phone (E.164) got from a provider's number, oldest first."""
        query = urllib.parse.urlencode({"number": number, "customer": customer})
        rows = self._call(f"/messages?{query}")["messages"]
        return [row for row in rows if not row["inbound"] and row["status"] in {"sent", "delivered", "read"}]

    def count_from(self, number: str) -> int:
        """Return how many messages of a provider's number reached their phones."""
        rows = self._call("/messages?" + urllib.parse.urlencode({"number": number}))["messages"]
        return sum(not row["inbound"] and row["status"] in {"sent", "delivered", "read"} for row in rows)

    def writes(self, *, number: str, customer: str, name: str, body: str, photo: bytes | None = None) -> None:
        """Make a customer write to a provider's number, with a JPEG when given."""
        media = [{"content_type": "image/jpeg", "base64": base64.b64encode(photo).decode()}] if photo else []
        data = {"number": number, "customer": customer, "profile_name": name, "body": body, "media": media}
        self._call("/inbound", data)

    def _call(self, path: str, data: dict[str, Any] | None = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(  # noqa: S310 -- our own simulator on this machine
            self._base + path, data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)
