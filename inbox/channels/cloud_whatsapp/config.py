"""What a Cloud API channel needs to know besides its credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

API = "https://graph.facebook.com"
VERSION = "v24.0"


@dataclass(frozen=True)
class CloudConfig:
    """``api_base``: where Graph answers. ``phone_number_id``: Meta's id of the number.

    ``verify_token``: the word that Meta repeats to us when the address of the webhooks is set. It opens nothing: what
    comes afterwards is signed.
    """

    phone_number_id: str
    api_base: str = API
    version: str = VERSION
    public_base: str = ""
    verify_token: str = ""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> CloudConfig:
        """Read the stored JSON. Raises ValueError for a number or an address that is none."""
        phone_number_id = str(raw.get("phone_number_id") or "")
        if not re.fullmatch(r"\d{1,30}", phone_number_id):
            raise ValueError("Not a phone number id")
        version = str(raw.get("version") or VERSION)
        if not re.fullmatch(r"v\d{1,3}\.\d{1,2}", version):
            raise ValueError("Not a version of Graph")
        api_base = str(raw.get("api_base") or API).rstrip("/")
        public_base = str(raw.get("public_base") or "").rstrip("/")
        for address in filter(None, (api_base, public_base)):
            if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname:
                raise ValueError(f"Not an address: {address}")
        return cls(phone_number_id, api_base, version, public_base, str(raw.get("verify_token") or ""))
