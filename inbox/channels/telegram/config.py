"""What a Telegram channel needs to know besides its bot's token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{3,80}")
PREFIX = "telegram:"
PUBLIC = "https://api.telegram.org"
PORTS = frozenset({443, 80, 88, 8443})  # those Telegram calls
# What we ask to be told. A reaction comes only to who asks for it.
KINDS = ("message", "edited_message", "callback_query", "message_reaction", "my_chat_member")


@dataclass(frozen=True)
class TelegramConfig:
    """``api_base``: where the Bot API answers, empty for the installation's. ``public_base``: where it calls us."""

    api_base: str = ""
    public_base: str = ""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> TelegramConfig:
        """Read the stored JSON. Raises ValueError for an address that is not one."""
        values = {name: str(raw.get(name) or "").rstrip("/") for name in ("api_base", "public_base")}
        for address in filter(None, values.values()):
            if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname:
                raise ValueError(f"Not an address: {address}")
        return cls(**values)


def bot_id(token: str) -> str:
    """The bot's number, which begins its token. Raises ValueError for what is no token."""
    if not TOKEN.fullmatch(token):
        raise ValueError("not a token")
    return token.partition(":")[0]


def why_unreachable(url: str) -> str:
    """Say in a sentence why Telegram could not call an address; empty when it could."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return _("Telegram solo llama a direcciones https.")
    if (parts.port or 443) not in PORTS:
        return _("Telegram solo llama a los puertos 443, 80, 88 y 8443.")
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".example", ".test")):
        return _("Esa dirección no se puede abrir desde internet.")
    return ""
