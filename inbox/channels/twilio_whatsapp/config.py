"""What a Twilio channel needs to know besides its credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

API = "https://api.twilio.com"


@dataclass(frozen=True)
class TwilioConfig:
    """``api_base``: where Twilio's REST answers. ``public_base``: our own address as Twilio calls it."""

    api_base: str = API
    public_base: str = ""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> TwilioConfig:
        """Read the stored JSON. Raises ValueError for an address that is not one."""
        api_base = str(raw.get("api_base") or API).rstrip("/")
        public_base = str(raw.get("public_base") or "").rstrip("/")
        for address in filter(None, (api_base, public_base)):
            if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname:
                raise ValueError(f"Not an address: {address}")
        return cls(api_base=api_base, public_base=public_base)
