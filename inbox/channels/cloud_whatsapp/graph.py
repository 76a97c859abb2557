"""Calls to Graph: a request with a deadline, its answer as JSON, every failure a ChannelError without a secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from inbox.channels.base import ChannelError
from inbox.channels.cloud_whatsapp.config import CloudConfig
from inbox.channels.cloud_whatsapp.errors import PAIR_PAUSE_S, SLOW_DOWN, error_in, explain
from inbox.channels.items import Action
from inbox.channels.wire import Answer, LostAnswerError, NeverSentError, TooLargeError, Wire

DEADLINE_S = 20.0
UPLOAD_DEADLINE_S = 45.0
MOST_WAIT_S = 600.0


class Graph:
    """One token at Graph. With the app's secret each call proves that it is the app's own, which apps may demand."""

    def __init__(self, config: CloudConfig, token: str, wire: Wire, app_secret: str = "") -> None:
        self.base = f"{config.api_base}/{config.version}"
        self._wire = wire
        self.headers = {"Authorization": f"Bearer {token}"}
        proof = hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        self._proof = {"appsecret_proof": proof} if app_secret else {}

    def get(self, path: str, **query: str) -> Any:
        """Return what is at a path. Raises ChannelError."""
        return self._call("GET", path, params=query or None)

    def post(self, path: str, body: Mapping[str, Any], *, sends: bool = False) -> Any:
        """Post JSON. With `sends` it cannot be done twice: an answer that is lost or unclear is doubtful for good.

        Raises ChannelError.
        """
        return self._call("POST", path, sends=sends, json=dict(body))

    def upload(self, path: str, *, data: bytes, filename: str, content_type: str) -> Any:
        """Post a file. Raises ChannelError."""
        fields = {"messaging_product": "whatsapp", "type": content_type}
        files = {"file": (filename, data, content_type)}
        return self._call("POST", path, deadline_s=UPLOAD_DEADLINE_S, data=fields, files=files)

    def _call(
        self, method: str, path: str, *, sends: bool = False, deadline_s: float = DEADLINE_S, **parts: Any
    ) -> Any:
        parts["params"] = {**self._proof, **(parts.get("params") or {})} or None
        try:
            answer = self._wire.call(
                method, f"{self.base}/{path}", deadline_s=deadline_s, headers=self.headers, **parts
            )
        except NeverSentError:
            text = _("No se pudo conectar con Meta.")
            raise ChannelError(text, permanent=False, code="connect", action=Action.RETRY) from None
        except (LostAnswerError, TooLargeError):
            raise unclear(_("Meta no respondió a tiempo."), sends=sends, code="no-answer") from None
        body = _json(answer.data)
        if answer.ok and isinstance(body, Mapping):
            return body
        raise refusal(answer, body, sends=sends)


def refusal(answer: Answer, body: Any, *, sends: bool) -> ChannelError:
    """What an answer that is no means for the message."""
    code, details = error_in(body)
    if answer.ok or answer.status >= 500:
        # Of a call that may have been carried out before something broke, nothing can be said.
        text = explain(code, details)[0] if code else _("Meta respondió algo que no se entiende.")
        return unclear(text, sends=sends, code=code or str(answer.status))
    if 300 <= answer.status < 400:
        return ChannelError(_("Lo que respondió no es Meta."), permanent=True, code=str(answer.status))
    if not code and answer.status == 429:
        code = "130429"
    text, action = explain(code or str(answer.status), details)
    wait_s = _wait(answer) or PAIR_PAUSE_S.get(code)
    return ChannelError(
        text,
        permanent=action is not Action.RETRY,
        code=code or str(answer.status),
        action=action,
        after=timedelta(seconds=wait_s) if wait_s else None,
        slow_down=code in SLOW_DOWN,
    )


def unclear(text: str, *, sends: bool, code: str) -> ChannelError:
    """The error of a call of which it is not known whether it was carried out. Graph cannot be asked for a message."""
    return ChannelError(text, permanent=sends, doubtful=sends, code=code, action=Action.STOP if sends else Action.RETRY)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _wait(answer: Answer) -> float | None:
    try:
        return min(max(float(answer.headers.get("retry-after", "")), 1.0), MOST_WAIT_S)
    except ValueError:
        return None
