"""The wire of one bot that customers write to: sending every kind, reacting, fetching files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from inbox.channels.base import ChannelError, FarTemplate, FetchedMedia, Outbound, OutboundMedia, Sent
from inbox.channels.items import Action, Inbound
from inbox.channels.sniff import sniff_type
from inbox.channels.telegram.config import PREFIX, TelegramConfig
from inbox.channels.telegram.errors import as_channel_error
from inbox.channels.telegram.wire import CAPTION, DATA, TEXT, BotApi, Button, File, TelegramError, length, markup

MB = 1024 * 1024
PHOTO_LIMIT = 10 * MB  # bytes; a bigger one goes as a file
UPLOAD_LIMIT = 50 * MB
PER_ROW = 2  # short buttons beside each other
SHORT = 18  # characters of a button that may share its row
PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
# By type: the method and the parameter of its file. What is not here goes as a document.
METHODS = {
    "audio/ogg": ("sendVoice", "voice"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/mp4": ("sendAudio", "audio"),
    "video/mp4": ("sendVideo", "video"),
}
# Refused as what it is, but not as a file: too wide a picture, a person who takes no voice notes.
AS_A_FILE = ("PHOTO_", "IMAGE_PROCESS_FAILED", "VOICE_MESSAGES_FORBIDDEN")


class TelegramCarrier:
    """One bot. Its token is the channel's secret; the account is the bot's number, which begins the token."""

    def __init__(self, *, account: str, secret: str, config: Mapping[str, Any]) -> None:
        self.account = account
        self.api = BotApi(secret, TelegramConfig.read(config).api_base)

    def send(self, message: Outbound) -> Sent:
        """Send, and return the message's id in its chat. Raises ChannelError."""
        said: dict[str, Any] = {"chat_id": chat_of(message.recipient)}
        if message.reply_to:
            number = int(message.reply_to.rpartition(":")[2]) if message.reply_to.rpartition(":")[2].isdecimal() else 0
            if number:  # what answers a press or something deleted goes without
                said["reply_parameters"] = {"message_id": number, "allow_sending_without_reply": True}
        if message.choices is not None:
            said["reply_markup"] = _keyboard(message)
        try:
            sent = self._send(message, said)
        except TelegramError as error:
            raise as_channel_error(error) from None
        return Sent(external_id=f"{said['chat_id']}:{int(sent['message_id'])}")

    def _send(self, message: Outbound, said: dict[str, Any]) -> Any:
        if len(message.media) > 1:
            raise ChannelError(_("Telegram lleva un archivo por mensaje."), permanent=True, code="one-file")
        if message.media:
            return self._send_file(message.media[0], message.body, said)
        if message.place is not None:
            place: dict[str, Any] = {"latitude": message.place.latitude, "longitude": message.place.longitude}
            if message.place.name:
                place |= {"title": message.place.name, "address": message.place.address or message.place.name}
            return self.api.call("sendVenue" if message.place.name else "sendLocation", said | place)
        if length(message.body) > TEXT:
            raise ChannelError(_("El mensaje pasa de 4,096 caracteres."), permanent=True, code="too-long")
        return self.api.call("sendMessage", said | {"text": message.body})

    def _send_file(self, media: OutboundMedia, caption: str, said: dict[str, Any]) -> Any:
        if length(caption) > CAPTION:
            text = _("El texto de un archivo admite hasta 1,024 caracteres.")
            raise ChannelError(text, permanent=True, code="too-long")
        if media.size > UPLOAD_LIMIT:
            text = _("El archivo pesa más de 50 MB: Telegram no lo lleva.")
            raise ChannelError(text, permanent=True, code="too-big")
        if caption:
            said = said | {"caption": caption}
        data = media.read()
        method, name = METHODS.get(media.content_type, ("sendDocument", "document"))
        if media.content_type in PHOTOS and media.size <= PHOTO_LIMIT:
            method, name = "sendPhoto", "photo"
        try:
            return self.api.call(method, said, file=File(name, media.filename, data, media.content_type))
        except TelegramError as error:
            if error.code != 400 or not any(word in error.said for word in AS_A_FILE):
                raise
        # It was refused, so nothing was sent: the same bytes go as a file.
        whole = File("document", media.filename, data, media.content_type)
        return self.api.call("sendDocument", said, file=whole)

    def find_sent(self, message: Outbound, *, since: datetime, known: Collection[str]) -> str | None:
        """Telegram shows no bot what it sent. Raises ChannelError, always: a person must look."""
        text = _("Telegram no dice si llegó: pregunte al cliente o envíelo de nuevo.")
        raise ChannelError(text, permanent=True, doubtful=True, code="no-look", action=Action.STOP)

    def list_inbound(self, *, recipient: str, since: datetime) -> list[Inbound]:
        """Nothing: Telegram keeps what waits for a bot and gives it by itself."""
        return []

    def fetch_media(self, url: str) -> FetchedMedia:
        """Download a file by its file_id. Raises ChannelError; past 20 MB Telegram gives it to no bot."""
        try:
            data = self.api.download(url)
        except TelegramError as error:
            raise as_channel_error(error, sending=False) from None
        return FetchedMedia(data, sniff_type(data))

    def check(self) -> str:
        """The bot's name with its @. Raises ChannelError."""
        try:
            return f"@{self.api.me()}"
        except TelegramError as error:
            raise as_channel_error(error, sending=False) from None

    def templates(self) -> list[FarTemplate]:
        """None: whoever wrote once may be written to until they block the bot."""
        return []

    def react(self, *, recipient: str, external_id: str, emoji: str) -> None:
        """Put a reaction on a message of theirs, or take it away. Raises ChannelError."""
        plain = emoji.removesuffix("\N{VARIATION SELECTOR-16}")
        said = {
            "chat_id": chat_of(recipient),
            "message_id": _number_of(external_id),
            "reaction": [{"type": "emoji", "emoji": plain}] if plain else [],
        }
        try:
            self.api.call("setMessageReaction", said)
        except TelegramError as error:
            raise as_channel_error(error, sending=False) from None

    def mark_read(self, *, recipient: str, external_id: str, typing: bool = False) -> None:
        """Show that somebody types; Telegram has no mark a bot could put for what it read. Raises ChannelError."""
        if not typing:
            return
        try:
            self.api.call("sendChatAction", {"chat_id": chat_of(recipient), "action": "typing"})
        except TelegramError as error:
            raise as_channel_error(error, sending=False) from None

    def answer_press(self, press: str) -> None:
        """End the waiting sign on a button somebody pressed. Raises ChannelError."""
        try:
            self.api.answer(press)
        except TelegramError as error:
            raise as_channel_error(error, sending=False) from None


def chat_of(address: str) -> int:
    """The chat's number in an address of ours. Raises ChannelError for an address of another kind."""
    number = address.removeprefix(PREFIX)
    if not number.removeprefix("-").isdecimal():
        raise ChannelError(_("Esa dirección no es de Telegram."), permanent=True, code="address")
    return int(number)


def _number_of(external_id: str) -> int:
    number = external_id.rpartition(":")[2]
    if not number.isdecimal() or external_id.startswith("press:"):
        raise ChannelError(_("A un botón pulsado no se puede reaccionar."), permanent=True, code="no-message")
    return int(number)


def _keyboard(message: Outbound) -> dict[str, Any]:
    """Buttons under the message: short ones beside each other, rows of a list one below the other."""
    options = message.choices.options if message.choices else ()
    rows: list[list[Button]] = []
    for option in options:
        if len(option.id.encode()) > DATA:
            text = _("El dato de un botón es demasiado largo para Telegram.")
            raise ChannelError(text, permanent=True, code="button")
        title = f"{option.title} · {option.description}" if option.description else option.title
        fits = rows and len(rows[-1]) < PER_ROW and len(title) <= SHORT and len(rows[-1][0].text) <= SHORT
        if fits:
            rows[-1].append(Button(title, option.id))
        else:
            rows.append([Button(title, option.id)])
    return markup(rows)
