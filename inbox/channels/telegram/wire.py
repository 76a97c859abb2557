"""The Bot API over the wire. It sees no model; the token is in the address, so no address is ever told to anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import gettext as _

TIMEOUT = (5, 20)  # seconds to connect and between two reads
UPLOAD_TIMEOUT = (5, 50)  # for a file of ours
TEXT = 4096  # UTF-16 units of a message
CAPTION = 1024  # of the words under a file
DATA = 64  # bytes that come back with a button
ANSWER = 190  # characters of the line shown after a press
SAME = "message is not modified"
DOWNLOAD = 20 * 1024 * 1024  # bytes a bot may fetch: Telegram's limit
CHUNK = 64 * 1024


class TelegramError(Exception):
    """Telegram did not do it. `permanent`: the same request will fail again. `after`: seconds it asks to wait.

    `doubtful`: it may have done it all the same. `said` is Telegram's own description. `message` is a sentence for
    the staff; it never contains the token.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        code: int = 0,
        after: int = 0,
        said: str = "",
        doubtful: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.code = code
        self.after = after
        self.said = said
        self.doubtful = doubtful


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
class File:
    """A file to upload under the name of a parameter."""

    parameter: str
    name: str
    data: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(frozen=True)
class BotApi:
    """One bot."""

    token: str = field(repr=False)
    base: str = ""

    def me(self) -> str:
        """The bot's user name. Raises TelegramError."""
        return str(self.call("getMe").get("username", ""))

    def hook(self, url: str, secret: str, kinds: Sequence[str] = ("message", "callback_query")) -> None:
        """Have updates of some kinds sent to `url` with `secret` in their header. Raises TelegramError."""
        self.call("setWebhook", {"url": url, "secret_token": secret, "allowed_updates": list(kinds)})

    def unhook(self) -> None:
        """Take the webhook away; what waits stays. Raises TelegramError."""
        self.call("deleteWebhook")

    def send(self, chat: int, text: str, rows: Sequence[Sequence[Button]], picture: bytes = b"") -> int:
        """Send a text, under a JPEG when there is one; return the message's id. Raises TelegramError."""
        said: dict[str, Any] = {"chat_id": chat, "reply_markup": markup(rows)}
        if picture:
            said["caption"] = text[:CAPTION]
            photo = File("photo", "comprobante.jpg", picture, "image/jpeg")
            return int(self.call("sendPhoto", said, file=photo)["message_id"])
        return int(self.call("sendMessage", said | {"text": text[:CAPTION]})["message_id"])

    def change(
        self, chat: int, message: int, text: str, rows: Sequence[Sequence[Button]], *, has_picture: bool
    ) -> None:
        """Give a message another text and other buttons; one that is so already is no error. Raises TelegramError."""
        name, method = ("caption", "editMessageCaption") if has_picture else ("text", "editMessageText")
        said = {"chat_id": chat, "message_id": message, name: text[:CAPTION], "reply_markup": markup(rows)}
        try:
            self.call(method, said)
        except TelegramError as error:
            if error.code != 400 or SAME not in error.said:
                raise

    def answer(self, callback: str, text: str = "") -> None:
        """End the waiting sign on a pressed button, with a line where there is one. Raises TelegramError."""
        self.call("answerCallbackQuery", {"callback_query_id": callback, "text": text[:ANSWER]})

    def updates(self, *, offset: int, timeout: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """Confirm what is below `offset` and wait up to `timeout` seconds for what comes. Raises TelegramError."""
        said: dict[str, Any] = {"timeout": timeout, "allowed_updates": list(kinds)}
        if offset:
            said["offset"] = offset
        found = self.call("getUpdates", said, timeout=(5, timeout + 10))
        rows = found if isinstance(found, list) else []
        return [u for u in rows if isinstance(u, dict) and isinstance(u.get("update_id"), int)]

    def download(self, file_id: str) -> bytes:
        """Fetch a file somebody sent. Raises TelegramError."""
        path = str(self.call("getFile", {"file_id": file_id}).get("file_path", ""))
        try:
            address, plain = self._address(f"file/bot{self.token}/{path}"), _plain() | {"stream": True}
            with _session() as session, session.get(address, **plain) as got:
                if got.status_code != 200:
                    raise TelegramError(_("Telegram no entregó el archivo."), permanent=False, code=got.status_code)
                data = bytearray()
                for piece in got.iter_content(CHUNK):
                    data += piece
                    if len(data) > DOWNLOAD:
                        raise TelegramError(_("El archivo pesa más de 20 MB."), permanent=True)
                return bytes(data)
        except requests.RequestException:
            raise TelegramError(_("Telegram no respondió."), permanent=False) from None

    def call(
        self,
        method: str,
        said: Mapping[str, Any] | None = None,
        *,
        file: File | None = None,
        timeout: tuple[int, int] = TIMEOUT,
    ) -> Any:
        """Call a method, with a file where there is one; return its result. Raises TelegramError."""
        address, values = self._address(f"bot{self.token}/{method}"), dict(said or {})
        try:
            with _session() as session:
                if file is not None:
                    form = {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
                    files = {file.parameter: (file.name, file.data, file.content_type)}
                    answer = session.post(address, data=form, files=files, **_plain(UPLOAD_TIMEOUT))
                else:
                    answer = session.post(address, json=values, **_plain(timeout))
        except requests.RequestException as error:
            # Not chained: the exception's text holds the address, and that the token.
            raise _unanswered(error) from None
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            text = _("Telegram contestó algo que no se esperaba.")
            raise TelegramError(text, permanent=False, code=answer.status_code, doubtful=True)
        if body.get("ok") is True:
            return body.get("result")
        raise _explain(body, answer.status_code)

    def _address(self, path: str) -> str:
        return f"{self.base or settings.TELEGRAM_API_BASE}/{path}"


def markup(rows: Sequence[Sequence[Button]]) -> dict[str, Any]:
    """Buttons as the Bot API writes them."""
    return {"inline_keyboard": [[button.wire() for button in row] for row in rows]}


def length(text: str) -> int:
    """How long Telegram finds a text: in UTF-16 units, where most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy or a .netrc of the machine is none of the bot's
    return session


def _plain(timeout: tuple[int, int] = TIMEOUT) -> dict[str, Any]:
    return {"timeout": timeout, "allow_redirects": False}


def _unanswered(error: requests.RequestException) -> TelegramError:
    if _never_connected(error):
        return TelegramError(_("No se pudo conectar con Telegram."), permanent=False)
    return TelegramError(_("Telegram no respondió."), permanent=False, doubtful=True)


def _never_connected(error: requests.RequestException) -> bool:
    """Say whether the request certainly did not leave: no connection was made."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _explain(body: dict[str, Any], status: int) -> TelegramError:
    code = body["error_code"] if isinstance(body.get("error_code"), int) else status
    asked = body.get("parameters")
    after = asked.get("retry_after", 0) if isinstance(asked, dict) else 0
    said = str(body.get("description", ""))[:200]
    sentences = {
        401: _("Telegram rechazó la clave del bot. Revise que esté completa y activa."),
        404: _("Telegram no conoce ese bot. Revise que la clave esté completa."),
        403: _("La persona bloqueó al bot en Telegram."),
        409: _("Otro programa recibe los mensajes de este bot."),
        429: _("Telegram pide ir más despacio."),
    }
    if code in sentences:
        wait = after if isinstance(after, int) else 0
        return TelegramError(sentences[code], permanent=code not in {409, 429}, code=code, after=wait, said=said)
    if 400 <= code < 500:
        return TelegramError(_("Telegram no aceptó el mensaje."), permanent=True, code=code, said=said)
    # A 5xx is said by the bot's server when Telegram's core failed it, or by the gateway before it, in both cases
    # perhaps after the message was taken. There is no key to send it under and nothing to look it up with.
    return TelegramError(_("Telegram falló de su lado."), permanent=False, code=code, said=said, doubtful=True)
