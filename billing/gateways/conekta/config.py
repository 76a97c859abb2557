"""What a Conekta account needs to know besides its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

API = "https://api.conekta.io"


@dataclass(frozen=True)
class ConektaConfig:
    """``api_base``: where the REST interface answers. ``email``: stands in for customers without one."""

    api_base: str = API
    email: str = ""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> ConektaConfig:
        """Read the stored JSON."""
        return cls(api_base=str(raw.get("api_base") or API).rstrip("/"), email=str(raw.get("email") or ""))
