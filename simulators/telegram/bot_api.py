"""The methods of the Bot API that send, change and answer, as strict as the real ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulators.telegram.requests import Upload, read_number, read_object
from simulators.telegram.world import Bot, Refusal, Shown, World, stamp

Said = dict[str, Any]
MB = 1024 * 1024
DOWNLOAD = 20 * MB  # bytes a bot may fetch
LONGEST = 4096
CAPTION = 1024
# By method: the parameter that holds the file, its folder, and how many bytes it may have.
FILES: dict[str, tuple[str, str, int]] = {
    "sendPhoto": ("photo", "photos", 10 * MB),
    "sendDocument": ("document", "documents", 50 * MB),
    "sendVoice": ("voice", "voice", 50 * MB),
    "sendAudio": ("audio", "music", 50 * MB),
    "sendVideo": ("video", "videos", 50 * MB),
}
# fmt: off
ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})
# The first of those a bot may put; the list is the Bot API's (ReactionTypeEmoji).
REACTIONS = frozenset({
    "❤", "👍", "👎", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮", "💩", "🙏", "👌", "🕊",
    "🤡", "🥱", "🥴", "😍", "🐳", "💯", "🤣", "⚡", "🏆", "💔", "🤨", "😐", "🍓", "🍾",
})
# fmt: on


def length(text: str) -> int:
    """How long Telegram finds a text: in UTF-16 units, where most emoji are two."""
    return len(text.encode("utf-16-le")) // 2


class BotApi:
    """The methods, over one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.methods: dict[str, Callable[[Bot, Said], Any]] = {
            "getMe": lambda bot, _said: bot.me(),
            "sendMessage": self.send_message,
            "sendLocation": self.send_location,
            "sendVenue": self.send_location,
            "getFile": self.get_file,
            "editMessageText": lambda bot, said: self.edit(bot, said, "text"),
            "editMessageCaption": lambda bot, said: self.edit(bot, said, "caption"),
            "editMessageReplyMarkup": self.edit_markup,
            "deleteMessage": self.delete_message,
            "answerCallbackQuery": self.answer_press,
            "setMessageReaction": self.react,
            "sendChatAction": self.show_action,
        }
        for name in FILES:
            self.methods[name] = self._sender(name)

    def _sender(self, name: str) -> Callable[[Bot, Said], Any]:
        return lambda bot, said: self.send_file(bot, said, name)

    # --- sending -----------------------------------------------------------------------------------------

    def send_message(self, bot: Bot, said: Said) -> Said:
        """A text."""
        text = str(said.get("text", ""))
        chat = self._chat(bot, said)
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if length(text) > LONGEST:
            raise Refusal(400, "Bad Request: message is too long")
        return self._show(bot, said, Shown(chat, 0, text), {"text": text})

    def send_location(self, bot: Bot, said: Said) -> Said:
        """A place, with a name and an address where it is a venue."""
        chat = self._chat(bot, said)
        try:
            place = float(said["latitude"]), float(said["longitude"])
        except (KeyError, TypeError, ValueError):
            raise Refusal(400, "Bad Request: invalid location specified") from None
        if abs(place[0]) > 90 or abs(place[1]) > 180:
            raise Refusal(400, "Bad Request: invalid location specified")
        words = ", ".join(str(said[name]) for name in ("title", "address") if name in said)
        shown = Shown(chat, 0, words, kind="location", place=place)
        return self._show(bot, said, shown, {"location": {"latitude": place[0], "longitude": place[1]}})

    def send_file(self, bot: Bot, said: Said, method: str) -> Said:
        """A file, uploaded or by a file_id. An address is refused: nothing here fetches from elsewhere."""
        name, folder, most = FILES[method]
        chat, caption, file = self._chat(bot, said), str(said.get("caption", "")), said.get(name)
        if length(caption) > CAPTION:
            raise Refusal(400, "Bad Request: message caption is too long")
        if isinstance(file, str) and file in self.world.files:
            upload = Upload("file", self.world.files[file].data, "")
        elif isinstance(file, Upload):
            upload = file
        elif isinstance(file, str) and file.startswith(("http://", "https://")):
            raise Refusal(400, "Bad Request: failed to get HTTP URL content")
        else:
            raise Refusal(400, f"Bad Request: there is no {name} in the request")
        if not upload.data:
            raise Refusal(400, "Bad Request: file must be non-empty")
        if len(upload.data) > most:
            raise Refusal(413, "Request Entity Too Large")
        if name == "photo" and not upload.data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")):
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        # What is no OGG comes as a file to listen to, not as a voice note.
        kind = "audio" if name == "voice" and not upload.data.startswith(b"OggS") else name
        shown = Shown(chat, 0, caption, kind=kind, file=upload.data, file_name=upload.name)
        shown.photo = upload.data if kind == "photo" else b""
        file_id = self.world.keep_file(upload.data, folder, _suffix(upload.name))
        about: Said = {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(upload.data)}
        if kind == "photo":
            return self._show(bot, said, shown, {"photo": [about | {"width": 1280, "height": 960}]}, caption)
        return self._show(bot, said, shown, {kind: about | {"file_name": upload.name}}, caption)

    def _show(self, bot: Bot, said: Said, shown: Shown, content: Said, caption: str = "") -> Said:
        shown.buttons, shown.keyboard = _markup(said)
        answers = self._answered(bot, said, shown.chat)
        shown.number, shown.reply_to = self.world.next(), answers["message_id"] if answers else None
        chat = {"id": shown.chat, "type": "private" if shown.chat > 0 else "group"}
        wire: Said = {"message_id": shown.number, "from": bot.me(), "chat": chat, "date": stamp(), **content}
        if caption:
            wire["caption"] = caption
        if shown.buttons:
            wire["reply_markup"] = {"inline_keyboard": shown.buttons}
        shown.wire = dict(wire)
        if answers:
            wire["reply_to_message"] = answers
        with self.world.lock:
            bot.shown.append(shown)
        return wire

    def _chat(self, bot: Bot, said: Said) -> int:
        """Whom it goes to. A bot cannot begin: the person must have written, and not have blocked it."""
        if "chat_id" not in said:
            raise Refusal(400, "Bad Request: chat_id is empty")
        try:
            chat = int(said["chat_id"])
        except (TypeError, ValueError):
            raise Refusal(400, "Bad Request: chat not found") from None
        if chat in bot.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if not self.world.anyone and chat not in bot.people:
            raise Refusal(400, "Bad Request: chat not found")
        return chat

    def _answered(self, bot: Bot, said: Said, chat: int) -> Said | None:
        """The message a new one answers. Raises Refusal when it is not there and must be."""
        about = read_object(said, "reply_parameters")
        if not isinstance(about, dict):
            return None
        number = read_number(about, "message_id")
        own = bot.shown_at(chat, number)
        found = own.wire if own else bot.written.get((chat, number))
        if found is None and not about.get("allow_sending_without_reply"):
            raise Refusal(400, "Bad Request: message to be replied not found")
        return found

    # --- changing ----------------------------------------------------------------------------------------

    def edit(self, bot: Bot, said: Said, name: str) -> Said:
        """Another text or caption, and other buttons."""
        shown, text = self._own(bot, said), str(said.get(name, ""))
        if (shown.kind == "text") != (name == "text"):
            raise Refusal(400, f"Bad Request: there is no {name} in the message to edit")
        if name == "text" and not text:
            raise Refusal(400, "Bad Request: message text is empty")
        if length(text) > (LONGEST if name == "text" else CAPTION):
            raise Refusal(400, "Bad Request: message is too long")
        return self._changed(shown, text, _markup(said)[0])

    def edit_markup(self, bot: Bot, said: Said) -> Said:
        """Other buttons."""
        shown = self._own(bot, said)
        return self._changed(shown, shown.text, _markup(said)[0])

    def _changed(self, shown: Shown, text: str, buttons: list[list[dict[str, str]]]) -> Said:
        if (shown.text, shown.buttons) == (text, buttons):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        shown.text, shown.buttons = text, buttons
        return shown.wire | {"edit_date": stamp()}

    def _own(self, bot: Bot, said: Said) -> Shown:
        shown = bot.shown_at(self._chat(bot, said), read_number(said, "message_id"))
        if shown is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        return shown

    def delete_message(self, bot: Bot, said: Said) -> bool:
        """Take a message of the bot away."""
        shown = bot.shown_at(self._chat(bot, said), read_number(said, "message_id"))
        if shown is None:
            raise Refusal(400, "Bad Request: message to delete not found")
        with self.world.lock:
            bot.shown.remove(shown)
        return True

    # --- the rest ----------------------------------------------------------------------------------------

    def answer_press(self, bot: Bot, said: Said) -> bool:
        """End the waiting sign of a press, which must be known."""
        press, text = str(said.get("callback_query_id", "")), str(said.get("text", ""))
        if press not in bot.presses:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if length(text) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        bot.answers[press] = text
        return True

    def react(self, bot: Bot, said: Said) -> bool:
        """Put a reaction on a message, or take it away."""
        chat, number = self._chat(bot, said), read_number(said, "message_id")
        wanted = read_object(said, "reaction") or []
        if (chat, number) not in bot.written and bot.shown_at(chat, number) is None:
            raise Refusal(400, "Bad Request: message to react not found")
        if len(wanted) > 1:
            raise Refusal(400, "Bad Request: REACTIONS_TOO_MANY")
        emoji = "".join(str(r.get("emoji", "")) for r in wanted)
        if wanted and emoji not in REACTIONS:
            raise Refusal(400, "Bad Request: REACTION_INVALID")
        bot.reactions[chat, number] = emoji
        return True

    def show_action(self, bot: Bot, said: Said) -> bool:
        """«escribiendo…» for five seconds."""
        chat = self._chat(bot, said)
        if said.get("action") not in ACTIONS:
            raise Refusal(400, "Bad Request: wrong parameter action in request")
        bot.typing.append(chat)
        return True

    def get_file(self, _bot: Bot, said: Said) -> Said:
        """Where a file can be fetched, for an hour."""
        file_id = str(said.get("file_id", ""))
        file = self.world.files.get(file_id)
        if file is None:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(file.data) > DOWNLOAD:
            raise Refusal(400, "Bad Request: file is too big")
        about = {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(file.data)}
        return about | {"file_path": file.path}


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2] if "." in name else ""


def _markup(said: Said) -> tuple[list[list[dict[str, str]]], dict[str, Any]]:
    """The buttons under a message, and the keyboard that takes the place of the person's own."""
    markup = read_object(said, "reply_markup") or {}
    rows: list[list[dict[str, str]]] = markup.get("inline_keyboard", [])
    for button in (b for row in rows for b in row):
        if not button.get("text") or not (button.get("url") or button.get("callback_data")):
            raise Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if len(button.get("callback_data", "").encode()) > 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    if sum(map(len, rows)) > 100:
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in (b for row in markup.get("keyboard", []) for b in row):
        if not (button if isinstance(button, str) else button.get("text")):
            raise Refusal(400, "Bad Request: can't parse keyboard button: text is empty")
    keyboard = {k: v for k, v in markup.items() if k != "inline_keyboard"}
    return rows, keyboard
