"""The Bot API over the wire. It sees no model; the token is in the address, so no address is ever told to anybody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import gettext as _

TIMEOUT = (5, 20)  # seconds to connect and between two reads
CAPTION = 1024  # characters under a picture
DATA = 64  # bytes that come back with a button
ANSWER = 190  # characters of the line shown after a press
SAME = "message is not modified"


class TelegramError(Exception):
    """Telegram did not do it. `permanent`: the same request will fail again. `after`: seconds it asks to wait.

    `message` is a sentence for the staff; it never contains the token.
    """

    def __init__(self, message: str, *, permanent: bool, code: int = 0, after: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.code = code
        self.after = after


@dataclass(frozen=True)
class Button:
    """What can be pressed: `data` comes back to us, `url` opens a page."""

    text: str
    data: str = ""
    url: str = ""

    def wire(self) -> dict[str, str]:
        """As the Bot API writes it."""
        return {"text": self.text, "url": self.url} if self.url else {"text": self.text, "callback_data": self.data}


@dataclass(frozen=True)
class BotApi:
    """One bot."""

    token: str = field(repr=False)
    base: str = ""

    def me(self) -> str:
        """The bot's user name. Raises TelegramError."""
        return str(self._call("getMe").get("username", ""))

    def hook(self, url: str, secret: str) -> None:
        """Have updates sent to `url` with `secret` in their header. Raises TelegramError."""
        wanted = {"url": url, "secret_token": secret, "allowed_updates": ["message", "callback_query"]}
        self._call("setWebhook", wanted)

    def send(self, chat: int, text: str, rows: Sequence[Sequence[Button]], picture: bytes = b"") -> int:
        """Send a text, under a JPEG when there is one; return the message's id. Raises TelegramError."""
        said: dict[str, Any] = {"chat_id": chat, "reply_markup": _markup(rows)}
        if picture:
            said["caption"] = text[:CAPTION]
            return int(self._call("sendPhoto", said, photo=picture)["message_id"])
        return int(self._call("sendMessage", said | {"text": text[:CAPTION]})["message_id"])

    def change(
        self, chat: int, message: int, text: str, rows: Sequence[Sequence[Button]], *, has_picture: bool
    ) -> None:
        """Give a message another text and other buttons; one that is so already is no error. Raises TelegramError."""
        name, method = ("caption", "editMessageCaption") if has_picture else ("text", "editMessageText")
        said = {"chat_id": chat, "message_id": message, name: text[:CAPTION], "reply_markup": _markup(rows)}
        try:
            self._call(method, said)
        except TelegramError as error:
            if error.code != 400 or SAME not in str(error.__cause__ or ""):
                raise

    def answer(self, callback: str, text: str) -> None:
        """End the waiting sign on a pressed button with a line. Raises TelegramError."""
        self._call("answerCallbackQuery", {"callback_query_id": callback, "text": text[:ANSWER]})

    def _call(self, method: str, said: dict[str, Any] | None = None, photo: bytes = b"") -> Any:
        address = f"{self.base or settings.TELEGRAM_API_BASE}/bot{self.token}/{method}"
        try:
            with requests.Session() as session:
                session.trust_env = False
                if photo:
                    form = {k: v if isinstance(v, str) else json.dumps(v) for k, v in (said or {}).items()}
                    files = {"photo": ("comprobante.jpg", photo, "image/jpeg")}
                    answer = session.post(address, data=form, files=files, timeout=TIMEOUT, allow_redirects=False)
                else:
                    answer = session.post(address, json=said or {}, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            # Not chained: the exception's text holds the address, and that the token.
            raise TelegramError(_("Telegram no respondió."), permanent=False) from None
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise TelegramError(_("Telegram contestó algo que no se esperaba."), permanent=False)
        if body.get("ok") is True:
            return body.get("result")
        raise _explain(body, answer.status_code) from ValueError(str(body.get("description", ""))[:200])


def _explain(body: dict[str, Any], status: int) -> TelegramError:
    code = body.get("error_code") if isinstance(body.get("error_code"), int) else status
    asked = body.get("parameters") if isinstance(body.get("parameters"), dict) else {}
    after = asked.get("retry_after", 0) if asked else 0
    sentences = {
        401: _("Telegram rechazó la clave del bot. Revise que esté completa y activa."),
        404: _("Telegram no conoce ese bot. Revise que la clave esté completa."),
        403: _("La persona bloqueó al bot en Telegram."),
        429: _("Telegram pide ir más despacio."),
    }
    if code in sentences:
        permanent = code != 429
        return TelegramError(
            sentences[code], permanent=permanent, code=code, after=after if isinstance(after, int) else 0
        )
    if 400 <= (code or 0) < 500:
        return TelegramError(_("Telegram no aceptó el mensaje."), permanent=True, code=code or 0)
    return TelegramError(_("Telegram falló de su lado."), permanent=False, code=code or 0)


def _markup(rows: Sequence[Sequence[Button]]) -> dict[str, Any]:
    return {"inline_keyboard": [[button.wire() for button in row] for row in rows]}
