"""Fetching a file that came with a message, without lending our credentials or our network to anybody."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urljoin, urlsplit

import requests
from django.utils.translation import gettext as _

from inbox.channels.base import Action, ChannelError, FetchedMedia
from inbox.channels.sniff import sniff_type

SIZE_LIMIT = 16 * 1024 * 1024  # bytes; WhatsApp's ceiling for media
TIMEOUT = (5, 20)  # seconds to connect and between two reads
REDIRECTS = 3  # Twilio answers with a redirect to where the file lies


def fetch(url: str, *, api_base: str, credentials: tuple[str, str]) -> FetchedMedia:
    """Download ``url``. The credentials go to the API's own host and nowhere else.

    Raises ChannelError: permanent for a foreign address, a missing file or one over the limit.
    """
    if _origin(url) != _origin(api_base):
        raise ChannelError(_("El archivo no está en Twilio."), permanent=True, code="foreign-host")
    for _hop in range(REDIRECTS + 1):
        answer = _get(url, credentials if _origin(url) == _origin(api_base) else None)
        with answer:
            if answer.is_redirect:
                url = urljoin(url, answer.headers["Location"])
                if _origin(url) == _origin(api_base):
                    # The signed address of a file needs no credentials, and some stores refuse them.
                    credentials = ("", "")
                else:
                    _refuse_private(url)
                continue
            return _read(answer)
    raise ChannelError(_("El archivo no se pudo descargar."), permanent=True, code="redirects")


def _get(url: str, credentials: tuple[str, str] | None) -> requests.Response:
    auth = credentials if credentials and credentials[0] else None
    try:
        with requests.Session() as session:
            session.trust_env = False  # no ~/.netrc, which could lend other credentials
            return session.get(url, auth=auth, timeout=TIMEOUT, stream=True, allow_redirects=False)
    except requests.RequestException:
        raise ChannelError(
            _("Twilio no respondió al pedir el archivo."), permanent=False, action=Action.RETRY
        ) from None


def _read(answer: requests.Response) -> FetchedMedia:
    if answer.status_code >= 500 or answer.status_code == 429:
        text = _("Twilio no pudo entregar el archivo todavía.")
        raise ChannelError(text, permanent=False, code=str(answer.status_code), action=Action.RETRY)
    if answer.status_code != 200:
        text = _("El archivo ya no está en Twilio (%(status)s).") % {"status": answer.status_code}
        raise ChannelError(text, permanent=True, code=str(answer.status_code))
    data = bytearray()
    try:
        for chunk in answer.iter_content(64 * 1024):
            data += chunk
            if len(data) > SIZE_LIMIT:
                raise ChannelError(_("El archivo pesa más de 16 MB."), permanent=True, code="too-large")
    except requests.RequestException:
        text = _("La descarga del archivo se cortó.")
        raise ChannelError(text, permanent=False, action=Action.RETRY) from None
    return FetchedMedia(bytes(data), sniff_type(bytes(data)))


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def _refuse_private(url: str) -> None:
    """A redirect may not lead into our own network."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)
    except OSError:
        text = _("No se encontró dónde está el archivo.")
        raise ChannelError(text, permanent=False, action=Action.RETRY) from None
    inside = any(not ipaddress.ip_address(row[4][0]).is_global for row in found)
    if parts.scheme != "https" or inside:
        raise ChannelError(_("El archivo no está en Twilio."), permanent=True, code="foreign-host")
