"""Where the model is, and whether it may be there."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from chatbot.engines.base import EngineError


@dataclass(frozen=True)
class ModelConfig:
    """One model of one service. `allow_local`: it may be on this machine or its network, without TLS."""

    base_url: str
    model: str
    api_key: str = field(repr=False)
    allow_local: bool = False
    timeout: float = 10.0  # seconds, for each try
    max_retries: int = 1
    responses: bool | None = None  # whether it speaks the Responses API; None: where it is OpenAI


def check_address(base_url: str, *, allow_local: bool) -> None:
    """Refuse an address through which a provider could reach our own network. Raises EngineError."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise EngineError(_("La dirección debe ser como https://api.ejemplo.com/v1."), permanent=True)
    if allow_local:
        return
    if parts.scheme != "https":
        raise EngineError(
            _("La dirección debe empezar con https://: la clave viaja con cada pregunta."), permanent=True
        )
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise EngineError(
            _("No se encontró el servidor %(host)s.") % {"host": parts.hostname}, permanent=False
        ) from None
    if not all(ipaddress.ip_address(row[4][0]).is_global for row in found):
        raise EngineError(_("La dirección apunta a una red interna; use una pública."), permanent=True)
