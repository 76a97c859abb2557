"""Fetching a file that came with a message, without lending our credentials or our network to anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

from inbox.channels.base import ChannelError
from inbox.channels.items import Action
from inbox.channels.wire import LostAnswerError, NeverSentError, TooLargeError, Wire

REDIRECTS = 3
DEADLINE_S = 20.0  # for one hop: all of them end within the lease on a file
MOVED = frozenset({301, 302, 303, 307, 308})

# Connections are kept for a moment and belong to nobody: credentials go with each request.
INSIDE, OUTSIDE = Wire(), Wire(only_public=True)


def download(url: str, *, trusted: Callable[[str], bool], headers: Mapping[str, str], limit: int) -> bytes:
    """Return what lies at a `trusted` address. The headers, which carry credentials, go there and nowhere else.

    A redirect is followed without them, since the signed address of a file needs none; to a place that is not
    trusted over https only, and to public addresses only. Raises ChannelError: permanent for a foreign address, a
    file that is gone or one over the limit (bytes).
    """
    if not trusted(url):
        raise foreign()
    sent = dict(headers)
    for _hop in range(REDIRECTS + 1):
        ours = trusted(url)
        if not ours and urlsplit(url).scheme != "https":
            raise foreign()
        try:
            wire = INSIDE if ours else OUTSIDE
            answer = wire.call("GET", url, deadline_s=DEADLINE_S, limit=limit, headers=sent)
        except TooLargeError:
            text = _("El archivo pesa más de %(size)s MB.") % {"size": limit // 1024 // 1024}
            raise ChannelError(text, permanent=True, code="too-large") from None
        except (NeverSentError, LostAnswerError):
            text = _("La descarga del archivo se cortó.")
            raise ChannelError(text, permanent=False, code="no-answer", action=Action.RETRY) from None
        if answer.status in MOVED and answer.headers.get("location"):
            url, sent = urljoin(url, answer.headers["location"]), {}
            continue
        if answer.status >= 500 or answer.status == 429:
            text = _("El archivo no se pudo descargar todavía.")
            raise ChannelError(text, permanent=False, code=str(answer.status), action=Action.RETRY)
        if answer.status != 200:
            text = _("El archivo ya no está (%(status)s).") % {"status": answer.status}
            raise ChannelError(text, permanent=True, code=str(answer.status))
        return answer.data
    raise ChannelError(_("El archivo no se pudo descargar."), permanent=True, code="redirects")


def foreign() -> ChannelError:
    """The error for a file that is not at the vendor's."""
    return ChannelError(_("El archivo no está donde debería."), permanent=True, code="foreign-host")


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what two addresses of one server have in common."""
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    try:
        return parts.scheme, (parts.hostname or "").lower(), parts.port or default
    except ValueError:  # a port that is no number
        return "", "", None
