"""Fetching a file that came with a message, without lending our credentials or our network to anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

from inbox.channels.base import Action, ChannelError
from inbox.channels.wire import LostAnswerError, NeverSentError, TooLargeError, Wire

REDIRECTS = 3
DEADLINE_S = 60.0  # for one hop; shorter than the lease on the file
MOVED = frozenset({301, 302, 303, 307, 308})


def download(
    url: str, *, trusted: Callable[[str], bool], headers: Mapping[str, str], limit: int, wire: Wire, outside: Wire
) -> bytes:
    """Return what lies at `url`. The headers, which carry credentials, go to `trusted` addresses and nowhere else.

    A redirect may lead elsewhere, over https and to a public address only: `outside` is a wire that sees to it.
    Raises ChannelError: permanent for a foreign address, a file that is gone or one over the limit (bytes).
    """
    if not trusted(url):
        raise ChannelError(_("El archivo no está donde debería."), permanent=True, code="foreign-host")
    for _hop in range(REDIRECTS + 1):
        ours = trusted(url)
        if not ours and urlsplit(url).scheme != "https":
            break
        try:
            answer = (wire if ours else outside).call(
                "GET", url, deadline_s=DEADLINE_S, limit=limit, headers=dict(headers) if ours else {}
            )
        except TooLargeError:
            text = _("El archivo pesa más de %(size)s MB.") % {"size": limit // 1024 // 1024}
            raise ChannelError(text, permanent=True, code="too-large") from None
        except (NeverSentError, LostAnswerError):
            text = _("La descarga del archivo se cortó.")
            raise ChannelError(text, permanent=False, code="no-answer", action=Action.RETRY) from None
        if answer.status in MOVED and answer.headers.get("location"):
            url = urljoin(url, answer.headers["location"])
            continue
        if answer.status >= 500 or answer.status == 429:
            text = _("El archivo no se pudo descargar todavía.")
            raise ChannelError(text, permanent=False, code=str(answer.status), action=Action.RETRY)
        if answer.status != 200:
            text = _("El archivo ya no está (%(status)s).") % {"status": answer.status}
            raise ChannelError(text, permanent=True, code=str(answer.status))
        return answer.data
    raise ChannelError(_("El archivo no está donde debería."), permanent=True, code="foreign-host")


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what two addresses of one server have in common."""
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default
